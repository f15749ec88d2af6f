#include "fold_button.h"

#include <QEvent>

#include "style/theme.h"

namespace mtlora::ui {

FoldButton::FoldButton(QWidget* parent) : QToolButton(parent) {
  setAutoRaise(true);
  setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  connect(this, &QToolButton::clicked, this, [this] { setOpen(!open_); });
  draw();
}

void FoldButton::setOpen(bool open) {
  if (open_ == open) return;
  open_ = open;
  draw();
  Q_EMIT folded(open);
}

void FoldButton::changeEvent(QEvent* event) {
  QToolButton::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) draw();
}

void FoldButton::draw() {
  setIcon(lineIcon(open_ ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
  setAccessibleDescription(open_ ? tr("open") : tr("closed"));
}

}  // namespace mtlora::ui
