#include "text/byte_level.h"

#include <array>
#include <string>

#include "text/utf8.h"

namespace mtlora {
namespace {

struct Alphabet {
  std::array<std::array<char, 2>, 256> bytes;
  std::array<uint8_t, 256> lengths;
  std::array<int16_t, 0x144> byte_of;  // of a code point

  Alphabet() {
    byte_of.fill(-1);
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const bool is_printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
      const char32_t c = is_printable ? byte : next++;
      std::string utf8;
      append_utf8(c, utf8);
      bytes[byte] = {utf8[0], utf8.size() > 1 ? utf8[1] : '\0'};
      lengths[byte] = static_cast<uint8_t>(utf8.size());
      byte_of[c] = static_cast<int16_t>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

std::string_view byte_level_character(unsigned char byte) {
  const Alphabet& characters = alphabet();
  return {characters.bytes[byte].data(), characters.lengths[byte]};
}

int byte_level_byte(char32_t c) {
  const Alphabet& characters = alphabet();
  return c < characters.byte_of.size() ? characters.byte_of[c] : -1;
}

}  // namespace mtlora
