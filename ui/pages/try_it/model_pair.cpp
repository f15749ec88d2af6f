#include "model_pair.h"

#include <chrono>

namespace mtlora::ui {

std::vector<Answer> ModelPair::answer(const std::vector<Question>& questions) {
  const std::lock_guard lock(mutex_);
  if (!base_) base_ = load_predictor(model_, adapter_, false);
  if (!tuned_) tuned_ = load_predictor(model_, adapter_, true);
  loaded_ = true;
  std::vector<Answer> answers;
  for (const Question& question : questions)
    answers.push_back(
        {base_->predict(question.text, question.text_pair), tuned_->predict(question.text, question.text_pair)});
  return answers;
}

void ModelPair::write(const std::vector<Message>& messages, const GenerationOptions& options, WritingBoard& board) {
  for (const bool tuned : {false, true}) {
    const std::lock_guard lock(mutex_);  // between the two another question may be answered
    if (board.stopped()) break;
    if (!writer_) writer_ = load_writer(model_, adapter_.string());
    loaded_ = true;
    write_side(tuned, messages, options, board);
  }
  const std::lock_guard lock(board.mutex_);
  for (Writing* side : {&board.writings_.base, &board.writings_.tuned})
    if (side->state == Writing::State::Waits) side->state = Writing::State::Stopped;
}

void ModelPair::write_side(bool tuned, const std::vector<Message>& messages, const GenerationOptions& options,
                           WritingBoard& board) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun = Clock::now();
  Writing& side = tuned ? board.writings_.tuned : board.writings_.base;
  const auto put = [&](Writing::State state, const std::string& text, int64_t tokens) {
    const std::lock_guard lock(board.mutex_);
    side = {state, text, tokens, std::chrono::duration<double>(Clock::now() - begun).count()};
    board.writings_.chat_template = writer_->chat_template();
  };
  put(Writing::State::Writes, {}, 0);
  bool ended_early = false;
  int64_t tokens = 0;
  WriteHooks hooks;
  hooks.on_text = [&](const std::string& text) { put(Writing::State::Writes, text, ++tokens); };
  hooks.go_on = [&] {
    ended_early = board.stopped();
    return !ended_early;
  };
  writer_->set_tuned(tuned);
  const GeneratedText written = writer_->write(messages, options, hooks);
  put(ended_early ? Writing::State::Stopped : Writing::State::Done, written.text, std::ssize(written.ids));
}

}  // namespace mtlora::ui
