#include "fuzz/read_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mtlora::read_adapter_config(data, size);
  return 0;
}
