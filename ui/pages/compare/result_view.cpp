#include "result_view.h"

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>
#include <cmath>

#include "compare_style.h"
#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

enum Column { Variant, Chosen, Score, Difference_, Verdict, Parameters, Time, Memory, Turns, Stretches, ColumnCount };

constexpr int lowView = 480;        // px; below it the plots need the room, and the heads of the columns explain
constexpr int rowHeight = 28;       // px
constexpr int widestVariant = 280;  // px
constexpr int narrowestVariant = 208;
constexpr int widestGap = 32;  // between columns, where there is room

}  // namespace

ResultView::ResultView(QWidget* parent) : QWidget(parent) {
  table_ = new QTableWidget(0, ColumnCount);
  table_->setAccessibleName(tr("Result"));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setFocusPolicy(Qt::TabFocus);
  table_->setShowGrid(false);
  table_->setAlternatingRowColors(true);
  table_->setWordWrap(false);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setIconSize({36, 16});
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(rowHeight);
  table_->horizontalHeader()->setHighlightSections(false);

  differences_ = new DifferencePlot;
  turning_ = new TurningPlot;
  axis_ = new QComboBox;
  axis_->addItem(tr("How far T turned"));
  axis_->addItem(tr("How far T stretched"));
  axis_->setAccessibleName(tr("Axis of the plot of all runs"));
  connect(axis_, &QComboBox::currentIndexChanged, this, &ResultView::drawTurning);
  const auto titled = [](QWidget* head, QWidget* rest, QWidget* body) {
    auto* box = new QWidget;
    auto* row = new QHBoxLayout;
    row->addWidget(head, 1);
    head->setMinimumHeight(gridUnit * 4);
    if (rest) row->addWidget(rest);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    column->addLayout(row);
    column->addWidget(body, 1);
    return box;
  };
  const auto head = [](const QString& text) {
    auto* label = new QLabel(text);
    label->setFont(sectionFont());
    return label;
  };
  auto* plots = new QSplitter(Qt::Horizontal);
  plots->setObjectName(QStringLiteral("comparePlots"));
  plots->setHandleWidth(gridUnit);
  plots->setChildrenCollapsible(false);
  differencesTitle_ = new ElidedLabel(Qt::ElideRight);
  differencesTitle_->setFont(sectionFont());
  plots->addWidget(titled(differencesTitle_, nullptr, differences_));
  turningBox_ = titled(head(tr("Score of each run")), axis_, turning_);
  plots->addWidget(turningBox_);
  plots->setSizes({500, 500});
  auto* split = new QSplitter(Qt::Vertical);
  split->setObjectName(QStringLiteral("compareResult"));
  split->setHandleWidth(gridUnit);
  split->setChildrenCollapsible(false);
  split->addWidget(table_);
  split->addWidget(plots);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 1);
  split->setSizes({400, 400});
  explanation_ = new QLabel;
  explanation_->setWordWrap(true);
  explanation_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(split, 1);
  column->addWidget(explanation_);
}

void ResultView::show(std::shared_ptr<const Comparison> comparison, const std::string& task) {
  comparison_ = std::move(comparison);
  task_ = task;
  fill();
}

