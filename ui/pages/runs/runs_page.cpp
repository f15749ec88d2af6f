#include "runs_page.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "base/files.h"
#include "runs_compare.h"
#include "runs_model.h"
#include "studio.h"
#include "style/plot.h"
#include "style/theme.h"
#include "widgets/banner.h"
#include "widgets/empty_state.h"
#include "widgets/method_chip.h"

namespace mtlora::ui {

namespace {

constexpr size_t mostCurves = 12;   // more over one another say nothing
constexpr int liveInterval = 5000;  // ms between looks at the list while a run trains
constexpr int narrowPage = 960;     // px
constexpr int selectionDelay = 60;  // ms

}  // namespace

RunsPage::RunsPage(Studio& studio, QWidget* parent) : Page(studio, parent), textsOf_(0, this) {
  compare_ = new RunsCompare;
  notice_ = new Banner;
  auto* split = new QSplitter(Qt::Vertical);
  split->setObjectName(QStringLiteral("runs"));
  split->setHandleWidth(gridUnit);
  split->setChildrenCollapsible(false);
  split->addWidget(buildTable());
  split->addWidget(compare_);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 1);
  split->setSizes({400, 400});

  auto* empty =
      new EmptyState(tr("Each run stands here from its start on, with its score, its curves and its settings."));
  connect(empty->addButton(QStringLiteral("new-run"), tr("New run")), &QPushButton::clicked, this,
          [this] { Q_EMIT studio_.showPage(0); });
  stack_ = new QStackedWidget;
  stack_->addWidget(empty);
  stack_->addWidget(split);

  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(gridUnit);
  all->addWidget(notice_);
  all->addWidget(stack_, 1);
  buildActions();

  selectionTimer_.setSingleShot(true);
  selectionTimer_.setInterval(selectionDelay);
  connect(&selectionTimer_, &QTimer::timeout, this, &RunsPage::showCurves);
  liveTimer_.setInterval(liveInterval);
  connect(&liveTimer_, &QTimer::timeout, this, [this] {
    if (isVisible()) reload();
  });
  connect(&studio_, &Studio::stateChanged, this, [this] {
    if (studio_.liveRun())
      liveTimer_.start();
    else
      liveTimer_.stop();
    updateButtons();
  });
  connect(&studio_, &Studio::runChanged, this, [this] {
    if (isVisible()) reload();
  });
  connect(&studio_, &Studio::jobEnded, this, &RunsPage::reload);
  updateButtons();
}

QWidget* RunsPage::buildTable() {
  model_ = new RunsModel(this);
  filter_ = new RunsFilter(this);
  filter_->setSourceModel(model_);
  table_ = new QTableView;
  table_->setAccessibleName(tr("Runs"));
  table_->setModel(filter_);
  table_->setItemDelegateForColumn(RunsModel::Method, new MethodDelegate(table_));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setEditTriggers(QAbstractItemView::EditKeyPressed);
  table_->setShowGrid(false);
  table_->setAlternatingRowColors(true);
  table_->setWordWrap(false);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setTabKeyNavigation(false);
  table_->setContextMenuPolicy(Qt::CustomContextMenu);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::Started, Qt::DescendingOrder);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(gridUnit * 4);
  QHeaderView* header = table_->horizontalHeader();
  header->setHighlightSections(false);
  header->setMinimumSectionSize(gridUnit * 7);
  header->setSectionResizeMode(RunsModel::Name, QHeaderView::Stretch);
  const int widths[] = {240, 88, 104, 104, 128, 80, 136, 104, 176};
  for (int i = 1; i < RunsModel::ColumnCount; ++i) header->resizeSection(i, widths[i]);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPage::selectionChanged);
  connect(table_, &QTableView::doubleClicked, this,
          [this](const QModelIndex& index) { openRun(model_->run(filter_->mapToSource(index).row())); });
  connect(table_, &QWidget::customContextMenuRequested, this, &RunsPage::contextMenu);
  connect(model_, &RunsModel::renamed, this, [this](const Path& folder, const QString& name) {
    if (const auto cached = curves_.find(folder); cached != curves_.end()) curves_.erase(cached);
    runAsync(
        this,
        [folder, name] {
          rename_run(folder, name.toStdString());
          return true;
        },
        [this](bool) { showCurves(); }, [this](const Failure& failure) { fail(failure); });
  });

  const auto button = [](const QString& icon, const QString& text, const QString& tip) {
    auto* made = new QPushButton(lineIcon(icon), text);
    made->setToolTip(tip);
    return made;
  };
  selectionText_ = new QLabel;
  selectionText_->setForegroundRole(QPalette::PlaceholderText);
  open_ = button(QStringLiteral("open"), tr("Open"), tr("Shows this run on all pages (double click)"));
  continue_ = button(QStringLiteral("play"), tr("Continue"), tr("Trains on from the newest whole checkpoint"));
  reuse_ = button(QStringLiteral("reuse"), tr("Use settings"), tr("Fills New run with the settings of this run"));
  rename_ = button(QStringLiteral("rename"), tr("Rename"), tr("Gives the run another name (F2); its folder stays"));
  note_ = button(QStringLiteral("note"), tr("Note"), tr("A line of your own about this run"));
  texts_ = button(QStringLiteral("try-it"), tr("Texts"),
                  tr("Every text that the run wrote in the end, beside its references"));
  texts_->hide();
  reveal_ = button(QStringLiteral("folder"), tr("Folder"), tr("Shows the run's folder in the file manager"));
  delete_ = button(QStringLiteral("delete"), tr("Delete"), tr("Moves the run's folder to the wastebasket"));
  connect(open_, &QPushButton::clicked, this, [this] { openRun(selected().front()); });
  connect(continue_, &QPushButton::clicked, this, [this] {
    studio_.resumeRun(selected().front().folder);
    Q_EMIT studio_.showPage(1);
  });
  connect(reuse_, &QPushButton::clicked, this, &RunsPage::useSettings);
  connect(rename_, &QPushButton::clicked, this, [this] {
    const QModelIndex row = table_->selectionModel()->selectedRows(RunsModel::Name).value(0);
    table_->setFocus();
    table_->setCurrentIndex(row);
    table_->edit(row);
  });
  connect(note_, &QPushButton::clicked, this, &RunsPage::editNote);
  connect(texts_, &QPushButton::clicked, this, &RunsPage::showTexts);
  connect(reveal_, &QPushButton::clicked, this, &RunsPage::reveal);
  connect(delete_, &QPushButton::clicked, this, &RunsPage::remove);
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  for (QPushButton* each : {open_, continue_, reuse_, rename_, note_, texts_, reveal_, delete_}) row->addWidget(each);
  row->addStretch();
  row->addWidget(selectionText_);
  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(table_, 1);
  column->addLayout(row);
  return box;
}

