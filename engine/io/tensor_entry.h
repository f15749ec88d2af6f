// A named tensor of a file, as far as the file describes it: no value is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mtlora {

struct TensorEntry {
  std::string dtype;  // safetensors' names: "F32", "F64", "BF16", "F16", "I64", ...
  std::vector<int64_t> shape;
  const void* data = nullptr;  // into the mapped file; may be at any byte, not only at a multiple of the element's size
  size_t bytes = 0;            // of its elements
  std::vector<int64_t> strides;  // in elements, where the elements don't lie one after another (a view that torch.save
                                 // kept as one); else empty
};

// Bytes of one element of a safetensors dtype of whole bytes ("BF16" -> 2); 0 for any other name.
size_t size_of_dtype(const std::string& dtype);

// A name out of a file in quotes, fit for a message of one line: control characters become '?', a long one is cut.
std::string shown(const std::string& name);

}  // namespace mtlora
