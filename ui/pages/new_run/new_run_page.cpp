#include "new_run_page.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include "base/paths.h"
#include "option_field.h"
#include "option_texts.h"
#include "run_form.h"
#include "run_summary.h"
#include "studio.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

int footerHeight(const QWidget* widget) { return 5 * widget->fontMetrics().lineSpacing() + 2 * gridUnit; }

// The reason stands beside the button, or above it where that leaves too little room.
class StartBar : public QWidget {
 public:
  StartBar(QWidget* reason, QWidget* button) : row_(new QBoxLayout(QBoxLayout::LeftToRight, this)) {
    setMinimumHeight(footerHeight(this));  // its line goes on that of the help
    row_->setContentsMargins(3 * gridUnit, gridUnit, 3 * gridUnit, gridUnit);
    row_->setSpacing(gridUnit);
    row_->addWidget(reason, 1);
    row_->addWidget(button);
  }

 protected:
  void resizeEvent(QResizeEvent*) override {
    row_->setDirection(width() < 62 * gridUnit ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  }

 private:
  QBoxLayout* row_;
};

QFrame* horizontalLine() {
  auto* line = new QFrame;
  line->setFrameShape(QFrame::HLine);
  line->setFrameShadow(QFrame::Plain);
  line->setForegroundRole(QPalette::Mid);
  return line;
}

}  // namespace

NewRunPage::NewRunPage(Studio& studio, QWidget* parent) : Page(studio, parent), planner_(this) {
  buildActions();
  auto* splitter = new QSplitter;
  splitter->setObjectName("newRunSplitter");
  splitter->setChildrenCollapsible(false);
  splitter->addWidget(buildForm());
  splitter->addWidget(buildSummary());
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 2);
  splitter->setSizes({55 * gridUnit, 100 * gridUnit});
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(splitter);

  connect(form_, &RunForm::changed, this, &NewRunPage::replan);
  connect(form_, &RunForm::proposed, this, &NewRunPage::fill);
  connect(summary_, &RunSummary::fieldWanted, form_, &RunForm::reveal);
  connect(summary_, &RunSummary::limitChosen, this,
          [this](qint64 tokens) { form_->set("data.max_seq_length", tokens); });
  connect(form_, &RunForm::focused, this, &NewRunPage::showHelp);
  connect(&planner_, &RunPlanner::inspected, form_, &RunForm::showModel);
  connect(&planner_, &RunPlanner::notInspected, form_, &RunForm::explainModel);
  connect(&planner_, &RunPlanner::counted, this, [this](const ParameterCount& count) {
    form_->showCount(count);
    summary_->setCount(count, form_->config());
  });
  connect(&planner_, &RunPlanner::planned, this, [this](const RunPlan& plan) {
    planFailure_.clear();
    const bool writes = !plan.chat_template.empty();
    planner_.setLabels(writes ? 0 : std::max<int64_t>(1, std::ssize(plan.labels)));
    form_->showPlan(plan);
    summary_->setPlan(plan, form_->config(), measuredRate());
    showReason();
  });
  connect(&planner_, &RunPlanner::failed, this, &NewRunPage::fail);
  connect(&planner_, &RunPlanner::busyChanged, this, [this] { summary_->setBusy(planner_.busy()); });
  connect(&studio_, &Studio::useSettings, this, &NewRunPage::useSettings);
  connect(&studio_, &Studio::stateChanged, this, &NewRunPage::showReason);
  connect(&studio_, &Studio::runChanged, this, &NewRunPage::showReason);
  useFirstRun();
  notify({}, false);  // the first filling is no change to undo
}