void RunsPage::buildActions() {
  actions_ = new QWidget;
  filterField_ = new QLineEdit;
  filterField_->setPlaceholderText(tr("Filter by name, method, data, status …"));
  filterField_->setAccessibleName(tr("Filter the runs"));
  filterField_->setClearButtonEnabled(true);
  filterField_->setMinimumWidth(280);
  filterField_->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  auto* again = new QPushButton(lineIcon(QStringLiteral("refresh")), tr("Refresh"));
  auto* row = new QHBoxLayout(actions_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit);
  row->addWidget(filterField_);
  row->addWidget(again);
  connect(filterField_, &QLineEdit::textChanged, filter_, &RunsFilter::setWords);
  connect(again, &QPushButton::clicked, this, &RunsPage::reload);
}

// ---- the list -------------------------------------------------------------------------------------------------------

void RunsPage::reload() {
  if (loading_) return;
  loading_ = true;
  runAsync(
      this, [] { return list_runs(); },
      [this](std::vector<RunRow> runs) {
        loading_ = false;
        setRuns(std::move(runs));
        selectionTimer_.start();  // a selected run may have gone on, or ended
      },
      [this](const Failure& failure) {
        loading_ = false;
        fail(failure);
      });
}

void RunsPage::setRuns(std::vector<RunRow> runs) {
  const RunRow* crashed = nullptr;
  qsizetype count = 0;
  for (const RunRow& run : runs)
    if (run.status == RunStatus::Crashed) {
      ++count;
      if (!crashed || run.started > crashed->started) crashed = &run;
    }
  if (crashed && !crashSaid_ && !studio_.busy()) {
    crashSaid_ = true;
    const Path folder = crashed->folder;
    notice_->say(
        Banner::Kind::Notice,
        tr("%1 ended without a word at step %2.").arg(QString::fromStdString(crashed->name), countText(crashed->step)),
        (count > 2    ? tr("So did %1 other runs. ").arg(count - 1)
         : count == 2 ? tr("So did another run. ")
                      : QString()) +
            tr("It can go on from its newest whole checkpoint; nothing before that is lost."),
        tr("Continue it"), [this, folder] {
          studio_.resumeRun(folder);
          Q_EMIT studio_.showPage(1);
        });
  }
  stack_->setCurrentIndex(runs.empty() ? 0 : 1);
  actions_->setEnabled(!runs.empty());
  model_->setRuns(std::move(runs));
  updateButtons();
}

