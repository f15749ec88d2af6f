#include "run_card.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

#include "elided_label.h"
#include "method_chip.h"
#include "studio.h"
#include "style/theme.h"

namespace mtlora::ui {

RunCard::RunCard(Studio& studio, QWidget* parent) : QFrame(parent), studio_(studio) {
  setCursor(Qt::PointingHandCursor);
  setAccessibleName(tr("The run that trains"));
  name_ = new ElidedLabel;
  QFont bold = name_->font();
  bold.setWeight(QFont::DemiBold);
  name_->setFont(bold);
  chip_ = new MethodChip;
  stage_ = new ElidedLabel(Qt::ElideRight);
  progress_ = new QProgressBar;
  progress_->setTextVisible(false);
  progress_->setFixedHeight(6);
  progress_->setAccessibleName(tr("Progress"));
  step_ = new QLabel;
  loss_ = new QLabel;
  left_ = new QLabel;
  percent_ = new QLabel;
  percent_->setAlignment(Qt::AlignCenter);
  for (QLabel* label : {step_, loss_, left_, percent_}) label->setFont(tabularFont());
  pause_ = new QToolButton;
  stop_ = new QToolButton;
  pause_->setAccessibleName(tr("Pause"));
  stop_->setIcon(lineIcon(QStringLiteral("stop")));
  stop_->setToolTip(tr("Stop the run (Ctrl+.)"));
  stop_->setAccessibleName(tr("Stop the run"));
  for (QToolButton* button : {pause_, stop_}) {
    button->setAutoRaise(true);
    button->setCursor(Qt::ArrowCursor);
    button->setIconSize({18, 18});
  }
  connect(pause_, &QToolButton::clicked, this,
          [this] { studio_.send({studio_.paused() ? Command::Kind::Resume : Command::Kind::Pause}); });
  connect(stop_, &QToolButton::clicked, this, [this] { studio_.send({Command::Kind::Stop}); });

  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(gridUnit * 3 / 2, gridUnit, gridUnit, gridUnit);
  grid->setHorizontalSpacing(gridUnit / 2);
  grid->setVerticalSpacing(gridUnit / 2);
  grid->addWidget(name_, 0, 0, 1, 4);
  grid->addWidget(chip_, 1, 0, 1, 1);
  grid->addWidget(stage_, 1, 1, 1, 3);
  grid->addWidget(percent_, 2, 0, 1, 4);
  grid->addWidget(progress_, 3, 0, 1, 4);
  grid->addWidget(step_, 4, 0, 1, 2);
  grid->addWidget(loss_, 5, 0, 1, 2);
  grid->addWidget(left_, 6, 0, 1, 4);
  grid->addWidget(pause_, 4, 2, 2, 1);
  grid->addWidget(stop_, 4, 3, 2, 1);
  grid->setColumnStretch(1, 1);

  connect(&studio_, &Studio::stateChanged, this, &RunCard::refresh);
  connect(&studio_, &Studio::liveEventsArrived, this, &RunCard::refresh);
  connect(&studio_, &Studio::jobEnded, this, &RunCard::refresh);
  setCompact(false);
  refresh();
}

void RunCard::setCompact(bool compact) {
  compact_ = compact;
  for (QWidget* widget : std::initializer_list<QWidget*>{name_, chip_, stage_, step_, loss_, left_})
    widget->setVisible(!compact);
  percent_->setVisible(compact);
  auto* grid = static_cast<QGridLayout*>(layout());
  grid->removeWidget(pause_);
  grid->removeWidget(stop_);
  if (compact) {
    grid->setContentsMargins(gridUnit / 2, gridUnit, gridUnit / 2, gridUnit);
    grid->addWidget(pause_, 4, 0, 1, 4, Qt::AlignCenter);
    grid->addWidget(stop_, 5, 0, 1, 4, Qt::AlignCenter);
  } else {
    grid->setContentsMargins(gridUnit * 3 / 2, gridUnit, gridUnit, gridUnit);
    grid->addWidget(pause_, 4, 2, 2, 1);
    grid->addWidget(stop_, 4, 3, 2, 1);
  }
}

void RunCard::refresh() {
  const RunData* run = studio_.liveRun();
  setVisible(run != nullptr);
  if (!run) return;
  const bool paused = studio_.paused();
  const QLocale locale;
  name_->setText(run->name);
  chip_->setMethod(QString::fromStdString(run->config.adapter.method));
  stage_->setText(paused ? tr("Paused") : studio_.stage());
  const int total = static_cast<int>(run->total_steps);
  progress_->setRange(0, total);  // 0, 0 shows that it works while the number of steps is unknown
  progress_->setValue(static_cast<int>(run->step()));
  percent_->setText(total > 0 ? locale.toString(100 * run->step() / total) + locale.percent() : QStringLiteral("–"));
  step_->setText(total > 0 ? tr("%1 / %2").arg(countText(run->step()), countText(total)) : tr("–"));
  loss_->setText(run->steps.empty() ? tr("loss –")
                                    : tr("loss %1").arg(locale.toString(run->steps.back().loss, 'f', 4)));
  left_->setText(paused                        ? tr("waits for you to go on")
                 : qIsNaN(run->seconds_left()) ? tr("time left: not known yet")
                                               : tr("%1 left").arg(durationText(run->seconds_left())));
  setToolTip(compact_ ? tr("%1: %2, %3, %4").arg(run->name, step_->text(), loss_->text(), left_->text()) : QString());
  pause_->setIcon(lineIcon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
  pause_->setToolTip(paused ? tr("Go on") : tr("Pause"));
  pause_->setAccessibleName(pause_->toolTip());
}

void RunCard::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) Q_EMIT activated();
}

void RunCard::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QColor edge = palette().color(QPalette::WindowText);
  edge.setAlphaF(0.15f);
  painter.setPen(edge);
  painter.setBrush(palette().color(QPalette::Base));
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

}  // namespace mtlora::ui
