#include "offer.h"

#include <QPushButton>
#include <QVBoxLayout>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

Offer::Offer(QWidget* parent) : QWidget(parent) {
  note_ = new NoteLabel(NoteLabel::Warning);
  button_ = new QPushButton;
  connect(button_, &QPushButton::clicked, this, &Offer::taken);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, gridUnit / 2);
  column->setSpacing(gridUnit / 2);
  column->addWidget(note_);
  column->addWidget(button_, 0, Qt::AlignLeft);
  set({});
}

void Offer::set(const QString& text, const QString& button) {
  if (note_->note() != text) note_->setNote(text);
  button_->setText(button);
  button_->setVisible(!button.isEmpty());
  setVisible(!text.isEmpty() || !button.isEmpty());
}

QString Offer::text() const { return note_->note(); }

}  // namespace mtlora::ui
