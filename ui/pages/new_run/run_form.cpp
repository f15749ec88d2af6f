#include "run_form.h"

#include <QApplication>
#include <QLabel>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>

#include "data_preview.h"
#include "form_section.h"
#include "method_cards.h"
#include "model_picker.h"
#include "model_sheet.h"
#include "option_field.h"
#include "option_texts.h"
#include "style/theme.h"
#include "target_tree.h"
#include "task_picker.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

QString groupOf(const QString& key) { return key.section('.', 0, 0); }

// What the tab key stops at, in the order in which it is laid out.
void collectStops(QLayout* layout, QWidgetList& stops) {
  for (int i = 0; i < layout->count(); ++i) {
    if (QLayout* inner = layout->itemAt(i)->layout()) collectStops(inner, stops);
    QWidget* widget = layout->itemAt(i)->widget();
    if (!widget) continue;
    if (widget->focusPolicy() & Qt::TabFocus) stops << widget;
    if (widget->layout() && !widget->inherits("QComboBox")) collectStops(widget->layout(), stops);
  }
}

const QStringList fileKeys{"data.train_file", "data.validation_file", "data.test_file"};
const QStringList columnKeys{"data.text_column", "data.text_pair_column", "data.label_column"};

}  // namespace

RunForm::RunForm(QWidget* parent) : QWidget(parent) {
  build();
  connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
    for (QWidget* widget = now; widget && isAncestorOf(widget); widget = widget->parentWidget())
      if (widget->property("optionKey").isValid()) {
        Q_EMIT focused(widget->property("optionKey").toString());
        return;
      }
  });
  setConfig(RunConfig());
}

void RunForm::build() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(0, 0, gridUnit, 2 * gridUnit);
  column->setSpacing(gridUnit);
  const auto add = [&](const QStringList& groups, const QString& title) {
    auto* section = new FormSection(title);
    for (const QString& group : groups) sections_[group] = section;
    column->addWidget(section);
    return section;
  };
  add({"model"}, tr("Model"));
  add({"data"}, tr("Data"));
  add({"adapter"}, tr("Method"));
  add({"train", "eval", "output"}, tr("Training"));
  column->addStretch(1);

  preview_ = new DataPreviewPanel;
  targets_ = new TargetTree;
  for (const Option& option : option_table()) {
    OptionEditor* editor = nullptr;
    if (option.key == "model.name_or_path") editor = new ModelPicker(option);
    if (option.key == "data.task") editor = tasks_ = new TaskPicker(option);
    if (option.key == "adapter.method") editor = new MethodCards(option);
    auto* field = new OptionField(option, editor);
    order_ << field->key();
    fields_[field->key()] = field;
    connect(field, &OptionField::edited, this, [this, field] { edited(field); });
    place(field);
  }
  connect(preview_, &DataPreviewPanel::previewed, this, &RunForm::takePreview);
  connect(targets_, &TargetTree::edited, this, &RunForm::takeTargets);

  scroll_ = new QScrollArea;
  scroll_->setWidget(inside);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setFocusPolicy(Qt::NoFocus);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(scroll_);
  arrangeTabs();
}

void RunForm::place(OptionField* field) {
  const QString key = field->key(), group = groupOf(key);
  FormSection* section = sections_.value(group, sections_.value("train"));
  // What a person nearly always looks at stands open, whatever file group it is in.
  QVBoxLayout* layout = field->option().advanced ? section->advanced() : section->basic();
  const auto subheading = [&](const QString& text) {
    auto* label = new QLabel(text);
    QFont font = label->font();
    font.setWeight(QFont::DemiBold);
    label->setFont(font);
    return label;
  };
  if (group == "eval" && !section->property("eval").toBool()) {
    section->setProperty("eval", true);
    section->basic()->addWidget(subheading(tr("Evaluation")));
  }
  if (group == "output" && !section->property("output").toBool()) {
    section->setProperty("output", true);
    section->basic()->addWidget(subheading(tr("Output")));
  }
  if (key == "model.name_or_path") {
    layout->addWidget(field);
    layout->addWidget(sheet_ = new ModelSheet);
    return;
  }
  if (key == "adapter.target_modules") {
    // The tree and what it writes are one thing, so its lines stand beneath it even if the table calls one advanced.
    targetBox_ = new QWidget;
    auto* box = new QVBoxLayout(targetBox_);
    box->setContentsMargins(0, gridUnit, 0, 0);
    box->setSpacing(gridUnit);
    box->addWidget(subheading(tr("Layers that carry an adapter")));
    box->addWidget(targets_);
    targets_->setProperty("optionKey", key);
    section->basic()->addWidget(targetBox_);
    layout = box;
  }
  if (key == "adapter.layers_to_transform" && targetBox_) layout = static_cast<QVBoxLayout*>(targetBox_->layout());
  layout->addWidget(field);
  if (key == columnKeys.last()) {
    section->basic()->addWidget(preview_);
  }
}

