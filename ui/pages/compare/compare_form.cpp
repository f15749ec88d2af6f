#include "compare_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "compare_style.h"
#include "style/theme.h"
#include "task_row.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

constexpr size_t mostRuns = 20;  // offered as a source of settings

}  // namespace

void CompareForm::begin() {
  if (source_) useSettings(source_(), tr("the form of New run"));
  filling_ = true;
  if (model_->currentText().isEmpty()) model_->setEditText(QString::fromStdString(settings_.model.name_or_path));
  if (taskRows_.isEmpty()) {
    TaskDraft first;
    first.task = settings_.data.task;
    first.train_file = settings_.data.train_file;
    first.validation_file = settings_.data.validation_file;
    first.test_file = settings_.data.test_file;
    addTask(first);
  }
  filling_ = false;
  loadModels();
  edited();
}

PlanDraft CompareForm::draft() const {
  PlanDraft draft;
  draft.name = name_->text().trimmed().toStdString();
  draft.settings = settings_;
  draft.model = model_->currentText().trimmed().toStdString();
  for (const TaskRow* row : taskRows_) draft.tasks.push_back(row->draft());
  for (const char* method : {"lora", "shim", "icfm", "ctcm", "dtsm", "full"})
    if (methods_.at(method)->isChecked()) draft.methods.push_back(method);
  draft.paper = paper_->isChecked();
  draft.identity = identity_->isChecked();
  draft.shim_twice = twice_->isChecked();
  for (const double rank : parse_numbers(ranks_->text().toStdString()).value_or(std::vector<double>()))
    draft.ranks.push_back(static_cast<int64_t>(rank));
  draft.rates = parse_numbers(rates_->text().toStdString()).value_or(std::vector<double>());
  draft.choose = several_->currentIndex() == 1;
  draft.reference = reference_->currentText().toStdString();
  draft.seeds = seeds_->value();
  draft.first_seed = firstSeed_->value();
  draft.choosing_seeds = choosing_->value();
  return draft;
}

void CompareForm::setDraft(const PlanDraft& draft) {
  filling_ = true;
  settings_ = draft.settings;
  name_->setText(QString::fromStdString(draft.name));
  model_->setEditText(QString::fromStdString(draft.model));
  while (!taskRows_.isEmpty()) removeTask(taskRows_.last());
  for (const TaskDraft& task : draft.tasks) addTask(task);
  for (const auto& [method, box] : methods_)
    box->setChecked(std::ranges::find(draft.methods, method) != draft.methods.end());
  paper_->setChecked(draft.paper);
  identity_->setChecked(draft.identity);
  twice_->setChecked(draft.shim_twice);
  QStringList ranks, rates;
  for (const int64_t rank : draft.ranks) ranks << QString::number(rank);
  for (const double rate : draft.rates) rates << QString::number(rate);
  ranks_->setText(ranks.join(QStringLiteral(", ")));
  rates_->setText(rates.join(QStringLiteral(", ")));
  several_->setCurrentIndex(draft.choose ? 1 : 0);
  seeds_->setValue(static_cast<int>(draft.seeds));
  firstSeed_->setValue(static_cast<int>(draft.first_seed));
  choosing_->setValue(static_cast<int>(draft.choosing_seeds));
  filling_ = false;
  showSettings();
  edited();
}

// ---- tasks and settings ---------------------------------------------------------------------------------------------

TaskRow* CompareForm::addTask(const TaskDraft& draft) {
  auto* row = new TaskRow(tasks_);
  row->setDraft(draft);
  taskColumn_->insertWidget(static_cast<int>(taskRows_.size()), row);
  taskRows_ << row;
  connect(row, &TaskRow::changed, this, &CompareForm::edited);
  connect(row, &TaskRow::removeRequested, this, [this, row] {
    removeTask(row);
    edited();
  });
  updateRemovable();
  return row;
}

void CompareForm::removeTask(TaskRow* row) {
  taskRows_.removeOne(row);
  row->hide();
  row->deleteLater();
  updateRemovable();
}

void CompareForm::updateRemovable() {
  for (TaskRow* row : taskRows_) row->setRemovable(taskRows_.size() > 1);
}

