// The normalization forms of Unicode (UAX 15), of version 9.0 as `tokenizers` has them.
#pragma once

#include "text/aligned_text.h"

namespace mtlora {

enum class NormalForm { NFC, NFD, NFKC, NFKD };

void normalize(AlignedText& text, NormalForm form);

}  // namespace mtlora
