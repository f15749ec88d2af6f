// Work on many items at once, for the parts that LibTorch does not do.
#pragma once

#include <cstddef>
#include <functional>

namespace mtlora {

// Calls work(begin, end) for ranges of up to `chunk` items that together are 0 .. count, each once, on up to `threads`
// threads (0: one for each core), the caller's among them. Blocks. Where calls fail, no further range is begun, and the
// failure of the lowest one is thrown, whatever the threads' order.
void parallel_ranges(size_t count, size_t chunk, const std::function<void(size_t begin, size_t end)>& work,
                     int threads = 0);

}  // namespace mtlora
