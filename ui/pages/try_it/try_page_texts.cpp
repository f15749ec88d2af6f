// Try it of a language model: both columns show texts as they are written.
#include <QLabel>

#include "answer_view.h"
#include "try_page.h"
#include "widgets/banner.h"
#include "write_controls.h"

namespace mtlora::ui {

void TryPage::write(const Question& question) {
  stopWriting();  // of the question before
  asked_ = question;
  board_ = std::make_shared<WritingBoard>();
  notice_->hide();
  writing_.start();
  showWriting();
  showState();
  asking_.ask(
      [models = models_, messages = std::vector<Message>{{"user", question.text}}, options = controls_->options(),
       board = board_] {
        models->write(messages, options, *board);
        return true;
      },
      [this](bool) { endWriting(); },
      [this](const Failure& failure) {
        endWriting();
        for (AnswerView* view : {base_, tuned_})
          if (!view->hasAnswer()) view->setSentence(tr("The answer stands here."));
        notice_->say(Banner::Kind::Error, failure.message, failure.hint);
      });
}

void TryPage::showWriting() {
  if (!board_) return;
  const Writings now = board_->now();
  base_->setWriting(now.base);
  tuned_->setWriting(now.tuned);
  if (models_ && models_->loaded()) {
    tokens_->setText(now.chat_template.empty()
                         ? tr("Goes on from your text as it is")
                         : tr("Chat template: %1").arg(QString::fromStdString(now.chat_template)));
    tokens_->setToolTip(now.chat_template.empty() ? QString()
                                                  : tr("Your text is put into this template as a user's message, as "
                                                       "the training's texts were."));
  }
}

void TryPage::endWriting() {
  showWriting();
  writing_.stop();
  board_.reset();
  showState();
}

void TryPage::stopWriting() {
  if (board_) board_->stop();
}

}  // namespace mtlora::ui
