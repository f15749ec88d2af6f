#include "length_view.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "length_plot.h"
#include "style/theme.h"
#include "widgets/fold_button.h"

namespace mtlora::ui {

LengthView::LengthView(QWidget* parent) : QWidget(parent) {
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, gridUnit, 0, 0);
  box->setSpacing(gridUnit / 2);
  auto* heading = new QLabel(tr("Lengths, and the longest text allowed"));
  heading->setFont(sectionFont());
  heading->setWordWrap(true);
  words_ = new QLabel;
  words_->setObjectName("lengthWords");
  words_->setWordWrap(true);
  plot_ = new LengthPlot;
  plot_->setFixedHeight(24 * gridUnit);
  plot_->setToolTip(tr("Drag the line to change the longest text"));
  listButton_ = new FoldButton;
  listButton_->setObjectName("longRows");
  rows_ = new QTableWidget;
  rows_->setColumnCount(3);
  rows_->setHorizontalHeaderLabels({tr("Row"), tr("Tokens"), tr("What happens to it")});
  rows_->horizontalHeader()->setStretchLastSection(true);
  rows_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  rows_->verticalHeader()->hide();
  rows_->verticalHeader()->setDefaultSectionSize(rows_->fontMetrics().height() + gridUnit);
  rows_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  rows_->setSelectionBehavior(QAbstractItemView::SelectRows);
  rows_->setShowGrid(false);
  rows_->setAlternatingRowColors(true);
  rows_->setTabKeyNavigation(false);
  rows_->setFrameShape(QFrame::NoFrame);
  rows_->setAccessibleName(tr("Rows that are longer than the limit"));
  box->addWidget(heading);
  box->addWidget(words_);
  box->addWidget(plot_);
  box->addWidget(listButton_, 0, Qt::AlignLeft);
  box->addWidget(rows_);
  connect(listButton_, &FoldButton::folded, rows_, &QWidget::setVisible);
  connect(plot_, &LengthPlot::limitMoved, this, &LengthView::say);
  connect(plot_, &LengthPlot::limitChosen, this, &LengthView::limitChosen);
  rows_->hide();
  clear();
}

void LengthView::clear() { hide(); }

QString LengthView::words() const { return words_->text(); }

void LengthView::show(const RunPlan& plan, int64_t limit) {
  planned_ = limit;
  plot_->setLengths(plan.token_lengths, limit);
  say(plot_->limit());
  list(plan);
  setVisible(!plan.token_lengths.empty());
}

void LengthView::showRefused(int64_t limit) {
  planned_ = limit;
  plot_->setLimit(limit);
  say(limit);
  listButton_->setOpen(false);
  listButton_->hide();
  setVisible(true);
}

void LengthView::say(int64_t limit) {
  const int64_t longer = plot_->longerThan(limit), all = plot_->examples();
  if (longer == 0) {
    words_->setText(tr("All %1 examples fit into %2 tokens; the longest has %3. Drag the line to change the limit.")
                        .arg(countText(all), countText(limit), countText(plot_->longest())));
    return;
  }
  const double share = 100 * static_cast<double>(longer) / static_cast<double>(all);
  const QString percent = QLocale().toString(share, 'g', share < 1 ? 1 : 2);
  const QString cut = limit == planned_
                          ? tr("%1 of %2 examples (%3 %) are longer than %4 tokens and are cut. Drag the line to "
                               "change the limit.")
                          : tr("%1 of %2 examples (%3 %) are longer than %4 tokens and would be cut.");
  words_->setText(cut.arg(countText(longer), countText(all), percent, countText(limit)));
}

void LengthView::list(const RunPlan& plan) {
  const auto count = static_cast<int>(plan.long_rows.size());
  const int64_t longer = plot_->longerThan(planned_);
  listButton_->setVisible(count > 0);
  if (count == 0) listButton_->setOpen(false);
  rows_->setVisible(count > 0 && listButton_->isOpen());
  listButton_->setText(longer > count ? tr("The first %1 of the rows that are cut").arg(countText(count))
                                      : tr("The rows that are cut"));
  rows_->setRowCount(count);
  const auto number = [](int64_t value) {
    auto* item = new QTableWidgetItem(countText(value));
    item->setFont(tabularFont());
    return item;
  };
  for (int r = 0; r < count; ++r) {
    const LongRow& row = plan.long_rows[static_cast<size_t>(r)];
    rows_->setItem(r, 0, number(row.row));
    rows_->setItem(r, 1, number(row.tokens));
    rows_->setItem(r, 2,
                   new QTableWidgetItem(row.left_out ? tr("left out: its answer begins behind the limit")
                                                     : tr("loses %1 tokens").arg(countText(row.tokens - planned_))));
  }
  const int lines = std::clamp(count, 1, 8);
  rows_->setFixedHeight(rows_->horizontalHeader()->sizeHint().height() +
                        lines * rows_->verticalHeader()->defaultSectionSize() + 4);
}

}  // namespace mtlora::ui