// Fields are made in the order of the table; the tab key goes from top to bottom.
void RunForm::arrangeTabs() {
  QWidgetList stops;
  collectStops(scroll_->widget()->layout(), stops);
  for (qsizetype i = 1; i < stops.size(); ++i) setTabOrder(stops[i - 1], stops[i]);
}

void RunForm::setConfig(const RunConfig& config) {
  config_ = config;
  planKey_.clear();
  plan_.reset();
  for (OptionField* field : std::as_const(fields_)) field->setFrom(config_);
  preview_->look(config_.data);
  refresh();
}

QList<RunForm::Problem> RunForm::problems() const {
  QList<Problem> found;
  for (const QString& key : order_)
    if (const QString problem = fields_[key]->problem(); !problem.isEmpty()) found << Problem{key, problem};
  return found;
}

void RunForm::setPlanProblem(const QString& key, const QString& message) {
  planKey_ = key;
  planMessage_ = withoutKey(message, key);
  refresh();
}

void RunForm::reveal(const QString& key) {
  OptionField* field = fields_.value(key);
  if (!field) return;
  FormSection* section = sections_.value(groupOf(key));
  section->setOpen(true);
  if (!field->isVisibleTo(section)) section->showMore(true);
  field->setFocus(Qt::OtherFocusReason);
  QTimer::singleShot(0, this, [this, field] { scroll_->ensureWidgetVisible(field, 0, 6 * gridUnit); });
}

void RunForm::edited(OptionField* field) {
  const std::string task = config_.data.task;
  planKey_.clear();
  if (groupOf(field->key()) == "data") plan_.reset();
  field->writeTo(config_);
  if (field->key() == "data.task" && config_.data.task != task) switchTask(task);
  if (field->key() == "data.task" || fileKeys.contains(field->key()) || columnKeys.contains(field->key()))
    preview_->look(config_.data);
  refresh();
  Q_EMIT changed();
}

// Files and columns belong to the task that they were given for.
void RunForm::switchTask(const std::string& before) {
  remembered_[QString::fromStdString(before)] = config_.data;
  const DataOptions own = remembered_.value(QString::fromStdString(config_.data.task));
  config_.data.train_file = own.train_file;
  config_.data.validation_file = own.validation_file;
  config_.data.test_file = own.test_file;
  config_.data.text_column = own.text_column;
  config_.data.text_pair_column = own.text_pair_column;
  config_.data.label_column = own.label_column;
  for (const QString& key : fileKeys + columnKeys) fields_[key]->setFrom(config_);
}

void RunForm::takePreview() {
  const DataPreview& preview = preview_->preview();
  QStringList columns;
  for (const std::string& column : preview.columns) columns << QString::fromStdString(column);
  for (const QString& key : columnKeys) fields_[key]->editor()->setSuggestions(columns);
  if (!tasks_->isOwn() || columns.isEmpty()) return;
  // Of a file of one's own the guess is written down, where nothing that the file has was chosen.
  const auto has = [&](const std::string& column) { return columns.contains(QString::fromStdString(column)); };
  DataOptions& chosen = config_.data;
  const std::string text = chosen.text_column, pair = chosen.text_pair_column, label = chosen.label_column;
  if (!has(text) && has(preview.text_column)) {
    chosen.text_column = preview.text_column;
    if (!has(pair)) chosen.text_pair_column = preview.text_pair_column;
  }
  if (!has(label) && has(preview.label_column)) chosen.label_column = preview.label_column;
  if (text == chosen.text_column && pair == chosen.text_pair_column && label == chosen.label_column) return;
  for (const QString& key : columnKeys) fields_[key]->setFrom(config_);
  refresh();
  Q_EMIT changed();
}

