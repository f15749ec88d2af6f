#include "banner.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "style/theme.h"

namespace mtlora::ui {

Banner::Banner(QWidget* parent) : QFrame(parent) {
  icon_ = new QLabel;
  what_ = new QLabel;
  why_ = new QLabel;
  for (QLabel* label : {what_, why_}) {
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setTextFormat(Qt::PlainText);
  }
  QFont bold = what_->font();
  bold.setWeight(QFont::DemiBold);
  what_->setFont(bold);
  button_ = new QPushButton;
  close_ = new QToolButton;
  close_->setAutoRaise(true);
  close_->setIcon(lineIcon(QStringLiteral("close")));
  close_->setAccessibleName(tr("Close the message"));
  close_->setToolTip(close_->accessibleName());
  busy_ = new QProgressBar;
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedSize(120, gridUnit);

  auto* texts = new QVBoxLayout;
  texts->setSpacing(2);
  texts->addWidget(what_);
  texts->addWidget(why_);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(gridUnit * 2, gridUnit, gridUnit, gridUnit);
  row->setSpacing(gridUnit * 2);
  row->addWidget(icon_, 0, Qt::AlignTop);
  row->addLayout(texts, 1);
  row->addWidget(busy_, 0, Qt::AlignVCenter);
  row->addWidget(button_, 0, Qt::AlignVCenter);
  row->addWidget(close_, 0, Qt::AlignTop);

  connect(close_, &QToolButton::clicked, this, &QWidget::hide);
  connect(button_, &QPushButton::clicked, this, [this] {
    const auto action = action_;
    hide();
    if (action) action();
  });
  hide();
}

void Banner::say(Kind kind, const QString& what, const QString& why, const QString& button,
                 std::function<void()> action) {
  kind_ = kind;
  action_ = std::move(action);
  icon_->setPixmap(lineIcon(kind == Kind::Error ? QStringLiteral("warning") : QStringLiteral("info")).pixmap(20, 20));
  what_->setText(what);
  why_->setText(why);
  why_->setVisible(!why.isEmpty());
  button_->setText(button);
  button_->setVisible(!button.isEmpty());
  close_->setVisible(kind != Kind::Busy);
  busy_->setVisible(kind == Kind::Busy);
  setAccessibleName(text());
  show();
}

QString Banner::text() const { return why_->text().isEmpty() ? what_->text() : what_->text() + u' ' + why_->text(); }

void Banner::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor colour =
      kind_ == Kind::Error ? (isDark() ? QColor(0xf0, 0x6e, 0x5a) : QColor(0xc0, 0x39, 0x2b)) : accent();
  QColor fill = colour, edge = colour;
  fill.setAlphaF(0.12f);
  edge.setAlphaF(0.45f);
  painter.setPen(edge);
  painter.setBrush(fill);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
}

}  // namespace mtlora::ui
