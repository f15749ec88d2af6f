// Body of the fuzz target for tokenizer.json: the file is an Error, or it turns texts into ids of its vocabulary.
#pragma once

#include "base/error.h"
#include "fuzz/fuzz_folder.h"
#include "text/tokenizer.h"

namespace mtlora {

inline void read_tokenizer(const uint8_t* data, size_t size) {
  static const FuzzFolder folder("tokenizer");
  folder.write("tokenizer.json", data, size);
  try {
    const auto tokenizer = Tokenizer::load(folder.path());
    for (const char* text :
         {"", "Hello, wörld! \xF0\x9F\x99\x82", "  a\tb\n123 \xFF", "[MASK] <s>x</s> unbelievable"}) {
      for (const int32_t id : tokenizer->encode(text).input_ids) tokenizer->token_text(id);
    }
  } catch (const Error&) {
  }
}

}  // namespace mtlora
