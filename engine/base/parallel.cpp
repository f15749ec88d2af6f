#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mtlora {

void parallel_ranges(size_t count, size_t chunk, const std::function<void(size_t, size_t)>& work, int threads) {
  if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::atomic<size_t> next = 0;
  std::mutex mutex;  // guards the two below
  size_t failed_at = count;
  std::exception_ptr failure;

  const auto run = [&] {
    for (size_t begin; (begin = next.fetch_add(chunk)) < count;) {
      try {
        work(begin, std::min(begin + chunk, count));
      } catch (...) {
        const std::lock_guard lock(mutex);
        next = count;                              // ranges already begun are finished, ...
        if (begin < failed_at) failed_at = begin;  // ... so the lowest failure wins
        if (begin == failed_at) failure = std::current_exception();
      }
    }
  };

  {
    const size_t useful = std::max<size_t>(1, (count + chunk - 1) / chunk);
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < std::min(useful, static_cast<size_t>(threads)); ++i) helpers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace mtlora
