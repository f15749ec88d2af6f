// Small pieces that pages share: faint text, a note about something wrong.
#pragma once

#include <QColor>
#include <QFrame>
#include <QLabel>

namespace mtlora::ui {

QString sentences(const QString& message, const QString& hint);  // one after the other, with a full stop between
QColor problemColour();                                          // of the text that says what is wrong
QColor warningColour();
QColor quietColour();  // of text of second rank that is still to be read: a contrast of at least 4.5 : 1

// Text in the placeholder's colour, which follows the palette.
QLabel* faintLabel(const QString& text = {}, QWidget* parent = nullptr);

// A sentence about something wrong or doubtful: an icon and wrapping text in its colour; hidden while empty.
class NoteLabel : public QLabel {
  Q_OBJECT
 public:
  enum Kind { Problem, Warning };
  explicit NoteLabel(Kind kind, QWidget* parent = nullptr);
  void setNote(const QString& text);
  QString note() const { return note_; }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void draw();
  Kind kind_;
  QString note_;
};

}  // namespace mtlora::ui