void ResultView::fill() {
  if (!comparison_) return;
  const Plan& plan = comparison_->plan;
  std::vector<ComparedVariant> rows;
  for (const ComparedVariant& row : comparison_->rows)
    if (row.task == task_) rows.push_back(row);
  QString score = tr("Score");
  bool choices = false;
  for (const ComparedVariant& row : rows) {
    if (row.score.count > 0) score = metricText(row);
    choices = choices || !row.choice.empty();
  }
  const int scrolled = table_->verticalScrollBar()->value();
  table_->setRowCount(static_cast<int>(rows.size()));
  table_->setHorizontalHeaderLabels({tr("Variant"), tr("Chosen"), score,
                                     tr("Minus %1").arg(QString::fromStdString(plan.reference)), tr("Verdict"),
                                     tr("Trained"), tr("Time"), tr("Peak memory"), tr("T turns"), tr("T stretches")});
  const QStringList tips = {QString(),
                            tr("Values that were chosen on other seeds"),
                            tr("Mean ± standard deviation over the seeds"),
                            tr("Mean difference, paired by seed, with its 95 % interval"),
                            tr("Better or worse only where the interval leaves zero out and there are five seeds"),
                            tr("Parameters that are trained"),
                            tr("Of a whole run, mean"),
                            tr("Of the process, mean"),
                            tr("Mean rotation angle of K over the adapted modules"),
                            tr("Condition number of K over the adapted modules")};
  for (int i = 0; i < ColumnCount; ++i) {
    table_->horizontalHeaderItem(i)->setToolTip(tips[i]);
    table_->horizontalHeaderItem(i)->setTextAlignment((i > Chosen && i != Verdict ? Qt::AlignRight : Qt::AlignLeft) |
                                                      Qt::AlignVCenter);
  }
  const QFont digits = tabularFont();
  for (size_t i = 0; i < rows.size(); ++i) {
    const ComparedVariant& row = rows[i];
    const bool any = row.score.count > 0;
    const auto cell = [&](int column, const QString& text, const QString& tip = {}) {
      auto* item = new QTableWidgetItem(text);
      item->setToolTip(tip.isEmpty() ? text : tip);
      if (column > Chosen && column != Verdict) {
        item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        item->setFont(digits);
      }
      table_->setItem(static_cast<int>(i), column, item);
      return item;
    };
    const QString dash = QStringLiteral("–");
    cell(Variant, QString::fromStdString(row.variant))->setIcon(variantIcon(variantStyle(plan, row.variant, isDark())));
    cell(Chosen, chosenText(row.choice));
    QString scored = spreadText(row.score);
    if (row.score.count < row.planned) scored += u' ' + tr("(%1 of %2)").arg(row.score.count).arg(row.planned);
    QStringList each;
    for (size_t k = 0; k < row.scores.size(); ++k)
      each << tr("seed %1: %2").arg(row.seeds[k]).arg(decimals(row.scores[k], 2));
    if (row.failed > 0) each << counted(row.failed, tr("1 run failed"), tr("%1 runs failed"));
    cell(Score, scored, each.join(u'\n'));
    cell(Difference_, row.to_reference ? differenceText(*row.to_reference) : dash);
    QTableWidgetItem* verdict = cell(Verdict, any ? verdictText(plan, row) : dash);
    if (row.to_reference && row.to_reference->is_clear()) {
      QFont bold = table_->font();
      bold.setWeight(QFont::DemiBold);
      verdict->setFont(bold);
    } else {
      verdict->setForeground(quietColour());
    }
    cell(Parameters, any ? countText(row.trainable_parameters) : dash);
    cell(Time, any ? durationText(row.seconds) : dash);
    cell(Memory, any ? memoryText(row.peak_mib) : dash);
    cell(Turns, std::isfinite(row.rotation_degrees) ? decimals(row.rotation_degrees, 1) + u'°' : dash);
    cell(Stretches, stretchText(row.condition));
  }
  table_->setColumnHidden(Chosen, !choices);
  fitColumns();
  table_->verticalScrollBar()->setValue(scrolled);
  differencesTitle_->setText(
      tr("Difference to %1, with its 95 % interval").arg(QString::fromStdString(plan.reference)));
  explanation_->setText(explanation(plan));
  QPalette quiet = explanation_->palette();
  quiet.setColor(QPalette::WindowText, quietColour());
  explanation_->setPalette(quiet);
  differences_->setRows(plan, rows, isDark());
  differences_->setEmptyText(
      task_.empty() ? tr("The differences of the averages stand here once two variants have completed all tasks under "
                         "the same seed.")
                    : tr("The differences stand here, with their intervals, once two variants have completed runs of "
                         "the same seed."));
  turningBox_->setVisible(!task_.empty());  // a run belongs to one task
  drawTurning();
}

void ResultView::drawTurning() {
  if (!comparison_) return;
  turning_->setRuns(*comparison_, task_, axis_->currentIndex() == 0 ? TurningAxis::Rotation : TurningAxis::Condition,
                    isDark());
}

// Columns take what their texts need and share what is left; the variant's name gives way, and what is still too wide
// is scrolled to.
void ResultView::fitColumns() {
  table_->resizeColumnsToContents();
  std::vector<int> shown;
  int others = 0;
  for (int i = 1; i < ColumnCount; ++i) {
    if (table_->isColumnHidden(i)) continue;
    shown.push_back(i);
    others += table_->columnWidth(i);
  }
  const int name = std::clamp(table_->columnWidth(Variant) + gridUnit, narrowestVariant, widestVariant);
  const int spare = table_->viewport()->width() - others - name;
  const int each = std::clamp(spare / static_cast<int>(shown.size()), 0, widestGap);
  for (const int column : shown) table_->setColumnWidth(column, table_->columnWidth(column) + each);
  table_->setColumnWidth(Variant, name + std::max(0, spare - each * static_cast<int>(shown.size())));
}

void ResultView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  explanation_->setVisible(height() >= lowView);
  if (comparison_) fitColumns();
}

void ResultView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && comparison_) fill();
}

}  // namespace mtlora::ui
