#include "run_form.h"

#include <QApplication>
#include <QLabel>
#include <QScrollArea>
#include <QTimer>

#include "data_preview.h"
#include "form_section.h"
#include "model_picker.h"
#include "model_sheet.h"
#include "offer.h"
#include "option_field.h"
#include "option_texts.h"
#include "recipe_panel.h"
#include "style/theme.h"
#include "target_tree.h"
#include "task_picker.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

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
  if (key == "adapter.target_modules") {  // these settings choose no layer
    targets_->setSelected({});
    targets_->setParameters(-1);
  }
  refresh();
}

void RunForm::reveal(const QString& key) {
  OptionField* field = fields_.value(key);
  if (!field) return;
  FormSection* section = sectionOf(key);
  section->setOpen(true);
  if (!field->isVisibleTo(section)) section->showMore(true);
  field->setFocus(Qt::OtherFocusReason);
  QTimer::singleShot(0, this, [this, field] { scroll_->ensureWidgetVisible(field, 0, 6 * gridUnit); });
}

void RunForm::set(const QString& key, const nlohmann::json& value) {
  fields_[key]->editor()->setValue(value);
  edited(fields_[key]);
}

FormSection* RunForm::sectionOf(const QString& key) const {
  if (key == "eval.predict_with_generate") return sections_.value("generation");
  return sections_.value(key.section('.', 0, 0));
}

std::optional<int64_t> RunForm::outputs() const {
  const Task* task = tasks_->task();
  if (!task || task->auto_kind) return std::nullopt;
  if (task->kind == TaskKind::Generation) return 0;
  if (task->kind == TaskKind::Regression) return 1;
  return task->labels.empty() ? std::nullopt : std::optional(static_cast<int64_t>(task->labels.size()));
}

void RunForm::edited(OptionField* field) {
  const std::string task = config_.data.task;
  planKey_.clear();
  if (field->key().startsWith("data.")) plan_.reset();
  field->writeTo(config_);
  if (field->key() == "data.task" && config_.data.task != task) switchTask(task);
  if (field->key() == "data.task" || fileKeys.contains(field->key()) || columnKeys.contains(field->key()))
    preview_->look(config_.data);
  refresh();
  Q_EMIT changed();
}

// Files, columns and how texts are written belong to the task that they were given for.
void RunForm::switchTask(const std::string& before) {
  remembered_[QString::fromStdString(before)] = config_.data;
  const DataOptions own = remembered_.value(QString::fromStdString(config_.data.task));
  config_.data.train_file = own.train_file;
  config_.data.validation_file = own.validation_file;
  config_.data.test_file = own.test_file;
  config_.data.text_column = own.text_column;
  config_.data.text_pair_column = own.text_pair_column;
  config_.data.label_column = own.label_column;
  config_.data.chat_template = own.chat_template;
  for (const QString& key : fileKeys + columnKeys) fields_[key]->setFrom(config_);
  fields_["data.chat_template"]->setFrom(config_);
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
    wrong[sectionOf(key)] += !fields_[key]->problem().isEmpty();
  }
  for (FormSection* section : std::as_const(sections_)) section->header()->setProblems(wrong.value(section));

  showFields();
  recipes_->show(tasks_->task(), config_);
  showOffers();
  describeSections();
}

