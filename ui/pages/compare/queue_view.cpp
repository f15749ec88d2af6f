#include "queue_view.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTableView>
#include <algorithm>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

constexpr int rowHeight = 30;  // px
constexpr int narrow = 820;    // px

bool isOver(const ComparedRun& run) {
  return run.state == ComparedState::Completed || run.state == ComparedState::Failed;
}

}  // namespace

QueueView::QueueView(QWidget* parent) : QWidget(parent) {
  model_ = new QueueModel(this);
  table_ = new QTableView;
  table_->setAccessibleName(tr("Queue of runs"));
  table_->setModel(model_);
  table_->setItemDelegateForColumn(QueueModel::Progress, new ProgressDelegate(table_));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setDragDropMode(QAbstractItemView::InternalMove);
  table_->setDragDropOverwriteMode(false);
  table_->setDropIndicatorShown(true);
  table_->setShowGrid(false);
  table_->setAlternatingRowColors(true);
  table_->setWordWrap(false);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setTabKeyNavigation(false);
  table_->setIconSize({36, 16});
  table_->setContextMenuPolicy(Qt::CustomContextMenu);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(rowHeight);
  QHeaderView* header = table_->horizontalHeader();
  header->setHighlightSections(false);
  header->setMinimumSectionSize(gridUnit * 6);
  const int widths[] = {240, 104, 88, 144, 152, 72, 200};
  for (int i = 0; i < QueueModel::ColumnCount; ++i) header->resizeSection(i, widths[i]);

  const auto button = [](const QString& icon, const QString& text, const QString& tip) {
    auto* made = icon.isEmpty() ? new QPushButton(text) : new QPushButton(lineIcon(icon), text);
    made->setToolTip(tip);
    return made;
  };
  open_ =
      button(QStringLiteral("open"), tr("Open"), tr("Shows this run on the pages Live and Geometry (double click)"));
  first_ = button({}, tr("To the top"), tr("Trains these before all others that wait"));
  up_ = button({}, tr("Up"), tr("Trains these a place earlier (or drag the rows)"));
  down_ = button({}, tr("Down"), tr("Trains these a place later (or drag the rows)"));
  skip_ = button(QStringLiteral("step-forward"), tr("Skip"),
                 tr("Leaves these runs out; one that trains stops with a checkpoint"));
  again_ = button(
      QStringLiteral("refresh"), tr("Try again"),
      tr("A run whose process was killed goes on from its checkpoint; one that failed by itself begins anew, its old "
         "folder in the wastebasket"));
  hint_ = faintLabel(tr("Drag rows to change the order."));
  hint_->setWordWrap(false);
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  for (QPushButton* each : {open_, first_, up_, down_, skip_, again_}) row->addWidget(each);
  row->addStretch();
  row->addWidget(hint_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(table_, 1);
  column->addLayout(row);

  connect(model_, &QueueModel::moved, this, &QueueView::move);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &QueueView::updateButtons);
  connect(table_, &QTableView::doubleClicked, this, [this] {
    if (open_->isEnabled()) open_->click();
  });
  connect(table_, &QWidget::customContextMenuRequested, this, &QueueView::contextMenu);
  connect(open_, &QPushButton::clicked, this,
          [this] { Q_EMIT openRequested(model_->run(selectedRows().front()).folder); });
  connect(first_, &QPushButton::clicked, this, [this] {
    int before = 0;  // behind what is over or under way
    while (before < model_->rowCount() && model_->run(before).state != ComparedState::Waiting) ++before;
    const std::vector<int> rows = selectedRows();
    move(selectedIds(), std::min(before, rows.front()));
  });
  connect(up_, &QPushButton::clicked, this, [this] { moveBy(-1); });
  connect(down_, &QPushButton::clicked, this, [this] { moveBy(1); });
  connect(skip_, &QPushButton::clicked, this, &QueueView::skip);
  connect(again_, &QPushButton::clicked, this, [this] {
    std::vector<Path> folders;
    for (const int each : selectedRows())
      if (model_->run(each).state == ComparedState::Failed) folders.push_back(model_->run(each).folder);
    Q_EMIT tryAgainRequested(folders);
  });
  updateButtons();
}

