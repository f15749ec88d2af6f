#include "pieces.h"

#include <QEvent>
#include <QPainter>

#include "style/theme.h"

namespace mtlora::ui {

// Both reach a contrast of 4.5 : 1 on the window's colour of their theme.
QColor problemColour() { return isDark() ? QColor("#ff8a80") : QColor("#b3261e"); }
QColor warningColour() { return isDark() ? QColor("#f5bc45") : QColor("#8a5a00"); }

QLabel* faintLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setForegroundRole(QPalette::PlaceholderText);
  label->setWordWrap(true);
  return label;
}

ElidedLabel::ElidedLabel(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ElidedLabel::setText(const QString& text) {
  text_ = text;
  setAccessibleName(text);
  updateGeometry();
  resizeEvent(nullptr);
  update();
}

void ElidedLabel::setFaint(bool faint) {
  faint_ = faint;
  update();
}

QSize ElidedLabel::sizeHint() const { return {fontMetrics().horizontalAdvance(text_) + 2, fontMetrics().height()}; }
QSize ElidedLabel::minimumSizeHint() const { return {4 * fontMetrics().averageCharWidth(), fontMetrics().height()}; }

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(faint_ ? QPalette::PlaceholderText : QPalette::WindowText));
  painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, fontMetrics().elidedText(text_, Qt::ElideRight, width()));
}

void ElidedLabel::resizeEvent(QResizeEvent*) {
  setToolTip(fontMetrics().horizontalAdvance(text_) > width() ? text_ : QString());
}

NoteLabel::NoteLabel(Kind kind, QWidget* parent) : QLabel(parent), kind_(kind) {
  setWordWrap(true);
  setTextFormat(Qt::PlainText);
  setVisible(false);
}

void NoteLabel::setNote(const QString& text) {
  note_ = text;
  draw();
  setVisible(!text.isEmpty());
}

void NoteLabel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) draw();
  QLabel::changeEvent(event);
}

void NoteLabel::draw() {
  // A sign beside the colour: not everyone sees the colour.
  setText(note_.isEmpty() ? QString() : (kind_ == Problem ? QStringLiteral("✕ ") : QStringLiteral("⚠ ")) + note_);
  setAccessibleName(note_);
  const QColor colour = kind_ == Problem ? problemColour() : warningColour();
  if (palette().color(QPalette::WindowText) == colour) return;
  QPalette changed = palette();
  changed.setColor(QPalette::WindowText, colour);
  setPalette(changed);
}

}  // namespace mtlora::ui
