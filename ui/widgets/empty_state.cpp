#include "empty_state.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "style/theme.h"

namespace mtlora::ui {

EmptyState::EmptyState(const QString& sentence, QWidget* parent) : QWidget(parent) {
  sentence_ = new QLabel;
  sentence_->setAlignment(Qt::AlignCenter);
  sentence_->setWordWrap(true);
  sentence_->setFixedWidth(56 * gridUnit);
  sentence_->setForegroundRole(QPalette::PlaceholderText);
  buttons_ = new QHBoxLayout;
  buttons_->setSpacing(gridUnit);
  auto* column = new QVBoxLayout(this);
  column->addStretch();
  column->addWidget(sentence_, 0, Qt::AlignHCenter);
  column->addSpacing(gridUnit);
  column->addLayout(buttons_);
  column->addStretch();
  column->setAlignment(buttons_, Qt::AlignHCenter);
  setSentence(sentence);
}

// A wrapped label of fixed width has its height from that width; a centred layout would not ask it.
void EmptyState::setSentence(const QString& sentence) {
  sentence_->setText(sentence);
  sentence_->setFixedHeight(std::max(0, sentence_->heightForWidth(sentence_->width())));
}

QPushButton* EmptyState::addButton(const QString& icon, const QString& text) {
  auto* button = new QPushButton(lineIcon(icon), text);
  button->setMinimumHeight(gridUnit * 4);
  buttons_->addWidget(button);
  return button;
}

}  // namespace mtlora::ui
