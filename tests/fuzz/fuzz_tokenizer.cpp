#include "fuzz/read_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mtlora::read_tokenizer(data, size);
  return 0;
}
