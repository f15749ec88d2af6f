// The best of many.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace mtlora {

// Keeps the `count` best of what it is offered. `better(a, b)`: a strict order. A heap with the worst kept one on top.
template <typename T, typename Better>
class BestOf {
 public:
  BestOf(size_t count, Better better) : count_(count), better_(std::move(better)) { kept_.reserve(count + 1); }

  bool is_full() const { return kept_.size() == count_; }
  const T& worst() const { return kept_.front(); }  // of those kept; there is one

  void offer(T value) {
    kept_.push_back(std::move(value));
    std::push_heap(kept_.begin(), kept_.end(), better_);
    if (kept_.size() <= count_) return;
    std::pop_heap(kept_.begin(), kept_.end(), better_);
    kept_.pop_back();
  }

  std::vector<T> sorted() && {  // the best first
    std::sort_heap(kept_.begin(), kept_.end(), better_);
    return std::move(kept_);
  }

 private:
  size_t count_;
  Better better_;
  std::vector<T> kept_;
};

template <typename T, typename Better>
BestOf<T, Better> best_of(size_t count, Better better) {
  return {count, std::move(better)};
}

}  // namespace mtlora
