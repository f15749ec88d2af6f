#include "live_side.h"

#include <QDoubleValidator>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QVBoxLayout>

#include "log_text.h"
#include "studio.h"
#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/method_chip.h"

namespace mtlora::ui {

namespace {

QLabel* sectionLabel(const QString& text) {
  auto* label = new QLabel(text);
  label->setFont(sectionFont());
  return label;
}

QPushButton* button(const QString& icon, const QString& text, const QString& tip) {
  auto* made = new QPushButton(lineIcon(icon), text);
  made->setToolTip(tip);
  made->setMinimumHeight(gridUnit * 4);
  return made;
}

QString number(double value, char form, int digits) {
  return std::isfinite(value) ? QLocale().toString(value, form, digits) : QString::number(value);
}

}  // namespace

LiveSide::LiveSide(Studio& studio, QWidget* parent) : QWidget(parent), studio_(studio), looking_(0, this) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(gridUnit, 0, 0, 0);
  column->setSpacing(gridUnit * 2);
  column->addWidget(buildHead());
  column->addWidget(buildNumbers());
  column->addWidget(buildButtons());
  column->addWidget(buildRate());
  column->addWidget(buildLists(), 1);
  setMinimumWidth(248);
}

QWidget* LiveSide::buildHead() {
  auto* head = new QWidget;
  auto* grid = new QGridLayout(head);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(gridUnit);
  name_ = new ElidedLabel;
  name_->setFont(sectionFont());
  chip_ = new MethodChip;
  status_ = new ElidedLabel(Qt::ElideRight);
  progress_ = new QProgressBar;
  progress_->setAccessibleName(tr("Progress"));
  progress_->setTextVisible(false);
  progress_->setFixedHeight(gridUnit);
  grid->addWidget(name_, 0, 0, 1, 2);
  grid->addWidget(chip_, 1, 0);
  grid->addWidget(status_, 1, 1);
  problem_ = new QLabel;
  problem_->setWordWrap(true);
  problem_->setTextFormat(Qt::PlainText);
  problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  grid->addWidget(progress_, 2, 0, 1, 2);
  grid->addWidget(problem_, 3, 0, 1, 2);
  grid->setColumnStretch(1, 1);
  return head;
}

QWidget* LiveSide::buildNumbers() {
  auto* numbers = new QWidget;
  auto* grid = new QGridLayout(numbers);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(gridUnit);
  grid->setVerticalSpacing(gridUnit / 2);
  grid->setColumnStretch(1, 1);
  int row = 0;
  const auto add = [&](const QString& title) {
    auto* label = new QLabel(title);
    label->setForegroundRole(QPalette::PlaceholderText);
    auto* value = new QLabel;
    value->setFont(tabularFont());
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    value->setAccessibleName(title);
    grid->addWidget(label, row, 0);
    grid->addWidget(value, row++, 1);
    return std::pair(label, value);
  };
  step_ = add(tr("Step")).second;
  epoch_ = add(tr("Epoch")).second;
  loss_ = add(tr("Loss")).second;
  std::tie(bestTitle_, best_) = add(tr("Best score"));
  examples_ = add(tr("Examples a second")).second;
  tokens_ = add(tr("Tokens a second")).second;
  left_ = add(tr("Time left")).second;
  elapsed_ = add(tr("Trained for")).second;
  parameters_ = add(tr("Trained parameters")).second;
  return numbers;
}

QWidget* LiveSide::buildButtons() {
  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  controls_ = new QWidget;
  auto* grid = new QGridLayout(controls_);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(gridUnit);
  pause_ = button(QStringLiteral("pause"), tr("Pause"), tr("Waits after this step, or goes on (Space)"));
  stop_ =
      button(QStringLiteral("stop"), tr("Stop"), tr("Ends the run after this step; what it learnt is kept (Ctrl+.)"));
  evaluate_ = button(QStringLiteral("evaluate"), tr("Evaluate"), tr("Scores the validation rows now"));
  save_ = button(QStringLiteral("save"), tr("Save"), tr("Saves a checkpoint now"));
  grid->addWidget(pause_, 0, 0);
  grid->addWidget(stop_, 0, 1);
  grid->addWidget(evaluate_, 1, 0);
  grid->addWidget(save_, 1, 1);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
  goOn_ = button(QStringLiteral("play"), tr("Go on from the last checkpoint"),
                 tr("Trains on from the newest whole checkpoint of this run"));
  column->addWidget(controls_);
  column->addWidget(goOn_);
  connect(pause_, &QPushButton::clicked, this, &LiveSide::pauseOrGoOn);
  connect(stop_, &QPushButton::clicked, this, [this] { studio_.send({Command::Kind::Stop}); });
  connect(evaluate_, &QPushButton::clicked, this, [this] { studio_.send({Command::Kind::Evaluate}); });
  connect(save_, &QPushButton::clicked, this, [this] { studio_.send({Command::Kind::Save}); });
  connect(goOn_, &QPushButton::clicked, this, [this] {
    if (studio_.run()) studio_.resumeRun(studio_.run()->folder);
  });
  return box;
}

