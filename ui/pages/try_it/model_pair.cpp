#include "model_pair.h"

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

}  // namespace mtlora::ui
