// The fields of the form of a new comparison.
#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

#include "compare_form.h"
#include "style/theme.h"
#include "task_row.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  label->setFont(sectionFont());
  return label;
}

QIcon dotIcon(const QString& method) {
  QPixmap picture(24, 24);
  picture.setDevicePixelRatio(2);
  picture.fill(Qt::transparent);
  QPainter painter(&picture);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(methodColour(method));
  painter.drawEllipse(QPointF(6, 6), 4, 4);
  return QIcon(picture);
}

QScrollArea* scrolled(QWidget* body) {
  auto* scroll = new QScrollArea;
  scroll->setWidget(body);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  return scroll;
}

void grows(QComboBox* box) {
  box->setFocusPolicy(Qt::StrongFocus);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(16);
  box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSpinBox* numberBox(int least, int most, int value, const QString& name) {
  auto* box = new QSpinBox;
  box->setRange(least, most);
  box->setValue(value);
  box->setAccessibleName(name);
  box->setFocusPolicy(Qt::StrongFocus);
  box->setMinimumWidth(gridUnit * 10);
  return box;
}

}  // namespace

CompareForm::CompareForm(QWidget* parent) : QWidget(parent) {
  for (Task& task : list_tasks())
    if (task.trained_on.empty()) tasks_.push_back(std::move(task));  // one without training rows compares nothing
  auto* split = new QSplitter;
  split->setObjectName(QStringLiteral("compareForm"));
  split->setHandleWidth(gridUnit * 2);
  split->setChildrenCollapsible(false);
  split->addWidget(scrolled(buildFields()));
  split->addWidget(buildSummary());
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(split);

  connect(&check_, &PlanCheck::valid, this, &CompareForm::showPlan);
  connect(&check_, &PlanCheck::sized, this, &CompareForm::showSizes);
  connect(&check_, &PlanCheck::failed, this, &CompareForm::setReason);
  for (QLineEdit* line : {name_, ranks_, rates_}) connect(line, &QLineEdit::textChanged, this, &CompareForm::edited);
  connect(model_, &QComboBox::editTextChanged, this, &CompareForm::edited);
  connect(several_, &QComboBox::currentIndexChanged, this, &CompareForm::edited);
  connect(reference_, &QComboBox::activated, this, &CompareForm::edited);
  for (QSpinBox* box : {seeds_, firstSeed_, choosing_})
    connect(box, &QSpinBox::valueChanged, this, &CompareForm::edited);
  for (const auto& [method, box] : methods_) connect(box, &QCheckBox::toggled, this, &CompareForm::edited);
  for (QCheckBox* box : {paper_, identity_, twice_}) connect(box, &QCheckBox::toggled, this, &CompareForm::edited);
}

QWidget* CompareForm::buildFields() {
  auto* body = new QWidget;
  body->setMinimumWidth(gridUnit * 48);
  body->setMaximumWidth(gridUnit * 96);
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(0, 0, gridUnit, gridUnit);
  column->setSpacing(gridUnit);

  auto* top = new QFormLayout;
  top->setSpacing(gridUnit);
  top->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
  name_ = new QLineEdit(tr("What T brings"));
  name_->setAccessibleName(tr("Name of the comparison"));
  model_ = new QComboBox;
  model_->setEditable(true);
  model_->setInsertPolicy(QComboBox::NoInsert);
  model_->setAccessibleName(tr("Model"));
  grows(model_);
  top->addRow(tr("Name"), name_);
  top->addRow(tr("Model"), model_);
  column->addLayout(top);

  column->addSpacing(gridUnit);
  column->addWidget(heading(tr("Tasks")));
  taskColumn_ = new QVBoxLayout;
  taskColumn_->setSpacing(gridUnit);
  column->addLayout(taskColumn_);
  auto* more = new QPushButton(lineIcon(QStringLiteral("add")), tr("Add a task"));
  connect(more, &QPushButton::clicked, this, [this] {
    TaskDraft next;  // the first that is not there yet
    for (const Task& task : tasks_) {
      next.task = task.name;
      const auto taken = [&](const TaskRow* row) { return row->draft().task == task.name; };
      if (std::ranges::none_of(taskRows_, taken)) break;
    }
    addTask(next);
    edited();
  });
  column->addWidget(more, 0, Qt::AlignLeft);

  column->addSpacing(gridUnit);
  column->addWidget(heading(tr("Variants")));
  column->addWidget(buildVariants());
  column->addSpacing(gridUnit);
  column->addWidget(heading(tr("Seeds")));
  column->addWidget(buildSeeds());

  column->addSpacing(gridUnit);
  column->addWidget(heading(tr("All other settings")));
  settingsTitle_ = faintLabel();
  settingsText_ = new QLabel;
  settingsText_->setWordWrap(true);
  settingsText_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* use = new QPushButton(lineIcon(QStringLiteral("reuse")), tr("Use settings of …"));
  use->setToolTip(tr("Takes the other settings from the form of New run, or from a run"));
  connect(use, &QPushButton::clicked, this, &CompareForm::chooseSettings);
  column->addWidget(settingsTitle_);
  column->addWidget(settingsText_);
  column->addWidget(use, 0, Qt::AlignLeft);
  column->addStretch();
  return body;
}