QWidget* LiveSide::buildRate() {
  rateRow_ = new QWidget;
  auto* grid = new QGridLayout(rateRow_);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(gridUnit);
  auto* label = new QLabel(tr("Learning rate"));
  rate_ = new QLineEdit;
  rate_->setAccessibleName(tr("New learning rate"));
  rate_->setToolTip(tr("The new peak rate; the schedule goes on to scale it. The change leaves a mark on the curves."));
  rate_->setFont(tabularFont());
  label->setBuddy(rate_);
  setRate_ = new QPushButton(tr("Set"));
  setRate_->setAccessibleName(tr("Set the learning rate"));
  rateProblem_ = new QLabel;
  rateProblem_->setWordWrap(true);
  rateProblem_->hide();
  grid->addWidget(label, 0, 0);
  grid->addWidget(rate_, 0, 1);
  grid->addWidget(setRate_, 0, 2);
  grid->addWidget(rateProblem_, 1, 0, 1, 3);
  grid->setColumnStretch(1, 1);
  connect(setRate_, &QPushButton::clicked, this, &LiveSide::setRate);
  connect(rate_, &QLineEdit::returnPressed, this, &LiveSide::setRate);
  connect(rate_, &QLineEdit::textEdited, rateProblem_, &QWidget::hide);
  return rateRow_;
}

QWidget* LiveSide::buildLists() {
  auto* split = new QSplitter(Qt::Vertical);
  split->setObjectName(QStringLiteral("liveLists"));
  split->setHandleWidth(gridUnit);
  const auto add = [&](const QString& title, QWidget* body, int stretch) {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    column->addWidget(sectionLabel(title));
    column->addWidget(body);
    body->setMinimumHeight(gridUnit * 5);
    split->addWidget(box);
    split->setStretchFactor(split->count() - 1, stretch);
  };
  checkpoints_ = new QListWidget;
  checkpoints_->setAccessibleName(tr("Checkpoints"));
  checkpoints_->setSelectionMode(QAbstractItemView::NoSelection);
  checkpoints_->setTextElideMode(Qt::ElideRight);
  log_ = new QPlainTextEdit;
  log_->setAccessibleName(tr("Log"));
  log_->setReadOnly(true);
  log_->setFont(tabularFont());
  log_->setMaximumBlockCount(5000);
  split->addWidget(buildEnd());
  split->setStretchFactor(0, 2);
  add(tr("Checkpoints"), checkpoints_, 1);
  add(tr("Log"), log_, 2);
  return split;
}

void LiveSide::setRun() {
  logged_ = listed_ = 0;
  endBox_->hide();
  log_->clear();
  checkpoints_->clear();
  rate_->setText({});  // clear() would count as an edit of the person's
  rateProblem_->hide();
  update();
}

void LiveSide::update() {
  const RunData* run = studio_.run();
  if (!run) return;
  updateNumbers(*run);
  updateState(*run);
  updateLists(*run);
  updateEnd(*run);
}

void LiveSide::updateNumbers(const RunData& run) {
  const QString none = QStringLiteral("–");
  const auto ofTotal = [](const QString& now, const QString& total) { return tr("%1 / %2").arg(now, total); };
  const QLocale locale;
  step_->setText(run.total_steps > 0 ? ofTotal(countText(run.step()), countText(run.total_steps))
                                     : countText(run.step()));
  if (run.steps.empty()) {
    for (QLabel* label : {epoch_, loss_, examples_, tokens_}) label->setText(none);
  } else {
    const StepDone& last = run.steps.back();
    epoch_->setText(
        run.config.train.max_steps > 0
            ? locale.toString(last.epoch, 'f', 2)
            : ofTotal(locale.toString(last.epoch, 'f', 2), locale.toString(run.config.train.num_train_epochs, 'g', 4)));
    loss_->setText(number(last.loss, 'f', 4));
    examples_->setText(number(last.examples_per_second, 'f', 1));
    tokens_->setText(std::isfinite(last.tokens_per_second) ? countText(std::llround(last.tokens_per_second)) : none);
  }
  const auto best = run.best();
  const QString metric = run.metric();
  bestTitle_->setText(metric.isEmpty() ? tr("Best score") : tr("Best: %1").arg(scoreTitle(metric)));
  best_->setText(best ? tr("%1 at step %2").arg(scoreText(metric, best->second), countText(best->first)) : none);
  left_->setText(run.finished || !studio_.live() ? none
                 : studio_.paused()              ? tr("paused")
                                                 : durationText(run.seconds_left()));
  elapsed_->setText(run.times.empty() ? none : durationText(run.times.back().second));
  parameters_->setText(run.trainable_parameters > 0 ? countText(run.trainable_parameters) : none);
  const int total = static_cast<int>(run.total_steps);
  progress_->setRange(0, studio_.live() ? total : std::max(total, 1));
  progress_->setValue(static_cast<int>(run.step()));
}

