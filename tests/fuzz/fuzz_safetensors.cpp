#include "fuzz/read_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mtlora::read_safetensors(data, size);
  return 0;
}