void CompareForm::useSettings(const RunConfig& settings, const QString& from) {
  settings_ = settings;
  settings_.output = {};
  settingsFrom_ = from;
  showSettings();
  edited();
}

void CompareForm::showSettings() {
  settingsTitle_->setText(settingsFrom_.isEmpty() ? tr("As in this comparison:") : tr("From %1:").arg(settingsFrom_));
  settingsText_->setText(QString::fromStdString(settings_text(settings_)));
  ranks_->setPlaceholderText(tr("%1, as set").arg(settings_.adapter.r));
  rates_->setPlaceholderText(tr("%1, as set").arg(settings_.train.learning_rate));
}

// New run's form, or a run that was trained.
void CompareForm::chooseSettings() {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(lineIcon(QStringLiteral("new-run")), tr("The form of New run"), this, [this] {
    if (source_) useSettings(source_(), tr("the form of New run"));
  });
  menu->addSeparator();
  QAction* reading = menu->addAction(tr("Reading the runs …"));
  reading->setEnabled(false);
  const QPointer<QMenu> shown(menu);
  runAsync(
      this, [] { return list_runs(); },
      [this, shown, reading](const std::vector<RunRow>& runs) {
        if (!shown) return;
        size_t count = 0;
        for (const RunRow& run : runs) {
          if (!run.problem.empty() || count++ >= mostRuns) continue;
          const QString name = QString::fromStdString(run.name);
          shown->addAction(lineIcon(QStringLiteral("runs")), name, this, [this, folder = run.folder, name] {
            runAsync(
                this, [folder] { return open_run(folder).config; },
                [this, name](const RunConfig& config) { useSettings(config, tr("the run %1").arg(name)); },
                [this](const Failure& failure) { setReason(sentences(failure.message, failure.hint)); });
          });
        }
        if (count == 0)
          reading->setText(tr("No run has been trained yet"));
        else
          shown->removeAction(reading);
      },
      [reading, shown](const Failure& failure) {
        if (shown) reading->setText(failure.message);
      });
  auto* button = qobject_cast<QWidget*>(sender());
  menu->popup(button ? button->mapToGlobal(QPoint(0, button->height())) : QCursor::pos());
}

void CompareForm::loadModels() {
  runAsync(
      this, [] { return list_models(); },
      [this](const std::vector<ModelEntry>& models) {
        const QString text = model_->currentText();
        filling_ = true;
        model_->clear();
        for (const ModelEntry& model : models) {
          if (!model.problem.empty()) continue;
          model_->addItem(model.bundled ? QString::fromStdString(model.name)
                                        : QString::fromStdString(model.folder.string()));
        }
        model_->setEditText(text);
        filling_ = false;
      },
      [this](const Failure& failure) { setReason(sentences(failure.message, failure.hint)); });
}

// ---- the summary ----------------------------------------------------------------------------------------------------

void CompareForm::edited() {
  if (filling_) return;
  plan_.reset();
  check_.drop();  // an answer about what stood here before would switch Start on
  sized_ = false;
  choosingBox_->setEnabled(several_->currentIndex() == 1);
  fewSeeds_->setNote(seeds_->value() < enough_pairs
                         ? tr("Under %1 seeds are too few to conclude anything: the result will say “too few seeds” "
                              "whatever the difference.")
                               .arg(enough_pairs)
                         : QString());
  const auto numbers = [](const QLineEdit* line, bool whole) {
    const auto values = parse_numbers(line->text().toStdString());
    if (!values) return false;
    return std::ranges::all_of(*values, [whole](double v) { return v > 0 && (!whole || v == std::floor(v)); });
  };
  if (!numbers(ranks_, true)) return setReason(tr("Ranks are whole numbers between commas, such as 8, 16."));
  if (!numbers(rates_, false)) return setReason(tr("Rates are numbers between commas, such as 1e-3, 5e-4."));
  const PlanDraft now = draft();
  if (now.name.empty()) return setReason(tr("Give the comparison a name."));
  if (now.methods.empty() && !now.shim_twice) return setReason(tr("Choose at least one method."));
  if (!now.paper && !now.identity)
    return setReason(tr("Choose how T begins: as in the paper, as the identity, or both."));
  setReason(tr("Checking …"));
  check_.check(now);
}

