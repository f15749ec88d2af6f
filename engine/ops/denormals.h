// Arithmetic with subnormal numbers is many times slower on most processors and means nothing in training.
#pragma once

namespace mtlora {

// From now on the calling thread and the threads of LibTorch's pool take and give 0 in place of subnormal numbers. To
// be called once the number of threads is set, by the thread that trains. Does nothing where the processor cannot.
void flush_denormals();

}  // namespace mtlora
