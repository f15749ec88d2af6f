#include "data_preview.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

constexpr int shownProblems = 1000;

QTableWidget* newTable(const QString& name) {
  auto* table = new QTableWidget;
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setAlternatingRowColors(true);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false);
  table->setAccessibleName(name);
  table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + gridUnit);
  table->horizontalHeader()->setHighlightSections(false);
  table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table->setFrameShape(QFrame::NoFrame);
  table->verticalHeader()->hide();  // its numbers would not be those of the file, where rows are left out
  return table;
}

QTableWidgetItem* cell(const QString& text) {
  auto* item = new QTableWidgetItem(text.left(500).simplified());
  if (text.size() > 30) item->setToolTip("<p>" + text.left(2000).toHtmlEscaped() + "</p>");
  return item;
}

// A bar behind the count, as long as its share of the largest.
class BarDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QColor colour = accent();
    colour.setAlpha(50);
    QRect bar = option.rect.adjusted(0, 2, 0, -2);
    bar.setWidth(static_cast<int>(bar.width() * index.data(Qt::UserRole).toDouble()));
    painter->fillRect(bar, colour);
    QStyledItemDelegate::paint(painter, option, index);
  }
};

}  // namespace

DataPreviewPanel::DataPreviewPanel(QWidget* parent) : QWidget(parent), reading_(250, this) {
  line_ = faintLabel();
  rows_ = newTable(tr("First rows of the file"));
  labels_ = newTable(tr("Labels or groups, and how many rows have them"));
  labels_->setColumnCount(2);
  labels_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  labels_->setItemDelegateForColumn(1, new BarDelegate(labels_));
  problems_ = newTable(tr("Rows that can’t be used"));
  problems_->setColumnCount(2);
  problems_->setHorizontalHeaderLabels({tr("Row"), tr("Why it can’t be used")});
  problems_->horizontalHeader()->setStretchLastSection(true);
  problems_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  tabs_ = new QTabWidget;
  tabs_->setDocumentMode(true);
  tabs_->addTab(rows_, tr("First rows"));
  tabs_->addTab(labels_, tr("Labels"));
  tabs_->addTab(problems_, tr("Unusable rows"));
  tabs_->setFixedHeight(30 * gridUnit);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  column->addWidget(line_);
  column->addWidget(tabs_);
  say(tr("Choose a file to see its rows here."));
}

void DataPreviewPanel::look(const DataOptions& options) {
  struct Seen {
    bool named = false;  // a file
    std::optional<DialoguePreview> dialogues;
    DataPreview table;
  };
  reading_.ask(
      [options]() -> Seen {
        const Task task = resolve_task(options);
        Seen seen;
        seen.named = !task.train_file.empty();
        if (seen.named && task.kind == TaskKind::Generation)
          seen.dialogues = preview_dialogues(task.train_file, task.format);
        else if (seen.named)
          seen.table = preview_file(task, task.train_file);
        return seen;
      },
      [this](Seen seen) {
        preview_ = std::move(seen.table);
        dialogues_ = seen.dialogues ? std::move(*seen.dialogues) : DialoguePreview();
        if (!seen.named)
          say(tr("Choose a file to see its rows here."));
        else if (seen.dialogues)
          showDialogues();
        else
          showTable();
        Q_EMIT previewed();
      },
      [this](const Failure& failure) {
        preview_ = {};
        dialogues_ = {};
        say(tr("The file can’t be shown: %1").arg(failure.message));
        Q_EMIT failed(failure);
      });
  line_->setText(tr("Reading the file…"));
}

void DataPreviewPanel::say(const QString& text) {
  line_->setText(text);
  tabs_->setVisible(false);
}

void DataPreviewPanel::showTable() {
  const QLocale locale;
  const auto columns = static_cast<int>(preview_.columns.size());
  const auto unusable = static_cast<int>(preview_.problems.size());
  line_->setText(
      unusable ? tr("%1 rows can be used, %2 can’t.").arg(countText(preview_.usable_rows), locale.toString(unusable))
               : tr("All %1 rows can be used.").arg(countText(preview_.usable_rows)));

  rows_->clear();
  rows_->setColumnCount(columns);
  rows_->setRowCount(static_cast<int>(preview_.rows.size()));
  for (int c = 0; c < columns; ++c) {
    const std::string& name = preview_.columns[static_cast<size_t>(c)];
    QString title = QString::fromStdString(name);
    if (name == preview_.text_column)
      title = tr("%1 (the text)").arg(title);
    else if (name == preview_.text_pair_column)
      title = tr("%1 (the second text)").arg(title);
    else if (name == preview_.label_column)
      title = tr("%1 (the label)").arg(title);
    rows_->setHorizontalHeaderItem(c, new QTableWidgetItem(title));
    const bool text = name == preview_.text_column || name == preview_.text_pair_column;
    rows_->horizontalHeader()->setSectionResizeMode(c, text ? QHeaderView::Stretch : QHeaderView::Interactive);
    if (!text) rows_->setColumnWidth(c, 17 * gridUnit);
  }
  // Many columns would squeeze a stretched one to nothing.
  rows_->horizontalHeader()->setMinimumSectionSize(columns > 3 ? 10 * gridUnit : 6 * gridUnit);
  for (int r = 0; r < rows_->rowCount(); ++r)
    for (int c = 0; c < columns; ++c)
      rows_->setItem(r, c, cell(QString::fromStdString(preview_.rows[static_cast<size_t>(r)][static_cast<size_t>(c)])));
  showCounts(tr("Label"), preview_.labels);
  tabs_->setTabText(1, tr("Labels (%1)").arg(countText(static_cast<int64_t>(preview_.labels.size()))));
  showProblems(preview_.problems);
}

