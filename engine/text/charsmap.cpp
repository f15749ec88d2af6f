#include "text/charsmap.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "text/base64.h"

namespace mtlora {
namespace {

uint32_t unit_at(std::string_view bytes, size_t at) {
  uint32_t unit = 0;
  for (size_t i = 4; i-- > 0;) unit = unit << 8 | static_cast<unsigned char>(bytes[at + i]);
  return unit;
}

// The extended grapheme cluster (UAX 29) at the start of `text`, in bytes. GB9c (conjuncts of Indic scripts) is left
// out: those clusters are longer than a charsmap looks at. The classes are those of ICU's Unicode version: with ICU 72
// (Unicode 15), letters that later versions brought or reclassed (U+113BD, U+11A3A, U+16123) can begin or end a cluster
// elsewhere than in the tokenizers package, in 3 of 175,130 random texts.
size_t grapheme_length(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  char32_t c = next_code_point(at);
  const auto property = [](char32_t code_point) {
    return static_cast<UGraphemeClusterBreak>(
        u_getIntPropertyValue(static_cast<UChar32>(code_point), UCHAR_GRAPHEME_CLUSTER_BREAK));
  };
  const auto is_pictograph = [](char32_t code_point) {
    return u_hasBinaryProperty(static_cast<UChar32>(code_point), UCHAR_EXTENDED_PICTOGRAPHIC);
  };
  UGraphemeClusterBreak last = property(c);
  bool pictograph = is_pictograph(c), joins_pictograph = false;  // ... Extend*, and ZWJ behind that
  int regional_indicators = last == U_GCB_REGIONAL_INDICATOR;
  while (at != end) {
    const char* next = at;
    c = next_code_point(next);
    const UGraphemeClusterBreak here = property(c);
    bool goes_on;
    if (last == U_GCB_CR || last == U_GCB_LF || last == U_GCB_CONTROL || here == U_GCB_CR || here == U_GCB_LF ||
        here == U_GCB_CONTROL) {
      goes_on = last == U_GCB_CR && here == U_GCB_LF;  // GB3, GB4, GB5
    } else if (here == U_GCB_EXTEND || here == U_GCB_ZWJ || here == U_GCB_SPACING_MARK || last == U_GCB_PREPEND) {
      goes_on = true;  // GB9, GB9a, GB9b
    } else if (here == U_GCB_REGIONAL_INDICATOR && last == U_GCB_REGIONAL_INDICATOR) {
      goes_on = regional_indicators % 2 == 1;  // GB12, GB13
    } else if (joins_pictograph && is_pictograph(c)) {
      goes_on = true;  // GB11
    } else {
      goes_on = (last == U_GCB_L && (here == U_GCB_L || here == U_GCB_V || here == U_GCB_LV || here == U_GCB_LVT)) ||
                ((last == U_GCB_LV || last == U_GCB_V) && (here == U_GCB_V || here == U_GCB_T)) ||
                ((last == U_GCB_LVT || last == U_GCB_T) && here == U_GCB_T);  // GB6, GB7, GB8
    }
    if (!goes_on) break;
    joins_pictograph = pictograph && here == U_GCB_ZWJ;
    pictograph = is_pictograph(c) || (pictograph && here == U_GCB_EXTEND);
    regional_indicators = here == U_GCB_REGIONAL_INDICATOR ? regional_indicators + 1 : 0;
    last = here;
    at = next;
  }
  return static_cast<size_t>(at - text.data());
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// As `tokenizers` states a replacement: characters that are more than before are new, and the last one takes with it
// those that are fewer.
void add_changes(std::string_view before, std::string_view after, std::vector<Change>& changes) {
  const size_t old_count = characters(before), new_count = characters(after);
  size_t i = 0;
  for (const char* at = after.data(); at != after.data() + after.size(); ++i) {
    changes.push_back({next_code_point(at), i >= old_count});
  }
  if (new_count < old_count && !changes.empty()) changes.back().change -= static_cast<int32_t>(old_count - new_count);
}

}  // namespace

Charsmap::Charsmap(const FilePart& part) {
  const std::optional<std::string> bytes = from_base64(part.as_string());
  if (!bytes) part.fail("should be base64");
  if (bytes->size() < 4) part.fail("is too short for a charsmap");
  const size_t trie_size = unit_at(*bytes, 0);
  if (trie_size % 4 != 0 || trie_size > bytes->size() - 4) {
    part.fail("should hold a trie of " + std::to_string(trie_size) + " bytes, but has " +
              std::to_string(bytes->size() - 4));
  }
  for (size_t at = 4; at < 4 + trie_size; at += 4) trie_.push_back(unit_at(*bytes, at));
  replacements_ = bytes->substr(4 + trie_size);
  std::string storage;
  if (valid_utf8(replacements_, storage).data() == storage.data() && !storage.empty()) {
    part.fail("should hold replacements in UTF-8");
  }
  for (size_t c = 0; c < ascii_.size(); ++c) {
    const char character = static_cast<char>(c);
    const auto found = find({&character, 1});
    ascii_[c] = !found                                            ? static_cast<int>(c)
                : found->size() == 1 && is_ascii(found->substr()) ? static_cast<unsigned char>(found->front())
                                                                  : -1;
  }
}

std::optional<std::string_view> Charsmap::find(std::string_view text) const {
  // A unit of darts-clone: bits 0-7 (with bit 31) the label, bit 8 whether a value hangs here, bits 10-30 (bit 9: in
  // units of 256) the offset to the children; a value is the lower 31 bits.
  const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
  if (trie_.empty()) return std::nullopt;
  uint64_t node = offset(trie_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= trie_.size()) return std::nullopt;
    const uint32_t unit = trie_[node];
    if ((unit & (1u << 31 | 0xFF)) != byte) return std::nullopt;
    node ^= offset(unit);
    if ((unit >> 8 & 1) == 0) continue;
    if (node >= trie_.size()) return std::nullopt;
    const size_t start = trie_[node] & 0x7FFFFFFF;
    const bool is_inside_character =
        start < replacements_.size() && (static_cast<unsigned char>(replacements_[start]) & 0xC0) == 0x80;
    if (start >= replacements_.size() || is_inside_character) return std::nullopt;
    return std::string_view(replacements_).substr(start, replacements_.find('\0', start) - start);
  }
  return std::nullopt;
}

void Charsmap::normalize(AlignedText& text) const {
  const std::string_view view = text.view();
  if (std::all_of(view.begin(), view.end(), [this](char c) {
        return c != '\r' && static_cast<unsigned char>(c) < 0x80 && ascii_[static_cast<size_t>(c)] >= 0;
      })) {
    text.map_ascii([this](unsigned char c) { return ascii_[c]; });
    return;
  }
  std::vector<Change> changes;
  changes.reserve(view.size());
  bool changed = false;
  for (size_t start = 0; start < view.size();) {
    const std::string_view grapheme = view.substr(start, grapheme_length(view.substr(start)));
    start += grapheme.size();
    if (grapheme.size() < 6) {
      if (const auto found = find(grapheme)) {
        changed = true;
        add_changes(grapheme, *found, changes);
        continue;
      }
    }
    for (const char* at = grapheme.data(); at != grapheme.data() + grapheme.size();) {
      const char* const character = at;
      const char32_t c = next_code_point(at);
      if (const auto found = find({character, at})) {
        changed = true;
        add_changes({character, at}, *found, changes);
      } else {
        changes.push_back({c, 0});
      }
    }
  }
  if (changed) text.transform(changes);
}

}  // namespace mtlora