void LiveSide::updateState(const RunData& run) {
  const bool live = studio_.live(), paused = live && studio_.paused();
  name_->setText(run.name);
  chip_->setMethod(QString::fromStdString(run.config.adapter.method));
  QString status;
  if (live)
    status = paused ? tr("Paused") : studio_.stage();
  else if (!run.finished)
    status = tr("Crashed at step %1").arg(countText(run.step()));
  else if (run.finished->status == "completed")
    status = tr("Completed");
  else if (run.finished->status == "stopped")
    status = tr("Stopped");
  else
    status = tr("Failed at step %1").arg(countText(run.finished->step));
  QString problem;
  if (!live && !run.finished)
    problem = tr("It ended without a word. What came before its newest whole checkpoint is kept.");
  else if (!live && run.finished && run.finished->status == "failed")
    problem = QString::fromStdString(run.finished->message + ' ' + run.finished->hint).trimmed();
  problem_->setText(problem);
  problem_->setVisible(!problem.isEmpty());
  status_->setText(status);
  pause_->setText(paused ? tr("Go on") : tr("Pause"));
  pause_->setIcon(lineIcon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
  controls_->setVisible(live);
  rateRow_->setVisible(live);
  const bool completed = run.finished && run.finished->status == "completed";
  goOn_->setVisible(!live && !completed);
  goOn_->setEnabled(!studio_.busy() && !run.checkpoints.empty());
  goOn_->setToolTip(run.checkpoints.empty() ? tr("No checkpoint was saved, so there is nothing to go on from.")
                    : studio_.busy()        ? tr("Another run is training.")
                                            : tr("Trains on from the newest whole checkpoint of this run"));
  if (live && !rate_->hasFocus() && !rate_->isModified()) {
    double peak = run.config.train.learning_rate;
    for (const Event& event : run.log)
      if (const auto* taken = std::get_if<CommandTaken>(&event.body))
        if (taken->command == "set_learning_rate" && taken->value.is_number()) peak = taken->value.get<double>();
    rate_->setText(QLocale().toString(peak, 'g', 6));
  }
}

void LiveSide::updateLists(const RunData& run) {
  if (run.log.size() < logged_) {
    logged_ = 0;
    log_->clear();
  }
  if (run.checkpoints.size() < listed_) listed_ = 0;
  QStringList lines;
  for (; logged_ < run.log.size(); ++logged_) lines << logLine(run.log[logged_]);
  if (!lines.isEmpty()) {
    const bool atEnd = log_->verticalScrollBar()->value() >= log_->verticalScrollBar()->maximum() - 2;
    log_->appendPlainText(lines.join(u'\n'));
    if (atEnd) log_->verticalScrollBar()->setValue(log_->verticalScrollBar()->maximum());
  }
  if (listed_ == run.checkpoints.size() && (listed_ > 0 || checkpoints_->count() > 0)) return;
  listed_ = run.checkpoints.size();
  checkpoints_->clear();
  int64_t best = -1;
  for (const CheckpointSaved& saved : run.checkpoints)
    if (saved.best) best = saved.step;
  int64_t kept = 0;  // those still on disk: the newest, the best not counted
  for (auto saved = run.checkpoints.rbegin(); saved != run.checkpoints.rend(); ++saved) {
    if (saved->step != best && ++kept > run.config.train.save_total_limit) continue;
    QString text = tr("step %1").arg(countText(saved->step));
    for (const EvalDone& eval : run.evals)
      if (const auto value = run.score(eval); value && eval.step == saved->step)
        text += QStringLiteral("  ·  ") + scoreTitle(run.metric()) + u' ' + scoreText(run.metric(), *value);
    if (saved->step == best) text += QStringLiteral("  ·  ") + tr("best");
    auto* item = new QListWidgetItem(text, checkpoints_);
    item->setToolTip(QString::fromStdString(saved->path));
    if (saved->step == best) {
      QFont font = checkpoints_->font();
      font.setWeight(QFont::DemiBold);
      item->setFont(font);
    }
  }
  if (run.checkpoints.empty()) {
    auto* item = new QListWidgetItem(tr("The first stands here once it is saved."), checkpoints_);
    item->setFlags(Qt::NoItemFlags);
  }
}

void LiveSide::pauseOrGoOn() { studio_.send({studio_.paused() ? Command::Kind::Resume : Command::Kind::Pause}); }

void LiveSide::setRate() {
  bool ok = false;
  double value = QLocale().toDouble(rate_->text().trimmed(), &ok);
  if (!ok) value = rate_->text().trimmed().toDouble(&ok);
  if (!ok || !(value > 0) || value > 10) {
    rateProblem_->setText(tr("A number above 0 and up to 10 is expected, such as 4e-4."));
    rateProblem_->show();
    rate_->setFocus();
    return;
  }
  studio_.send({Command::Kind::SetLearningRate, value});
  rate_->setModified(false);
  rate_->clearFocus();
}

}  // namespace mtlora::ui
