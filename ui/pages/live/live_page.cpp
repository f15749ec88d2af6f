#include "live_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "live_curves.h"
#include "live_side.h"
#include "samples_panel.h"
#include "score_text.h"
#include "studio.h"
#include "style/plot.h"
#include "style/theme.h"
#include "widgets/empty_state.h"

namespace mtlora::ui {

LivePage::LivePage(Studio& studio, QWidget* parent) : Page(studio, parent) {
  setFocusPolicy(Qt::StrongFocus);
  curves_ = new LiveCurves;
  side_ = new LiveSide(studio);
  auto* split = new QSplitter(Qt::Horizontal);
  split->setObjectName(QStringLiteral("live"));
  split->setHandleWidth(gridUnit);
  samples_ = new SamplesPanel;
  auto* left = new QSplitter(Qt::Vertical);
  left->setObjectName(QStringLiteral("liveSamples"));
  left->setHandleWidth(gridUnit);
  left->addWidget(curves_);
  left->addWidget(samples_);
  left->setChildrenCollapsible(false);
  left->setStretchFactor(0, 1);
  left->setStretchFactor(1, 0);
  left->setSizes({620, 144});
  split->addWidget(left);
  split->addWidget(side_);
  split->setChildrenCollapsible(false);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 0);
  split->setSizes({1000, 304});

  auto* empty = new EmptyState(
      tr("The curves of a run stand here from its first logged step on. Start one on New run, or open one of Runs."));
  auto* toNew = empty->addButton(QStringLiteral("new-run"), tr("New run"));
  auto* toRuns = empty->addButton(QStringLiteral("runs"), tr("Runs"));
  connect(toNew, &QPushButton::clicked, this, [this] { Q_EMIT studio_.showPage(0); });
  connect(toRuns, &QPushButton::clicked, this, [this] { Q_EMIT studio_.showPage(3); });

  stack_ = new QStackedWidget;
  stack_->addWidget(empty);
  stack_->addWidget(split);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(stack_);

  actions_ = new QWidget;
  auto* row = new QHBoxLayout(actions_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit);
  auto* axisLabel = new QLabel(tr("Axis"));
  auto* axis = new QComboBox;
  axis->addItems({tr("Step"), tr("Epoch"), tr("Time")});
  axis->setAccessibleName(tr("What stands on the horizontal axis"));
  axisLabel->setBuddy(axis);
  auto* logarithmic = new QCheckBox(tr("Logarithmic loss"));
  auto* all_ = new QPushButton(tr("Show all"));
  all_->setToolTip(tr("Shows every point again and follows the run (double click on a curve does the same)"));
  scoreLabel_ = new QLabel(tr("Score"));
  score_ = new QComboBox;
  score_->setAccessibleName(tr("Which score is drawn"));
  score_->setToolTip(tr("The score that is drawn; others of its scale stand beside it"));
  scoreLabel_->setBuddy(score_);
  row->addStretch();
  row->addWidget(scoreLabel_);
  row->addWidget(score_);
  row->addSpacing(gridUnit);
  row->addWidget(axisLabel);
  row->addWidget(axis);
  row->addSpacing(gridUnit);
  row->addWidget(logarithmic);
  row->addSpacing(gridUnit);
  row->addWidget(all_);
  connect(axis, &QComboBox::currentIndexChanged, this,
          [this](int index) { curves_->setAxis(static_cast<LiveCurves::Axis>(index)); });
  connect(score_, &QComboBox::activated, this,
          [this](int index) { curves_->setScore(score_->itemData(index).toString()); });
  connect(logarithmic, &QCheckBox::toggled, curves_, &LiveCurves::setLogLoss);
  connect(all_, &QPushButton::clicked, this, [this] { curves_->loss->showAll(); });

  connect(&studio_, &Studio::runChanged, this, &LivePage::runChanged);
  connect(&studio_, &Studio::eventsArrived, this, &LivePage::refresh);
  connect(&studio_, &Studio::stateChanged, this, [this] { side_->update(); });
  runChanged();
}

void LivePage::runChanged() {
  stack_->setCurrentIndex(studio_.run() ? 1 : 0);
  actions_->setEnabled(studio_.run() != nullptr);
  curves_->setRun(studio_.run());
  fillScores();
  side_->setRun();
  samples_->setRun(studio_.run());
}

void LivePage::fillScores() {
  const QStringList names = curves_->scores();
  QSet<QString> scales;
  for (const QString& name : names) scales.insert(scoreScale(name));
  scoreLabel_->setVisible(scales.size() > 1);
  score_->setVisible(scales.size() > 1);
  QStringList listed;
  for (int i = 0; i < score_->count(); ++i) listed << score_->itemData(i).toString();
  if (listed == names) return;
  const QString before = score_->currentData().toString();
  score_->clear();
  for (const QString& name : names) score_->addItem(scoreTitle(name), name);
  score_->setCurrentIndex(std::max<int>(0, static_cast<int>(names.indexOf(before))));
  curves_->setScore(score_->currentData().toString());
}

void LivePage::refresh() {
  if (!isVisible()) {
    stale_ = true;
    return;
  }
  if (!studio_.run()) return;
  curves_->update(*studio_.run());
  fillScores();
  side_->update();
  samples_->update(*studio_.run());
}

void LivePage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  setFocus();
  if (stale_) refresh();
  stale_ = false;
}

void LivePage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) curves_->restyle();
}

void LivePage::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && studio_.live())
    side_->pauseOrGoOn();
  else
    Page::keyPressEvent(event);
}

QString LivePage::missingContent() const {
  if (!studio_.run()) return tr("no run is in front");
  return curves_->missingContent();
}

}  // namespace mtlora::ui
