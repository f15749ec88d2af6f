#include "compare_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

#include "base/paths.h"
#include "compare_form.h"
#include "compare_style.h"
#include "queue_view.h"
#include "result_view.h"
#include "studio.h"
#include "style/theme.h"
#include "widgets/banner.h"
#include "widgets/empty_state.h"

namespace mtlora::ui {

namespace {

constexpr int pollInterval = 1000;  // ms
constexpr int leastRest = 8;        // times as long as reading took, between two readings: training needs the processor

QSettings settings() {
  return QSettings(QString::fromStdString((home_dir() / "window.ini").string()), QSettings::IniFormat);
}

// Of what is left, by the runs that are through.
std::optional<double> secondsLeft(const Comparison& comparison) {
  std::map<std::string, std::pair<double, double>> ofTask;  // seconds, runs
  double seconds = 0, count = 0;
  for (const ComparedRun& run : comparison.runs) {
    if (run.state != ComparedState::Completed) continue;
    ofTask[run.run.task].first += run.seconds;
    ofTask[run.run.task].second += 1;
    seconds += run.seconds, count += 1;
  }
  if (count == 0) return std::nullopt;
  double left = 0, listed = 0;
  for (const ComparedRun& run : comparison.runs) {
    listed += 1;
    if (run.state == ComparedState::Completed || run.state == ComparedState::Failed) continue;
    if (std::ranges::find(comparison.queue.skipped, run.run.id) != comparison.queue.skipped.end()) continue;
    const auto [s, n] = ofTask.contains(run.run.task) ? ofTask[run.run.task] : std::pair(seconds, count);
    const double done = run.total_steps > 0 ? static_cast<double>(run.step) / static_cast<double>(run.total_steps) : 0;
    left += s / n * (1 - done);
  }
  return left + seconds / count * std::max(0.0, static_cast<double>(comparison.planned) - listed);
}

}  // namespace

ComparePage::ComparePage(Studio& studio, QWidget* parent) : Page(studio, parent), reading_(0, this), writing_(0, this) {
  auto* empty = new EmptyState(
      tr("A comparison trains several methods on the same tasks under the same seeds, one run after another, and says "
         "what the difference between them is and how sure it is."));
  connect(empty->addButton(QStringLiteral("add"), tr("New comparison")), &QPushButton::clicked, this,
          &ComparePage::newComparison);
  form_ = new CompareForm;
  stack_ = new QStackedWidget;
  stack_->addWidget(empty);
  stack_->addWidget(buildComparison());
  stack_->addWidget(form_);
  notice_ = new Banner;
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(gridUnit);
  all->addWidget(notice_);
  all->addWidget(stack_, 1);
  buildActions();

  connect(form_, &CompareForm::planned, this, &ComparePage::begin);
  connect(form_, &CompareForm::cancelled, this, [this] { showCurrent(); });
  connect(queue_, &QueueView::queueChanged, this, &ComparePage::setQueue);
  connect(queue_, &QueueView::openRequested, this, &ComparePage::openRun);
  connect(queue_, &QueueView::tryAgainRequested, this, &ComparePage::tryAgain);
  connect(&runner_, &CompareRunner::ended, this, &ComparePage::ended);
  timer_.setInterval(pollInterval);
  connect(&timer_, &QTimer::timeout, this, [this] {
    const auto runs = [](const Entry& each) { return each.comparison && each.comparison->runs_now; };
    if ((isVisible() || runner_.busy() || std::ranges::any_of(entries_, runs)) &&
        (!sincePoll_.isValid() || sincePoll_.elapsed() > readingTakes_ * leastRest))
      poll();
  });
  timer_.start();
  showCurrent();
  reload();  // one may be running since the window was closed
}

ComparePage::~ComparePage() {
  if (goesOn_->isChecked()) runner_.detach();
}

QWidget* ComparePage::buildHead() {
  list_ = new QComboBox;
  list_->setObjectName(QStringLiteral("comparisons"));
  list_->setAccessibleName(tr("Comparisons"));
  list_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  list_->setMinimumHeight(gridUnit * 4);
  connect(list_, &QComboBox::activated, this,
          [this](int index) { select(list_->itemData(index).toString().toStdString()); });
  go_ = new QPushButton;
  stop_ = new QPushButton(lineIcon(QStringLiteral("stop")), tr("Stop"));
  stop_->setToolTip(tr("Stops the run that trains, with a checkpoint, and the queue"));
  for (QPushButton* each : {go_, stop_}) each->setMinimumHeight(gridUnit * 4);
  connect(go_, &QPushButton::clicked, this, [this] {
    const auto now = comparison();
    now && now->runs_now && !now->queue.paused ? pause() : goOn();
  });
  connect(stop_, &QPushButton::clicked, this, &ComparePage::stop);
  auto* first = new QHBoxLayout;
  first->setSpacing(gridUnit);
  first->addWidget(list_, 1);
  first->addWidget(go_);
  first->addWidget(stop_);
  auto* more = new QPushButton(tr("More"));
  more->setMinimumHeight(gridUnit * 4);
  more->setMenu(buildMore());
  first->addWidget(more);

  progress_ = new QProgressBar;
  progress_->setTextVisible(false);
  progress_->setFixedHeight(gridUnit);
  progress_->setAccessibleName(tr("Runs that are through"));
  state_ = new QLabel;
  state_->setFont(tabularFont());
  goesOn_ = new QCheckBox(tr("Go on when the window is closed"));
  goesOn_->setObjectName(QStringLiteral("goesOn"));
  goesOn_->setToolTip(
      tr("Otherwise closing the window stops the run that trains, with a checkpoint, and “Go on” continues it later."));
  goesOn_->setChecked(settings().value(QStringLiteral("compare/goesOn"), false).toBool());
  connect(goesOn_, &QCheckBox::toggled, this,
          [](bool on) { settings().setValue(QStringLiteral("compare/goesOn"), on); });
  auto* second = new QHBoxLayout;
  second->setSpacing(gridUnit * 2);
  second->addWidget(state_);
  second->addWidget(progress_, 1);
  second->addWidget(goesOn_);

  auto* head = new QWidget;
  auto* column = new QVBoxLayout(head);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addLayout(first);
  column->addLayout(second);
  return head;
}

QWidget* ComparePage::buildComparison() {
  tabs_ = new QTabBar;
  tabs_->setExpanding(false);
  tabs_->setDrawBase(false);
  tabs_->setUsesScrollButtons(true);
  tabs_->setElideMode(Qt::ElideMiddle);
  tabs_->setAccessibleName(tr("Results by task, and the queue"));
  connect(tabs_, &QTabBar::currentChanged, this, &ComparePage::showTab);
  result_ = new ResultView;
  queue_ = new QueueView;
  tabStack_ = new QStackedWidget;
  tabStack_->addWidget(result_);
  tabStack_->addWidget(queue_);
  unreadable_ = new EmptyState(QString());
  tabStack_->addWidget(unreadable_);
  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(buildHead());
  column->addWidget(tabs_);
  column->addWidget(tabStack_, 1);
  return box;
}

// ---- the list -------------------------------------------------------------------------------------------------------

ComparePage::Entry ComparePage::read(const Path& folder) {
  try {
    return {folder, std::make_shared<const Comparison>(read_comparison(folder)), {}};
  } catch (const Error& error) {
    return {folder, nullptr, QString::fromUtf8(error.what())};
  }
}

ComparePage::Entry* ComparePage::entry(const Path& folder) {
  for (Entry& each : entries_)
    if (each.folder == folder) return &each;
  return nullptr;
}

std::shared_ptr<const Comparison> ComparePage::comparison() const {
  for (const Entry& each : entries_)
    if (each.folder == current_) return each.comparison;
  return nullptr;
}

void ComparePage::reload() {
  if (loading_) return;
  loading_ = true;
  runAsync(
      this,
      [] {
        std::vector<Entry> entries;
        for (const Path& folder : list_comparisons()) entries.push_back(read(folder));
        return entries;
      },
      [this](std::vector<Entry> entries) {
        loading_ = false;
        setEntries(std::move(entries));
      },
      [this](const Failure& failure) {
        loading_ = false;
        fail(failure);
      });
}

void ComparePage::setEntries(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  if (!entry(current_)) {
    current_ = entries_.empty() ? Path() : entries_.front().folder;
    for (const Entry& each : entries_)
      if (each.comparison && each.comparison->runs_now) current_ = each.folder;
  }
  fillList();
  if (stack_->currentWidget() != form_) showCurrent();
}

void ComparePage::fillList() {
  const QSignalBlocker quiet(list_);
  list_->clear();
  for (const Entry& each : entries_) {
    const QString name = each.comparison ? QString::fromStdString(each.comparison->plan.name)
                                         : QString::fromStdString(each.folder.filename().string());
    const QString state = each.comparison ? tr("%1 of %2, %3")
                                                .arg(each.comparison->completed)
                                                .arg(each.comparison->planned)
                                                .arg(comparisonState(*each.comparison, false))
                                          : tr("can't be read");
    list_->addItem(tr("%1  –  %2").arg(name, state), QString::fromStdString(each.folder.string()));
  }
  list_->setCurrentIndex(list_->findData(QString::fromStdString(current_.string())));
}

void ComparePage::take(Entry read) {
  Entry* const known = entry(read.folder);
  if (!known) return;
  const bool ran = known->comparison && known->comparison->runs_now;
  *known = std::move(read);
  if (ran && known->comparison && !known->comparison->runs_now && known->comparison->done())
    Q_EMIT studio_.message(tr("%1 is finished").arg(QString::fromStdString(known->comparison->plan.name)));
}

// The one that is shown, and those that run.
void ComparePage::poll() {
  if (reading_.busy() || writing_.busy()) return;
  std::vector<Path> folders;
  for (const Entry& each : entries_)
    if (each.folder == current_ || (each.comparison && each.comparison->runs_now) ||
        (runner_.busy() && each.folder == runner_.folder()))
      folders.push_back(each.folder);
  if (folders.empty()) return;
  reading_.ask(
      [folders] {
        QElapsedTimer clock;
        clock.start();
        std::vector<Entry> entries;
        for (const Path& folder : folders) entries.push_back(read(folder));
        return std::pair(std::move(entries), clock.elapsed());
      },
      [this](std::pair<std::vector<Entry>, qint64> answer) {
        readingTakes_ = answer.second;
        sincePoll_.start();
        for (Entry& each : answer.first) take(std::move(each));
        fillList();
        if (stack_->currentWidget() != form_) showCurrent();
      },
      [this](const Failure& failure) { fail(failure); });
}

void ComparePage::pollSoon() {
  reading_.drop();
  sincePoll_.invalidate();
  poll();
}

void ComparePage::select(const Path& folder) {
  current_ = folder;
  notice_->hide();
  fillList();
  showCurrent();
  pollSoon();
}

// ---- what is shown --------------------------------------------------------------------------------------------------

void ComparePage::showCurrent() {
  const auto now = comparison();
  const Entry* const known = entry(current_);
  stack_->setCurrentIndex(entries_.empty() ? 0 : 1);
  export_->setEnabled(now != nullptr && stack_->currentIndex() == 1);
  new_->setEnabled(stack_->currentIndex() != 0);
  if (known && !now)
    unreadable_->setSentence(tr("This comparison can't be read: %1. Its folder is %2.")
                                 .arg(known->problem, QString::fromStdString(current_.string())));
  showHead();
  tabs_->setVisible(now != nullptr);
  if (!now) {
    shownTabs_.clear();
    tabStack_->setCurrentWidget(unreadable_);
    return;
  }
  if (shownTabs_ != current_) {
    shownTabs_ = current_;
    shownResult_.clear();
    const QSignalBlocker quiet(tabs_);
    while (tabs_->count() > 0) tabs_->removeTab(0);
    for (const NamedSettings& task : now->plan.tasks)
      tabs_->setTabToolTip(tabs_->addTab(QString::fromStdString(task.name)), tr("The result on this task"));
    if (now->plan.tasks.size() > 1)
      tabs_->setTabToolTip(tabs_->addTab(tr("Average")), tr("Each seed's mean over the tasks"));
    tabs_->addTab(tr("Queue"));
    tabs_->setCurrentIndex(now->completed > 0 ? 0 : tabs_->count() - 1);
  }
  queue_->show(now);
  showTab();
}

void ComparePage::showTab() {
  const auto now = comparison();
  if (!now) return;
  const int tab = tabs_->currentIndex();
  const bool isQueue = tab == tabs_->count() - 1;
  tabStack_->setCurrentIndex(isQueue ? 1 : 0);
  if (isQueue) return;
  const auto place = static_cast<size_t>(tab);
  const std::string task = place < now->plan.tasks.size() ? now->plan.tasks[place].name : "";  // "": the average
  // What did not change is not drawn again: what the person points at stays.
  const std::string shown = task + "\n" + comparison_report(*now, ReportFormat::Csv);
  if (shown == shownResult_) return;
  shownResult_ = shown;
  result_->show(now, task);
}

void ComparePage::showQueue() { tabs_->setCurrentIndex(tabs_->count() - 1); }

void ComparePage::showResult(int task) { tabs_->setCurrentIndex(task); }

bool ComparePage::starting() const { return runner_.busy() && runner_.folder() == current_ && !runner_.stopping(); }

void ComparePage::showHead() {
  const auto now = comparison();
  for (QWidget* each : std::initializer_list<QWidget*>{go_, stop_, goesOn_, progress_})
    each->setEnabled(now != nullptr);
  state_->setText({});
  if (!now) return;
  const bool ours = runner_.busy() && runner_.folder() == current_;
  const bool runs = now->runs_now || ours;
  const bool stopping = runs && ours && runner_.stopping();
  QStringList parts;
  parts << tr("%1 of %2 runs").arg(countText(now->completed), countText(now->planned));
  if (now->failed > 0) parts << tr("%1 failed").arg(countText(now->failed));
  parts << (stopping ? tr("stopping with a checkpoint …") : comparisonState(*now, starting()));
  if (now->done()) parts.removeOne(tr("%1 failed").arg(countText(now->failed)));
  if (const auto left = secondsLeft(*now); left && runs && !stopping && !now->done() && *left > 0)
    parts << tr("about %1 left").arg(durationText(*left));
  state_->setText(parts.join(QStringLiteral("  ·  ")));
  progress_->setMaximum(static_cast<int>(std::max<int64_t>(1, now->planned)));
  progress_->setValue(static_cast<int>(now->completed + now->failed));

  const bool trains = runs && !now->queue.paused;
  bool begun = now->completed + now->failed > 0;
  for (const ComparedRun& run : now->runs) begun = begun || run.state != ComparedState::Waiting;
  go_->setText(trains ? tr("Pause") : begun ? tr("Go on") : tr("Start"));
  go_->setIcon(lineIcon(trains ? QStringLiteral("pause") : QStringLiteral("play")));
  const bool other = !runs && runner_.busy();
  go_->setEnabled(!stopping && !other && (trains || !now->done()));
  go_->setToolTip(other         ? tr("Another comparison is running; stop it first.")
                  : trains      ? tr("Pauses the run that trains; it keeps its memory")
                  : now->done() ? tr("Nothing is left to run.")
                                : tr("Trains what is left, from the checkpoints of what was begun"));
  stop_->setEnabled(runs && !stopping);
  goesOn_->setVisible(ours || (!now->runs_now && !now->done()));
}

void ComparePage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  reload();
}

void ComparePage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && queue_) queue_->show(comparison());
}

QString ComparePage::missingContent() const {
  if (stack_->currentWidget() == form_) return form_->complete() ? QString() : tr("the summary of the comparison");
  const auto now = comparison();
  if (!now) return tr("no comparison is shown");
  if (tabStack_->currentIndex() == 0 && result_->differences()->pointCount() == 0) return tr("no difference is drawn");
  return {};
}

}  // namespace mtlora::ui