void QueueView::show(std::shared_ptr<const Comparison> comparison) {
  const bool other = !comparison_ || !comparison || comparison_->folder != comparison->folder;
  const std::vector<std::string> ids = other ? std::vector<std::string>() : selectedIds();
  comparison_ = comparison;
  model_->show(std::move(comparison));
  if (!ids.empty()) select(ids);
  bool named = false;
  for (int row = 0; row < model_->rowCount(); ++row) named = named || !model_->run(row).message.empty();
  table_->setColumnHidden(QueueModel::Note, !named);
  table_->setColumnHidden(QueueModel::Task, !comparison_ || comparison_->plan.tasks.size() < 2);
  table_->horizontalHeader()->setSectionResizeMode(QueueModel::Variant,
                                                   named ? QHeaderView::Interactive : QHeaderView::Stretch);
  table_->horizontalHeader()->setSectionResizeMode(QueueModel::Note, QHeaderView::Stretch);
  if (other && model_->runningRow() > 3)
    table_->scrollTo(model_->index(model_->runningRow(), 0), QAbstractItemView::PositionAtCenter);
  updateButtons();
}

void QueueView::select(const std::vector<std::string>& ids) {
  QItemSelection rows;
  for (const std::string& id : ids)
    if (const int row = model_->rowOf(id); row >= 0)
      rows.select(model_->index(row, 0), model_->index(row, QueueModel::ColumnCount - 1));
  if (rows != table_->selectionModel()->selection())
    table_->selectionModel()->select(rows, QItemSelectionModel::ClearAndSelect);
}

std::vector<int> QueueView::selectedRows() const {
  std::vector<int> rows;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows()) rows.push_back(index.row());
  std::ranges::sort(rows);
  return rows;
}

std::vector<std::string> QueueView::selectedIds() const {
  std::vector<std::string> ids;
  for (const int row : selectedRows()) ids.push_back(model_->run(row).run.id);
  return ids;
}

void QueueView::move(const std::vector<std::string>& ids, int before) {
  if (!comparison_ || ids.empty()) return;
  Queue queue = comparison_->queue;
  queue.order = movedOrder(comparison_->runs, ids, before);
  Q_EMIT queueChanged(queue);
}

// The whole selection moves by a row, as one block.
void QueueView::moveBy(int step) {
  const std::vector<int> rows = selectedRows();
  move(selectedIds(), step < 0 ? std::max(0, rows.front() - 1) : std::min(model_->rowCount(), rows.back() + 2));
}

void QueueView::skip() {
  Queue queue = comparison_->queue;
  const bool all = std::ranges::all_of(selectedRows(),
                                       [this](int row) { return model_->isSkipped(row) || isOver(model_->run(row)); });
  for (const int row : selectedRows()) {
    const std::string& id = model_->run(row).run.id;
    std::erase(queue.skipped, id);
    if (!all && !isOver(model_->run(row))) queue.skipped.push_back(id);
  }
  Q_EMIT queueChanged(queue);
}

void QueueView::updateButtons() {
  const std::vector<int> rows = selectedRows();
  bool movable = !rows.empty(), skippable = false, skipped = true, failed = false;
  for (const int row : rows) {
    const ComparedRun& run = model_->run(row);
    movable = movable && !isOver(run);
    failed = failed || run.state == ComparedState::Failed;
    if (isOver(run)) continue;
    skippable = true;
    skipped = skipped && model_->isSkipped(row);
  }
  open_->setEnabled(rows.size() == 1 && model_->run(rows[0]).state != ComparedState::Waiting);
  for (QPushButton* each : {first_, up_, down_}) each->setEnabled(movable);
  skip_->setEnabled(skippable);
  skip_->setText(skippable && skipped ? tr("Don't skip") : tr("Skip"));
  again_->setEnabled(failed);
}

void QueueView::contextMenu(const QPoint& position) {
  if (selectedRows().empty()) return;
  QMenu menu(this);
  for (QPushButton* button : {open_, first_, up_, down_, skip_, again_}) {
    QAction* action = menu.addAction(button->icon(), button->text(), button, &QPushButton::click);
    action->setEnabled(button->isEnabled());
  }
  menu.exec(table_->viewport()->mapToGlobal(position));
}

void QueueView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  hint_->setVisible(width() >= narrow);
}

}  // namespace mtlora::ui
