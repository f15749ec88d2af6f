#include "text/normal_form.h"

#include <algorithm>

#include "text/unicode.h"

namespace mtlora {
namespace {

struct Part {
  char32_t c;
  int32_t change;  // as in Change
  uint8_t combining_class;
};

// Decomposed text in canonical order: each run of combining marks sorted by combining class, stable.
std::vector<Part> decomposed(std::string_view text, bool compatibility) {
  std::vector<Part> parts;
  parts.reserve(text.size());
  std::u32string decomposition;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    decomposition.clear();
    append_decomposition(next_code_point(at), compatibility, decomposition);
    for (size_t i = 0; i < decomposition.size(); ++i) {
      parts.push_back({decomposition[i], i > 0, combining_class(decomposition[i])});
    }
  }
  const auto is_starter = [](const Part& part) { return part.combining_class == 0; };
  for (auto begin = parts.begin(); (begin = std::find_if_not(begin, parts.end(), is_starter)) != parts.end();) {
    const auto run_end = std::find_if(begin, parts.end(), is_starter);
    std::stable_sort(begin, run_end,
                     [](const Part& a, const Part& b) { return a.combining_class < b.combining_class; });
    begin = run_end;
  }
  return parts;
}

// UAX 15, canonical composition: a character joins the last starter unless one between them blocks it. The composite
// stands for what both stood for.
void recompose(std::vector<Part>& parts) {
  size_t to = 0, starter = parts.size();  // index of the last starter; none yet
  uint8_t last_class = 0;                 // of the characters kept after the starter; 0: none
  for (const Part& part : parts) {
    if (starter != parts.size() && (last_class == 0 || last_class < part.combining_class)) {
      if (const char32_t composite = compose(parts[starter].c, part.c)) {
        parts[starter].c = composite;
        parts[starter].change += part.change - 1;
        continue;
      }
    }
    if (part.combining_class == 0) {
      starter = to;
      last_class = 0;
    } else {
      last_class = part.combining_class;
    }
    parts[to++] = part;
  }
  parts.resize(to);
}

// Whether a text without a lead byte from `first` on is in the form already.
unsigned char first_affected(NormalForm form) {
  switch (form) {
    case NormalForm::NFC: return 0xCC;  // U+0300
    case NormalForm::NFD: return 0xC3;  // U+00C0
    default: return 0x80;
  }
}

}  // namespace

void normalize(AlignedText& text, NormalForm form) {
  const std::string_view view = text.view();
  const unsigned char first = first_affected(form);
  const auto is_affected = [first](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value >= first && (value >= 0xC0 || first == 0x80);
  };
  if (std::none_of(view.begin(), view.end(), is_affected)) return;
  std::vector<Part> parts = decomposed(view, form == NormalForm::NFKC || form == NormalForm::NFKD);
  if (form == NormalForm::NFC || form == NormalForm::NFKC) recompose(parts);
  std::vector<Change> changes;
  changes.reserve(parts.size());
  for (const Part& part : parts) changes.push_back({part.c, part.change});
  text.transform(changes);
}

}  // namespace mtlora