void RunForm::showFields() {
  const bool writes = tasks_->isGeneration(), adapter = config_.adapter.method != "full";
  const GenerationOptions& how = config_.generation;
  const auto isSet = [this](const QString& key) {
    const nlohmann::json value = fields_[key]->option().get(config_);
    return !value.is_null() && value != "";
  };
  const QHash<QString, bool> onlyWhere{
      {"data.chat_template", writes},
      {"eval.predict_with_generate", writes},
      {"generation.length_penalty", how.num_beams > 1},
      {"generation.temperature", how.do_sample},
      {"generation.top_k", how.do_sample},
      {"generation.top_p", how.do_sample},
      {"generation.seed", how.do_sample},
  };
  // A bundled task brings its files and columns, texts have no columns; they show where one was named all the same.
  const bool bundled = tasks_->task() && tasks_->task()->bundled;
  for (const QString& key : order_) {
    bool shown = onlyWhere.value(key, true);
    if (fileKeys.contains(key)) shown = !bundled || isSet(key);
    if (columnKeys.contains(key)) shown = (!bundled && !writes) || isSet(key);
    if (key.startsWith("adapter.") && key != "adapter.method") shown = adapter;
    fields_[key]->setVisible(shown || !fields_[key]->problem().isEmpty());
  }
  targetBox_->setVisible(adapter);
  sections_["generation"]->setVisible(writes);
  models_->setWritesText(writes);
}

void RunForm::showOffers() {
  const Task* task = tasks_->task();
  QString text, button;
  if (task && !task->trained_on.empty()) {
    const Task* other = tasks_->task(task->trained_on);
    const QString name = QString::fromStdString(other ? other->title : task->trained_on);
    text = tr("%1 has no rows to train on. Train %2: its models are scored on these rows.").arg(tasks_->title(), name);
    if (!fields_["data.task"]->problem().isEmpty()) text.clear();  // said there
    if (other) button = tr("Choose %1").arg(name);
  } else if (tasks_->isGeneration() && model_ && !model_->writes_text) {
    text = tr("%1 needs a model that writes (a decoder, such as Llama, Qwen or GPT-2); “%2” is an encoder.")
               .arg(tasks_->title(), QString::fromStdString(model_->name));
    if (const QString writer = models_->writer(); !writer.isEmpty()) button = tr("Take %1").arg(writer);
  }
  taskOffer_->set(text, button);

  const bool none = planKey_ == "adapter.target_modules" && model_ && !model_->linears.empty();
  targetOffer_->set(none ? tr("These names belong to another kind of model.") : QString(),
                    none ? tr("Adapt all linear layers") : QString());

  QString hint;
  for (const TaskPreset& recipe : task ? task->presets : std::vector<TaskPreset>())
    if (startsFromAdapter(recipe) && hint.isEmpty())
      hint = tr("Recipe “%1”: %2").arg(QString::fromStdString(recipe.name), QString::fromStdString(recipe.note));
  adapterHint_->setText(hint);
  adapterHint_->setVisible(!hint.isEmpty() && config_.adapter.method != "full");
}

// A model that can write has other layers than the one before, as a rule: all of them carry an adapter then.
void RunForm::takeTaskOffer() {
  const Task* task = tasks_->task();
  if (task && !task->trained_on.empty()) return set("data.task", task->trained_on);
  RunConfig config = config_;
  config.model.name_or_path = models_->writer().toStdString();
  if (config.adapter.method != "full") config.adapter.target_modules = {{}, "all-linear"};
  Q_EMIT proposed(config,
                  tr("The model is %1 now, and all its linear layers carry an adapter.").arg(models_->writer()));
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
  if (plan_ && !plan_->chat_template.empty())
    about << tr("template %1").arg(QString::fromStdString(plan_->chat_template));
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

  const GenerationOptions& how = c.generation;
  QStringList writing;
  if (c.eval.predict_with_generate == "no") {
    writing << tr("no texts are written");
  } else {
    writing << (c.eval.predict_with_generate == "every" ? tr("at each evaluation") : tr("once at the end"))
            << (how.num_beams > 1 ? tr("%1 beams").arg(how.num_beams)
                : how.do_sample   ? tr("sampled")
                                  : tr("likeliest token"))
            << tr("up to %1 tokens").arg(how.max_new_tokens);
  }
  sections_["generation"]->header()->setChoice(writing.join(" · "));
}

void RunForm::showModel(const ModelInfo& model) {
  model_ = model;
  sheet_->show(model);
  targets_->setModel(model.linears);
  arrangeTabs();
  showOffers();
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