QWidget* CompareForm::buildVariants() {
  auto* box = new QWidget;
  auto* grid = new QGridLayout;
  grid->setSpacing(gridUnit);
  const char* names[] = {"lora", "shim", "icfm", "ctcm", "dtsm", "full"};
  for (int i = 0; i < 6; ++i) {
    const QString method = QString::fromLatin1(names[i]);
    auto* check = new QCheckBox(methodTitle(method));
    check->setToolTip(methodFormula(method));
    check->setChecked(method != QLatin1String("full"));
    grid->addWidget(check, i / 3, i % 3);
    methods_[names[i]] = check;
  }
  colourMethods();
  grid->setColumnStretch(3, 1);
  twice_ = new QCheckBox(tr("SHIM with twice the rate on T (control for DTSM)"));
  twice_->setToolTip(tr("DTSM moves T by two matrices at once. Is its gain more than that of a doubled rate?"));
  paper_ = new QCheckBox(tr("as in the paper"));
  paper_->setToolTip(tr("A and the matrices of T begin uniform, within 1/√ of their inputs"));
  paper_->setChecked(true);
  identity_ = new QCheckBox(tr("as the identity"));
  identity_->setToolTip(
      tr("T begins as the identity, and A as a Gaussian of deviation 1/√r, of LoRA too. That A is several times larger "
         "than the paper's, so that the same rate moves the model further: compare with LoRA that begins so."));
  auto* starts = new QHBoxLayout;
  starts->addWidget(paper_);
  starts->addWidget(identity_);
  starts->addStretch();
  ranks_ = new QLineEdit;
  ranks_->setAccessibleName(tr("Ranks"));
  rates_ = new QLineEdit;
  rates_->setAccessibleName(tr("Learning rates"));
  several_ = new QComboBox;
  several_->addItems({tr("Each is a variant of its own"), tr("Choose each variant's best on other seeds")});
  several_->setAccessibleName(tr("What several ranks or rates mean"));
  grows(several_);
  choosing_ = numberBox(1, 100, 2, tr("Seeds to choose by"));
  choosingBox_ = new QWidget;
  auto* choosing = new QHBoxLayout(choosingBox_);
  choosing->setContentsMargins(0, 0, 0, 0);
  choosing->addWidget(choosing_);
  auto* after = new QLabel(tr("seeds to choose by, after those that are reported"));
  after->setWordWrap(true);
  choosing->addWidget(after, 1);
  reference_ = new QComboBox;
  reference_->setAccessibleName(tr("Compare with"));
  reference_->setIconSize({36, 16});
  grows(reference_);

  auto* form = new QFormLayout;
  form->setSpacing(gridUnit);
  form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
  form->addRow(tr("T begins"), starts);
  form->addRow(tr("Ranks"), ranks_);
  form->addRow(tr("Rates"), rates_);
  form->addRow(tr("If several"), several_);
  form->addRow(QString(), choosingBox_);
  form->addRow(tr("Compare with"), reference_);
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addLayout(grid);
  column->addWidget(twice_);
  column->addLayout(form);
  return box;
}

void CompareForm::colourMethods() {
  for (const auto& [method, box] : methods_) box->setIcon(dotIcon(QString::fromStdString(method)));
}

void CompareForm::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) colourMethods();
}

QWidget* CompareForm::buildSeeds() {
  auto* box = new QWidget;
  seeds_ = numberBox(1, 1000, 5, tr("Number of seeds"));
  firstSeed_ = numberBox(0, 1000000, 0, tr("First seed"));
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  row->addWidget(seeds_);
  row->addWidget(new QLabel(tr("seeds, from")));
  row->addWidget(firstSeed_);
  row->addStretch();
  fewSeeds_ = new NoteLabel(NoteLabel::Warning);
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addLayout(row);
  column->addWidget(fewSeeds_);
  return box;
}

QWidget* CompareForm::buildSummary() {
  auto* body = new QWidget;
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(gridUnit, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(heading(tr("What will be run")));
  problem_ = new NoteLabel(NoteLabel::Problem);
  warnings_ = new NoteLabel(NoteLabel::Warning);
  const auto line = [column] {
    auto* label = new QLabel;
    label->setWordWrap(true);
    label->setTextFormat(Qt::RichText);
    column->addWidget(label);
    return label;
  };
  column->addWidget(problem_);
  count_ = line();
  time_ = line();
  compared_ = line();
  variants_ = line();
  column->addWidget(warnings_);
  column->addStretch();

  start_ = new QPushButton(tr("Start comparing"));
  start_->setObjectName(QStringLiteral("startComparison"));
  start_->setProperty("primary", true);
  start_->setMinimumSize(gridUnit * 20, gridUnit * 5);
  start_->setEnabled(false);
  auto* cancel = new QPushButton(tr("Cancel"));
  cancel->setMinimumHeight(gridUnit * 5);
  connect(start_, &QPushButton::clicked, this, &CompareForm::start);
  connect(cancel, &QPushButton::clicked, this, &CompareForm::cancelled);
  reasonText_ = faintLabel();
  reasonText_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  auto* bar = new QHBoxLayout;
  bar->setSpacing(gridUnit);
  bar->addWidget(reasonText_, 1);
  bar->addWidget(cancel);
  bar->addWidget(start_);
  auto* right = new QWidget;
  right->setMinimumWidth(gridUnit * 38);
  auto* all = new QVBoxLayout(right);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(gridUnit);
  all->addWidget(scrolled(body), 1);
  all->addLayout(bar);
  return right;
}

}  // namespace mtlora::ui
