// The base and the tuned model of one adapter, in memory, answering side by side.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "api/api.h"

namespace mtlora::ui {

struct Question {
  std::string text, text_pair;  // the second empty where the task has one text
  bool operator==(const Question&) const = default;
};

struct Answer {
  Prediction base, tuned;
};

// Thread-safe; one caller works at a time, others wait.
class ModelPair {
 public:
  ModelPair(std::string model, Path adapter) : model_(std::move(model)), adapter_(std::move(adapter)) {}

  // Blocks; the first call loads both models. Throws Error.
  std::vector<Answer> answer(const std::vector<Question>& questions);
  bool loaded() const { return loaded_; }  // returns at once

 private:
  const std::string model_;
  const Path adapter_;
  std::mutex mutex_;
  std::unique_ptr<Predictor> base_, tuned_;
  std::atomic<bool> loaded_ = false;
};

}  // namespace mtlora::ui