void RunForm::takeTargets() {
  const TargetSettings settings = simplestTargets(targets_->linears(), targets_->selected());
  config_.adapter.target_modules = settings.target_modules;
  config_.adapter.layers_to_transform = settings.layers_to_transform;
  planKey_.clear();
  for (const char* key : {"adapter.target_modules", "adapter.layers_to_transform"}) {
    fields_[key]->setFrom(config_);
    fields_[key]->writeTo(config_);  // none chosen is a wrong value
  }
  refresh();
  Q_EMIT changed();
}

void RunForm::refresh() {
  QHash<QString, QString> outer;
  for (const FieldProblem& problem : check_run_config(config_)) {
    const QString key = QString::fromStdString(problem.field);
    outer[key] = withoutKey(QString::fromStdString(problem.message), key);
  }
  if (!planKey_.isEmpty() && !outer.contains(planKey_)) outer[planKey_] = planMessage_;
  QHash<FormSection*, int> wrong;
  for (const QString& key : order_) {
    fields_[key]->setOuterProblem(outer.value(key));
    wrong[sections_.value(groupOf(key))] += !fields_[key]->problem().isEmpty();
  }
  for (FormSection* section : std::as_const(sections_)) section->header()->setProblems(wrong.value(section));

  // A bundled task brings its files and columns; they show where one was named all the same.
  const bool bundled = tasks_->task() && tasks_->task()->bundled;
  for (const QString& key : fileKeys + columnKeys) {
    const bool named = !fields_[key]->option().get(config_).is_null() && fields_[key]->option().get(config_) != "";
    fields_[key]->setVisible(!bundled || named || !fields_[key]->problem().isEmpty());
  }
  const bool adapter = config_.adapter.method != "full";
  for (const QString& key : order_)
    if (groupOf(key) == "adapter" && key != "adapter.method") fields_[key]->setVisible(adapter);
  targetBox_->setVisible(adapter);
  describeSections();
}

void RunForm::describeSections() {
  const RunConfig& c = config_;
  const auto text = [&](const char* key) {
    return QString::fromStdString(option_text(fields_[key]->option(), fields_[key]->option().get(c)));
  };
  QStringList model{text("model.name_or_path")};
  if (model_)
    model << model_->family.c_str() << tr("%1 parameters").arg(shortNumber(static_cast<double>(model_->parameters)));
  sections_["model"]->header()->setChoice(model.join(" · "));

  QStringList about{tasks_->title()};
  if (!c.data.train_file.empty()) about << QString::fromStdString(Path(c.data.train_file).filename().string());
  if (plan_ && !plan_->labels.empty()) about << tr("%1 labels").arg(plan_->labels.size());
  about << tr("up to %1 tokens").arg(text("data.max_seq_length"));
  sections_["data"]->header()->setChoice(about.join(" · "));

  const QString name = QString::fromStdString(c.adapter.method);
  QStringList method{methodTitle(name)};
  if (name == "full") {
    method << tr("every weight");
  } else {
    method << tr("r %1").arg(text("adapter.r")) << tr("alpha %1").arg(text("adapter.lora_alpha"))
           << text("adapter.target_modules").replace(",", ", ");
  }
  sections_["adapter"]->header()->setChoice(method.join(" · "));

  QStringList training;
  training << (c.train.max_steps > 0 ? tr("%1 steps").arg(c.train.max_steps)
                                     : tr("%1 epochs").arg(text("train.num_train_epochs")))
           << tr("batch %1").arg(text("train.per_device_train_batch_size"))
           << tr("rate %1").arg(text("train.learning_rate")) << text("train.lr_scheduler_type");
  sections_["train"]->header()->setChoice(training.join(" · "));
}

void RunForm::showModel(const ModelInfo& model) {
  model_ = model;
  sheet_->show(model);
  targets_->setModel(model.linears);
  arrangeTabs();
  describeSections();
}

void RunForm::explainModel(const QString& nameOrPath) {
  model_.reset();
  sheet_->explain(nameOrPath);
  describeSections();
}

void RunForm::showCount(const ParameterCount& count) {
  targets_->setSelected(count.adapted_modules);
  targets_->setParameters(count.adapter);
}

void RunForm::showPlan(const RunPlan& plan) {
  plan_ = plan;
  describeSections();
}

}  // namespace mtlora::ui