QWidget* NewRunPage::buildForm() {
  auto* left = new QWidget;
  left->setMinimumWidth(50 * gridUnit);
  notice_ = new QFrame;
  notice_->setAutoFillBackground(true);
  notice_->setBackgroundRole(QPalette::AlternateBase);
  noticeText_ = new QLabel;
  noticeText_->setWordWrap(true);
  undo_ = new QToolButton;
  undo_->setObjectName("undo");
  undo_->setText(tr("Undo"));
  undo_->setIcon(lineIcon("undo"));
  undo_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  connect(undo_, &QToolButton::clicked, this, [this] {
    if (before_) form_->setConfig(*before_);
    before_.reset();
    notify({}, false);
    replan();
  });
  auto* close = new QToolButton;
  close->setIcon(lineIcon("close"));
  close->setAutoRaise(true);
  close->setAccessibleName(tr("Close this message"));
  connect(close, &QToolButton::clicked, this, [this] { notify({}, false); });
  auto* row = new QHBoxLayout(notice_);
  row->setContentsMargins(0, gridUnit / 2, gridUnit, gridUnit / 2);
  row->addWidget(noticeText_, 1);
  row->addWidget(undo_);
  row->addWidget(close);

  form_ = new RunForm;
  help_ = new QLabel;
  help_->setObjectName("help");
  help_->setWordWrap(true);
  help_->setTextFormat(Qt::RichText);
  help_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  help_->setContentsMargins(0, gridUnit, 2 * gridUnit, gridUnit);
  help_->setMinimumHeight(footerHeight(help_));
  help_->setAccessibleName(tr("Help for the field in focus"));
  showHelp({});
  auto* column = new QVBoxLayout(left);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(notice_);
  column->addWidget(form_, 1);
  column->addWidget(horizontalLine());
  column->addWidget(help_);
  return left;
}

QWidget* NewRunPage::buildSummary() {
  summary_ = new RunSummary;
  auto* scroll = new QScrollArea;
  scroll->setWidget(summary_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  start_ = new QPushButton(tr("Start training"));
  start_->setObjectName("start");
  start_->setToolTip(tr("Ctrl+Return"));
  start_->setMinimumSize(24 * gridUnit, 6 * gridUnit);
  start_->setStyleSheet(
      "QPushButton#start { background: palette(highlight); color: palette(highlighted-text); border: 2px solid "
      "palette(highlight); border-radius: 5px; font-weight: 600; padding: 0 16px; }"
      "QPushButton#start:focus { border-color: palette(text); }"
      "QPushButton#start:disabled { background: transparent; color: palette(placeholder-text); border: 2px solid "
      "palette(mid); }");
  connect(start_, &QPushButton::clicked, this, &NewRunPage::start);
  reason_ = new QLabel;
  reason_->setWordWrap(true);
  reason_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  reason_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  connect(reason_, &QLabel::linkActivated, this, [this](const QString& key) { form_->reveal(key); });
  auto* right = new QWidget;
  right->setMinimumWidth(42 * gridUnit);
  auto* column = new QVBoxLayout(right);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(scroll, 1);
  column->addWidget(horizontalLine());
  column->addWidget(new StartBar(reason_, start_));
  return right;
}

void NewRunPage::buildActions() {
  actions_ = new QWidget(this);
  auto* row = new QHBoxLayout(actions_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit);
  const auto button = [&](const QString& text, const QString& icon, const QString& tip) {
    auto* result = new QPushButton(lineIcon(icon), text);
    result->setToolTip(tip);
    row->addWidget(result);
    return result;
  };
  connect(button(tr("Open run file…"), "open", tr("Fill the form from a file that “mtlora train” takes")),
          &QPushButton::clicked, this, &NewRunPage::chooseOpen);
  connect(button(tr("Save run file…"), "save", tr("Write these settings as a file that “mtlora train” takes")),
          &QPushButton::clicked, this, &NewRunPage::chooseSave);
  connect(button(tr("First settings"), "refresh", tr("Back to the settings of the first start")), &QPushButton::clicked,
          this, &NewRunPage::useFirstRun);
  actions_->hide();
}

QString NewRunPage::missingContent() const { return summary_->complete() ? QString() : tr("the summary of the run"); }

QString NewRunPage::reason() const {
  if (studio_.busy()) return tr("A run is training now. Stop it, or wait for its end.");
  const QList<RunForm::Problem> problems = form_->problems();
  if (!problems.isEmpty())
    return optionLabel(form_->field(problems.front().key)->option()) + ": " + problems.front().message;
  return planFailure_;
}

void NewRunPage::start() {
  if (!reason().isEmpty()) return;
  studio_.start(form_->config());
  Q_EMIT studio_.showPage(1);
}

void NewRunPage::useSettings(const RunConfig& config) {
  RunConfig fresh = config;
  fresh.output.output_dir.clear();  // that folder holds the run these come from
  fill(fresh, tr("The form holds the settings of that run; the new one gets a folder of its own."));
}

void NewRunPage::useFirstRun() {
  try {
    fill(load_run_file(resources_dir() / "presets" / "first_run.json"), tr("The form holds the first settings again."));
  } catch (const Error& error) {
    notify(QString::fromUtf8(error.what()), false);
  }
}

bool NewRunPage::openFile(const QString& path) {
  try {
    fill(load_run_file(path.toStdString()), tr("Filled from %1.").arg(QFileInfo(path).fileName()));
    return true;
  } catch (const Error& error) {
    notify(QString::fromUtf8(error.what()) + ' ' + QString::fromStdString(error.hint()), false);
    return false;
  }
}

bool NewRunPage::saveFile(const QString& path) {
  try {
    if (const QList<RunForm::Problem> problems = form_->problems(); !problems.isEmpty())
      throw bad_input(tr("Not saved: correct the marked fields first.").toStdString());
    save_run_file(form_->config(), path.toStdString());
    Q_EMIT studio_.message(tr("Saved as %1").arg(path));
    return true;
  } catch (const Error& error) {
    notify(QString::fromUtf8(error.what()) + ' ' + QString::fromStdString(error.hint()), false);
    return false;
  }
}

void NewRunPage::chooseOpen() {
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Open run file"), {}, tr("Run files (*.json);;All files (*)"));
  if (!path.isEmpty()) openFile(path);
}

void NewRunPage::chooseSave() {
  QString path = QFileDialog::getSaveFileName(this, tr("Save run file"), "run.json", tr("Run files (*.json)"));
  if (!path.isEmpty()) saveFile(path);
}

void NewRunPage::fill(const RunConfig& config, const QString& text) {
  before_ = form_->config();
  form_->setConfig(config);
  notify(text, true);
  replan();
}

void NewRunPage::notify(const QString& text, bool undo) {
  noticeText_->setText(text);
  undo_->setVisible(undo);
  notice_->setVisible(!text.isEmpty());
}

void NewRunPage::replan() {
  planFailure_.clear();
  showReason();
  stale_ = !isVisible();
  if (stale_) return;
  if (form_->problems().isEmpty()) {
    if (const auto outputs = form_->outputs()) planner_.setLabels(*outputs);
    planner_.plan(form_->config());
  } else {
    planner_.drop();
    summary_->setFailure({});
  }
}

void NewRunPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  if (stale_) replan();
}

