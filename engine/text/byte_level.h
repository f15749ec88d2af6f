// Bytes as printable characters, GPT-2's alphabet: a byte that is a printable character of Latin-1 stands for itself,
// the other 68 are U+0100 and up, in order. (Radford et al. 2019; bytes_to_unicode of the released encoder.)
#pragma once

#include <cstdint>
#include <string_view>

namespace mtlora {

// UTF-8 of the character that stands for a byte: one or two bytes.
std::string_view byte_level_character(unsigned char byte);

// The byte that a character stands for, or −1.
int byte_level_byte(char32_t c);

}  // namespace mtlora
