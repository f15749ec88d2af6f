#include "data_preview.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QTableWidget>
#include <QVBoxLayout>

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
  labels_ = newTable(tr("Labels and how many rows have them"));
  labels_->setColumnCount(2);
  labels_->setHorizontalHeaderLabels({tr("Label"), tr("Rows")});
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
  reading_.ask(
      [options]() -> DataPreview {
        const Task task = resolve_task(options);
        return task.train_file.empty() ? DataPreview() : preview_file(task, task.train_file);
      },
      [this](DataPreview preview) {
        preview_ = std::move(preview);
        show();
        Q_EMIT previewed();
      },
      [this](const Failure& failure) {
        preview_ = {};
        say(tr("The file can’t be shown: %1").arg(failure.message));
        Q_EMIT failed(failure);
      });
  line_->setText(tr("Reading the file…"));
}

void DataPreviewPanel::say(const QString& text) {
  line_->setText(text);
  tabs_->setVisible(false);
}

void DataPreviewPanel::show() {
  if (preview_.columns.empty()) {
    say(tr("Choose a file to see its rows here."));
    return;
  }
  const QLocale locale;
  const auto columns = static_cast<int>(preview_.columns.size());
  const auto unusable = static_cast<int>(preview_.problems.size());
  line_->setText(
      unusable ? tr("%1 rows can be used, %2 can’t.")
                     .arg(locale.toString(static_cast<qlonglong>(preview_.usable_rows)), locale.toString(unusable))
               : tr("All %1 rows can be used.").arg(locale.toString(static_cast<qlonglong>(preview_.usable_rows))));

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

  const auto labels = static_cast<int>(preview_.labels.size());
  const auto largest = labels ? static_cast<double>(preview_.labels.front().second) : 1.0;
  labels_->setRowCount(labels);
  for (int r = 0; r < labels; ++r) {
    const auto& [label, count] = preview_.labels[static_cast<size_t>(r)];
    labels_->setItem(r, 0, cell(QString::fromStdString(label)));
    auto* number = new QTableWidgetItem(locale.toString(static_cast<qlonglong>(count)));
    number->setData(Qt::UserRole, static_cast<double>(count) / largest);
    number->setFont(tabularFont());
    labels_->setItem(r, 1, number);
  }

  problems_->setRowCount(std::min(unusable, shownProblems));
  for (int r = 0; r < problems_->rowCount(); ++r) {
    const RowProblem& problem = preview_.problems[static_cast<size_t>(r)];
    problems_->setItem(r, 0, new QTableWidgetItem(locale.toString(static_cast<qlonglong>(problem.row))));
    problems_->setItem(r, 1, cell(QString::fromStdString(problem.message)));
  }
  if (unusable > shownProblems)
    line_->setText(line_->text() + ' ' + tr("The first %1 of them are listed.").arg(locale.toString(shownProblems)));

  tabs_->setTabText(1, tr("Labels (%1)").arg(locale.toString(labels)));
  tabs_->setTabText(2, tr("Unusable rows (%1)").arg(locale.toString(unusable)));
  tabs_->setTabVisible(1, labels > 0);
  tabs_->setTabVisible(2, unusable > 0);
  tabs_->setVisible(true);
}

}  // namespace mtlora::ui
