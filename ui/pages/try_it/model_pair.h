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

// One model's text as it grows.
struct Writing {
  enum class State { Waits, Writes, Done, Stopped };
  State state = State::Waits;
  std::string text;
  int64_t tokens = 0;  // so far, the one that ends the text counted
  double seconds = 0;  // since this model began to read the prompt
};
struct Writings {
  Writing base, tuned;
  std::string chat_template;  // that the prompt was put into, or ""
};

// Where a worker writes and the window looks. Thread-safe; nothing here waits.
class WritingBoard {
 public:
  Writings now() const {
    const std::lock_guard lock(mutex_);
    return writings_;
  }
  void stop() { stop_ = true; }  // the text ends within a token
  bool stopped() const { return stop_; }

 private:
  friend class ModelPair;
  mutable std::mutex mutex_;
  Writings writings_;
  std::atomic<bool> stop_ = false;
};

// Thread-safe; one caller works at a time, others wait.
class ModelPair {
 public:
  ModelPair(std::string model, Path adapter) : model_(std::move(model)), adapter_(std::move(adapter)) {}

  // Of a classifier or a regression. Blocks; the first call loads both models. Throws Error.
  std::vector<Answer> answer(const std::vector<Question>& questions);
  // Of a language model, which is in memory once: the base writes, then the tuned one. Blocks; the first call loads it.
  // Throws Error.
  void write(const std::vector<Message>& messages, const GenerationOptions& options, WritingBoard& board);
  bool loaded() const { return loaded_; }  // returns at once

 private:
  void write_side(bool tuned, const std::vector<Message>& messages, const GenerationOptions& options,
                  WritingBoard& board);

  const std::string model_;
  const Path adapter_;
  std::mutex mutex_;
  std::unique_ptr<Predictor> base_, tuned_;
  std::unique_ptr<Writer> writer_;
  std::atomic<bool> loaded_ = false;
};

}  // namespace mtlora::ui