void RunsPage::select(const std::vector<Path>& folders) {
  QItemSelection rows;
  for (const Path& folder : folders) {
    const int row = model_->rowOf(folder);
    const QModelIndex index = row < 0 ? QModelIndex() : filter_->mapFromSource(model_->index(row, 0));
    if (index.isValid()) rows.select(index, filter_->index(index.row(), RunsModel::ColumnCount - 1));
  }
  table_->selectionModel()->select(rows, QItemSelectionModel::ClearAndSelect);
}

std::vector<RunRow> RunsPage::selected() const {
  std::vector<RunRow> runs;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows())
    runs.push_back(model_->run(filter_->mapToSource(index).row()));
  return runs;
}

void RunsPage::selectionChanged() {
  updateButtons();
  selectionTimer_.start();
}

void RunsPage::updateButtons() {
  const std::vector<RunRow> runs = selected();
  const bool one = runs.size() == 1;
  const RunData* trains = studio_.liveRun();
  bool anyTrains = false;
  for (const RunRow& run : runs)
    anyTrains = anyTrains || run.status == RunStatus::Running || run.status == RunStatus::Paused ||
                (trains && trains->folder == run.folder);
  const bool unfinished = one && (runs[0].status == RunStatus::Crashed || runs[0].status == RunStatus::Stopped ||
                                  runs[0].status == RunStatus::Failed);
  for (QPushButton* button : {open_, reuse_, rename_, note_, reveal_}) button->setEnabled(one);
  continue_->setEnabled(unfinished && !studio_.busy());
  continue_->setToolTip(unfinished && studio_.busy() ? tr("Another run is training.")
                                                     : tr("Trains on from the newest whole checkpoint of a run that "
                                                          "crashed, failed or was stopped"));
  delete_->setEnabled(!runs.empty() && !anyTrains);
  delete_->setToolTip(anyTrains ? tr("A run that trains can't be deleted.")
                                : tr("Moves the run's folder to the wastebasket"));
  textsOf_.ask([folder = one ? runs[0].folder : Path()] { return !folder.empty() && has_written_texts(folder); },
               [this](bool has) { texts_->setVisible(has); }, [](const Failure&) {});
  selectionText_->setText(runs.size() > mostCurves
                              ? tr("%1 selected, the first %2 drawn").arg(runs.size()).arg(mostCurves)
                          : runs.size() > 1 ? tr("%1 selected").arg(runs.size())
                                            : QString());
}

// Draws the selected runs; what isn't read yet is read on a worker thread, and drawn when it comes.
void RunsPage::showCurves() {
  std::vector<std::shared_ptr<const RunData>> ready;
  std::vector<Path> missing;
  for (const RunRow& run : selected()) {
    if (ready.size() + missing.size() >= mostCurves) break;
    const RunData* trains = studio_.liveRun();
    if (trains && trains->folder == run.folder)
      ready.push_back(std::make_shared<RunData>(*trains));
    else if (const auto known = curves_.find(run.folder); known != curves_.end())
      ready.push_back(known->second);
    else
      missing.push_back(run.folder);
  }
  compare_->setRuns(std::move(ready));
  if (missing.empty()) return;
  runAsync(
      this,
      [missing] {
        std::vector<std::pair<std::shared_ptr<const RunData>, bool>> read;  // run, whether it can still change
        for (const Path& folder : missing) {
          const RunRecord record = open_run(folder);
          const bool changes = record.row.status == RunStatus::Running || record.row.status == RunStatus::Paused;
          read.emplace_back(std::make_shared<RunData>(run_data(record)), changes);
        }
        return read;
      },
      [this, missing](const auto& read) {
        for (size_t i = 0; i < read.size(); ++i) curves_[missing[i]] = read[i].first;
        showCurves();
        for (size_t i = 0; i < read.size(); ++i)
          if (read[i].second) curves_.erase(missing[i]);
      },
      [this](const Failure& failure) { fail(failure); });
}

void RunsPage::fail(const Failure& failure) { Q_EMIT studio_.failed(failure.message, failure.hint); }

void RunsPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  reload();
}

// Where there is no room for all columns, those that a person misses least give way.
void RunsPage::resizeEvent(QResizeEvent* event) {
  Page::resizeEvent(event);
  for (const int column : {RunsModel::Model, RunsModel::Loss, RunsModel::Took})
    table_->setColumnHidden(column, width() < narrowPage);
}

void RunsPage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && compare_) compare_->restyle();
}

QString RunsPage::missingContent() const {
  if (model_->rowCount() == 0) return tr("the table has no rows");
  if (compare_->loss->pointCount() == 0) return tr("no curve of a selected run is drawn");
  return {};
}

}  // namespace mtlora::ui
