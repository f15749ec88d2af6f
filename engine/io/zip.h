// The records of a zip archive, as far as torch.save makes one: stored without compression, so that they can be mapped.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/files.h"

namespace mtlora {

// Does the file begin as a zip archive does?
bool looks_like_zip(std::span<const std::byte> bytes);

// Name -> bytes inside the mapped file. zip64 is read; checksums are not (that would read every value). Throws
// Error(BadInput) naming the file, and the record where one is at fault: compressed, encrypted, twice, or outside the
// file. The format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
std::map<std::string, std::span<const std::byte>> zip_records(const MappedFile& file);

}  // namespace mtlora