void NewRunPage::fail(const Failure& failure) {
  const QString message = sentences(failure.message, failure.hint);
  if (form_->field(failure.field)) {
    form_->setPlanProblem(failure.field, message);
    summary_->setFieldFailure(failure.field, withoutKey(message, failure.field), form_->config());
  } else {
    planFailure_ = failure.message;
    summary_->setFailure(message);
  }
  showReason();
}

void NewRunPage::showReason() {
  const QString text = reason();
  start_->setEnabled(text.isEmpty());
  QString shown = text.toHtmlEscaped();
  if (const QList<RunForm::Problem> problems = form_->problems(); !problems.isEmpty() && !studio_.busy())
    shown += QString(" <a href=\"%1\">%2</a>").arg(problems.front().key, tr("Show"));
  reason_->setText(shown);
  start_->setAccessibleDescription(text);
}

void NewRunPage::showHelp(const QString& key) {
  OptionField* field = key.isEmpty() || !form_ ? nullptr : form_->field(key);
  if (!field) {
    help_->setText(tr("What the field in focus does stands here."));
    help_->setForegroundRole(QPalette::PlaceholderText);
    return;
  }
  const QString faint = palette().color(QPalette::PlaceholderText).name();
  help_->setForegroundRole(QPalette::WindowText);
  help_->setText(
      QString("<b>%1</b> <span style=\"color:%2\">%3</span><br>%4")
          .arg(optionLabel(field->option()).toHtmlEscaped(), faint, key, optionHelp(field->option()).toHtmlEscaped()));
}

std::optional<double> NewRunPage::measuredRate() const {
  const RunData* run = studio_.run();
  const RunConfig& config = form_->config();
  if (!run || run->steps.empty() || run->config.model.name_or_path != config.model.name_or_path ||
      run->config.adapter.method != config.adapter.method)
    return std::nullopt;
  return run->steps.back().tokens_per_second;
}

}  // namespace mtlora::ui
