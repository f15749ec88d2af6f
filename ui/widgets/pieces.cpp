#include "pieces.h"

#include <QEvent>
#include <QPainter>
#include <QRegularExpression>

#include "style/theme.h"

namespace mtlora::ui {

// Both reach a contrast of 4.5 : 1 on the window's colour of their theme.
QColor problemColour() { return isDark() ? QColor("#ff8a80") : QColor("#b3261e"); }
QColor warningColour() { return isDark() ? QColor("#f5bc45") : QColor("#8a5a00"); }
QColor quietColour() { return isDark() ? QColor("#b3b8bd") : QColor("#596067"); }

QString sentences(const QString& message, const QString& hint) {
  if (hint.isEmpty()) return message;
  return message + (message.endsWith(QLatin1Char('.')) ? QStringLiteral(" ") : QStringLiteral(". ")) + hint;
}

QLabel* faintLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setForegroundRole(QPalette::PlaceholderText);
  label->setWordWrap(true);
  return label;
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

// Paths and names of files may break within: a long one would make the column wider than it is.
static QString breakable(const QString& text) {
  constexpr qsizetype longWord = 20;
  static const QRegularExpression gaps(QStringLiteral("([/\\\\_.-])(?=\\S)"));
  QStringList words = text.split(u' ');
  for (QString& word : words)
    if (word.size() > longWord) word.replace(gaps, QStringLiteral("\\1\u200b"));
  return words.join(u' ');
}

void NoteLabel::draw() {
  // A sign beside the colour: not everyone sees the colour.
  setText(note_.isEmpty() ? QString()
                          : (kind_ == Problem ? QStringLiteral("✕ ") : QStringLiteral("⚠ ")) + breakable(note_));
  setAccessibleName(note_);
  const QColor colour = kind_ == Problem ? problemColour() : warningColour();
  if (palette().color(QPalette::WindowText) == colour) return;
  QPalette changed = palette();
  changed.setColor(QPalette::WindowText, colour);
  setPalette(changed);
}

}  // namespace mtlora::ui