// What is given and what is to be written, side by side.
void DataPreviewPanel::showDialogues() {
  QString format = QString::fromStdString(dialogues_.format);
  for (const DialogueFormat& known : dialogue_formats())
    if (known.name == dialogues_.format) format = QString::fromStdString(known.title);
  QStringList said{tr("%1: %2 rows can be used, of %3 different contexts.")
                       .arg(format, countText(dialogues_.usable_rows), countText(dialogues_.contexts))};
  const auto leftOut = std::count_if(dialogues_.problems.begin(), dialogues_.problems.end(),
                                     [](const RowProblem& problem) { return problem.left_out; });
  const int64_t refused = std::ssize(dialogues_.problems) - leftOut, without = dialogues_.unanswered + leftOut;
  if (without) said << tr("%1 have no answer to learn and are left out.").arg(countText(without));
  if (refused) said << tr("%1 can’t be read.").arg(countText(refused));
  line_->setText(said.join(' '));

  const bool grouped = !dialogues_.groups.empty();
  rows_->clear();
  QStringList titles{tr("Row"), tr("What is given"), tr("Answer to learn")};
  if (grouped) titles << tr("Group");
  rows_->setColumnCount(static_cast<int>(titles.size()));
  rows_->setHorizontalHeaderLabels(titles);
  rows_->setRowCount(static_cast<int>(dialogues_.rows.size()));
  rows_->horizontalHeader()->setMinimumSectionSize(5 * gridUnit);
  rows_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  for (const int column : {1, 2}) rows_->horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch);
  if (grouped) rows_->horizontalHeader()->setSectionResizeMode(3, QHeaderView::ResizeToContents);
  for (int r = 0; r < rows_->rowCount(); ++r) {
    const Dialogue& dialogue = dialogues_.rows[static_cast<size_t>(r)];
    const auto prompt = dialogue.prompt();
    QStringList given;
    for (const Message& message : prompt) {
      const QString text = QString::fromStdString(message.content);
      const bool alone = prompt.size() == 1 && message.role == "user";
      given << (alone ? text : tr("%1: %2").arg(QString::fromStdString(message.role), text));
    }
    auto* number = new QTableWidgetItem(countText(dialogue.row));
    number->setFont(tabularFont());
    rows_->setItem(r, 0, number);
    rows_->setItem(r, 1, cell(given.join('\n')));
    rows_->setItem(r, 2, cell(QString::fromStdString(dialogue.answer())));
    if (grouped) rows_->setItem(r, 3, cell(QString::fromStdString(dialogue.group)));
  }
  showCounts(tr("Group"), dialogues_.groups);
  tabs_->setTabText(1, tr("Groups (%1)").arg(countText(static_cast<int64_t>(dialogues_.groups.size()))));
  showProblems(dialogues_.problems);
}

void DataPreviewPanel::showCounts(const QString& name, const std::vector<std::pair<std::string, int64_t>>& counts) {
  labels_->setHorizontalHeaderLabels({name, tr("Rows")});
  labels_->setRowCount(static_cast<int>(counts.size()));
  int64_t largest = 1;
  for (const auto& [label, count] : counts) largest = std::max(largest, count);
  for (int r = 0; r < labels_->rowCount(); ++r) {
    const auto& [label, count] = counts[static_cast<size_t>(r)];
    labels_->setItem(r, 0, cell(QString::fromStdString(label)));
    auto* number = new QTableWidgetItem(countText(count));
    number->setData(Qt::UserRole, static_cast<double>(count) / static_cast<double>(largest));
    number->setFont(tabularFont());
    labels_->setItem(r, 1, number);
  }
  tabs_->setTabVisible(1, !counts.empty());
}

void DataPreviewPanel::showProblems(const std::vector<RowProblem>& problems) {
  const QLocale locale;
  const auto unusable = static_cast<int>(problems.size());
  problems_->setRowCount(std::min(unusable, shownProblems));
  for (int r = 0; r < problems_->rowCount(); ++r) {
    const RowProblem& problem = problems[static_cast<size_t>(r)];
    problems_->setItem(r, 0, new QTableWidgetItem(locale.toString(static_cast<qlonglong>(problem.row))));
    problems_->setItem(r, 1, cell(QString::fromStdString(problem.message)));
  }
  if (unusable > shownProblems)
    line_->setText(line_->text() + ' ' + tr("The first %1 of them are listed.").arg(locale.toString(shownProblems)));
  tabs_->setTabText(2, tr("Unusable rows (%1)").arg(locale.toString(unusable)));
  tabs_->setTabVisible(2, unusable > 0);
  tabs_->setVisible(true);
}

}  // namespace mtlora::ui