void CompareForm::showPlan(const Plan& plan) {
  plan_ = plan;
  setReason({});
  const QString before = reference_->currentText();
  filling_ = true;
  reference_->clear();
  for (const NamedSettings& variant : plan.variants)
    reference_->addItem(variantIcon(variantStyle(plan, variant.name, isDark())), QString::fromStdString(variant.name));
  reference_->setCurrentIndex(std::max(0, reference_->findText(before)));
  filling_ = false;

  const int64_t runs = run_count(plan);
  const int64_t reported = std::ssize(plan.tasks) * std::ssize(plan.variants) * std::ssize(plan.seeds);
  const QString product = tr("%1 × %2 × %3")
                              .arg(counted(std::ssize(plan.variants), tr("1 variant"), tr("%1 variants")),
                                   counted(std::ssize(plan.tasks), tr("1 task"), tr("%1 tasks")),
                                   counted(std::ssize(plan.seeds), tr("1 seed"), tr("%1 seeds")));
  const QString choosing =
      runs == reported ? QString()
                       : tr(", and before them %1 to choose by, on %2")
                             .arg(countText(runs - reported),
                                  counted(std::ssize(plan.choosing_seeds), tr("one other seed"), tr("%1 other seeds")));
  count_->setText(tr("<b>%1</b>: %2%3").arg(counted(runs, tr("1 run"), tr("%1 runs")), product, choosing));
  time_->setText(tr("Time: being estimated …"));
  const QString reference = QString::fromStdString(plan.reference).toHtmlEscaped();
  compared_->setText(
      plan.variants.size() < 2
          ? tr("One variant alone: nothing is compared with it.")
          : counted(std::ssize(plan.variants) - 1,
                    tr("The other is compared with <b>%1</b>, paired by seed, on each task by itself.").arg(reference),
                    tr("The %1 others are each compared with <b>%2</b>, paired by seed, on each task "
                       "by itself.")
                        .arg(QStringLiteral("%1"), reference)));
  QString rows;
  for (const NamedSettings& variant : plan.variants) {
    const VariantStyle style = variantStyle(plan, variant.name, isDark());
    rows +=
        QStringLiteral("<tr><td style='color:%1; padding-right:8px'>●</td><td>%2%3</td></tr>")
            .arg(style.colour.name(), QString::fromStdString(variant.name).toHtmlEscaped(),
                 variant.name == plan.reference
                     ? QStringLiteral(" <span style='color:%1'>%2</span>").arg(quietColour().name(), tr("reference"))
                     : QString());
  }
  variants_->setText(QStringLiteral("<table cellspacing='2'>%1</table>").arg(rows));
}

void CompareForm::showSizes(const PlanSizes& sizes) {
  sized_ = true;
  if (!sizes.seconds)
    time_->setText(tr("Time: not known before a first run of this model has completed."));
  else
    time_->setText((sizes.same_tasks ? tr("Time: about <b>%1</b>, by %2 of this model and task.")
                                     : tr("Time: roughly <b>%1</b>, by %2 of this model on other data."))
                       .arg(durationText(*sizes.seconds),
                            counted(sizes.known_runs, tr("1 completed run"), tr("%1 completed runs"))));
  warnings_->setNote(sizes.warnings.join(u'\n'));
}

void CompareForm::setReason(const QString& reason) {
  reason_ = reason;
  start_->setEnabled(reason.isEmpty());
  const bool checks = reason == tr("Checking …");
  problem_->setNote(checks ? QString() : reason);
  reasonText_->setText(checks ? reason : reason.isEmpty() ? QString() : tr("Not yet: see above."));
  if (reason.isEmpty() || checks) return;
  warnings_->setNote({});
  for (QLabel* label : {count_, time_, compared_, variants_}) label->clear();
}

void CompareForm::start() {
  if (plan_ && reason_.isEmpty()) Q_EMIT planned(*plan_);
}

}  // namespace mtlora::ui
