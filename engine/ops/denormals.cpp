#include "ops/denormals.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

namespace mtlora {

void flush_denormals() {
  at::globalContext().setFlushDenormal(true);
  // The setting belongs to a thread: one chunk for each of them.
  at::parallel_for(0, at::get_num_threads(), 1, [](int64_t, int64_t) { at::globalContext().setFlushDenormal(true); });
}

}  // namespace mtlora
