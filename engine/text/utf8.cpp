#include "text/utf8.h"

#include <algorithm>

namespace mtlora {
namespace {

struct Sequence {
  size_t length;  // bytes of the sequence, or of the maximal part of an ill-formed one
  bool valid;
};

// The sequence at `at`. Second bytes by table 3-7 of the Unicode standard: no overlong forms, surrogates or code points
// above U+10FFFF.
Sequence sequence_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(at + 1) < low || byte(at + 1) > high) return {1, false};
  for (size_t i = 2; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {i, false};
  }
  return {length, true};
}

}  // namespace

bool is_ascii(std::string_view text) {
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

std::string_view valid_utf8(std::string_view text, std::string& storage, std::vector<Span>* ill_formed) {
  if (is_ascii(text)) return text;
  size_t at = 0, copied = 0;
  storage.clear();
  while (at < text.size()) {
    const auto [length, valid] = sequence_at(text, at);
    if (!valid) {
      storage.append(text, copied, at - copied).append("\xEF\xBF\xBD");
      copied = at + length;
      if (ill_formed) ill_formed->push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(copied)});
    }
    at += length;
  }
  if (copied == 0) return text;
  return storage.append(text, copied);
}

size_t sequence_length(std::string_view text, size_t at) { return sequence_at(text, at).length; }

std::vector<Span> to_character_offsets(std::string_view text, const std::vector<Span>& offsets) {
  std::vector<uint32_t> characters(text.size() + 1);  // that begin before the byte
  uint32_t count = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequence_at(text, at).length;
    characters[at] = count++;
    for (size_t i = 1; i < length; ++i) characters[at + i] = count;
    at += length;
  }
  characters[text.size()] = count;
  std::vector<Span> result;
  for (const Span& span : offsets) {
    result.push_back(
        {characters[std::min<size_t>(span.start, text.size())], characters[std::min<size_t>(span.end, text.size())]});
  }
  return result;
}

char32_t next_code_point(const char*& position) {
  const auto byte = [&] { return static_cast<unsigned char>(*position++); };
  const char32_t lead = byte();
  if (lead < 0x80) return lead;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  char32_t code_point = lead & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) code_point = code_point << 6 | (byte() & 0x3Fu);
  return code_point;
}

size_t last_character_length(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[text.size() - length]) & 0xC0) == 0x80) ++length;
  return length;
}

void append_utf8(char32_t code_point, std::string& out) {
  const auto add = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) return add(code_point);
  if (code_point < 0x800) {
    add(0xC0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      add(0xE0 | code_point >> 12);
    } else {
      add(0xF0 | code_point >> 18);
      add(0x80 | (code_point >> 12 & 0x3F));
    }
    add(0x80 | (code_point >> 6 & 0x3F));
  }
  add(0x80 | (code_point & 0x3F));
}

}  // namespace mtlora
