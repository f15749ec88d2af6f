// What stands in Live's column of a run that has ended: its scores, and the way to the texts that it wrote.
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "live_side.h"
#include "pages/texts/texts_dialog.h"
#include "studio.h"
#include "style/theme.h"

namespace mtlora::ui {

QWidget* LiveSide::buildEnd() {
  endBox_ = new QWidget;
  auto* heading = new QLabel(tr("Scores at the end"));
  heading->setFont(sectionFont());
  texts_ = new QPushButton(lineIcon(QStringLiteral("note")), tr("Texts"));
  texts_->setToolTip(tr("Every text that the run wrote in the end, beside its references"));
  endScores_ = new QTableWidget(0, 2);
  endScores_->setAccessibleName(heading->text());
  endScores_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  endScores_->setSelectionMode(QAbstractItemView::NoSelection);
  endScores_->setShowGrid(false);
  endScores_->setTabKeyNavigation(false);
  endScores_->horizontalHeader()->hide();
  endScores_->verticalHeader()->hide();
  endScores_->verticalHeader()->setDefaultSectionSize(endScores_->fontMetrics().height() + gridUnit / 2);
  endScores_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  endScores_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  endScores_->setMinimumHeight(gridUnit * 5);
  auto* head = new QHBoxLayout;
  head->addWidget(heading, 1);
  head->addWidget(texts_);
  auto* column = new QVBoxLayout(endBox_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  column->addLayout(head);
  column->addWidget(endScores_, 1);
  connect(texts_, &QPushButton::clicked, this, [this] {
    const RunData* run = studio_.run();
    if (!run) return;
    auto* dialog = new TextsDialog(run->folder, run->name, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
  });
  endBox_->hide();
  texts_->hide();
  return endBox_;
}

void LiveSide::updateEnd(const RunData& run) {
  const bool ended = run.finished && !studio_.live() && !run.end_scores.empty();
  const bool before = !endBox_->isHidden();
  endBox_->setVisible(ended);
  if (!ended || (before && endScores_->rowCount() == static_cast<int>(run.end_scores.size()))) return;
  std::vector<std::pair<std::string, double>> scores(run.end_scores.begin(), run.end_scores.end());
  // Those of the test file first: that is what is reported.
  std::stable_partition(scores.begin(), scores.end(), [](const auto& one) { return one.first.starts_with("test_"); });
  endScores_->setRowCount(static_cast<int>(scores.size()));
  for (int row = 0; row < endScores_->rowCount(); ++row) {
    const auto& [name, value] = scores[static_cast<size_t>(row)];
    const QString metric = QString::fromStdString(name);
    auto* title = new QTableWidgetItem(scoreTitle(metric));
    title->setToolTip(lowerIsBetter(metric) ? tr("%1, smaller is better").arg(metric) : metric);
    auto* number = new QTableWidgetItem(scoreText(metric, value));
    number->setFont(tabularFont());
    number->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    endScores_->setItem(row, 0, title);
    endScores_->setItem(row, 1, number);
  }
  texts_->hide();
  looking_.ask([folder = run.folder] { return has_written_texts(folder); },
               [this](bool has) { texts_->setVisible(has); }, [](const Failure&) {});
}

}  // namespace mtlora::ui
