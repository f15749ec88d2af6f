#include "text/aligned_text.h"

#include <algorithm>

#include "base/error.h"

namespace mtlora {
namespace {

// Length of the character that begins with this byte.
size_t length_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

void check_text_size(size_t bytes) {
  if (bytes <= max_text) return;
  throw bad_input("A text of " + std::to_string(bytes) + " bytes is too long for a tokenizer: at most " +
                      std::to_string(max_text) + " are taken.",
                  "Cut the text into parts.");
}

void AlignedText::assign(std::string_view text, bool aligned, uint32_t start) {
  check_text_size(text.size());
  bytes_.assign(text);
  origins_.clear();
  aligned_ = aligned;
  start_ = start;
  if (!aligned) return;
  origins_.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = length_of(text[at]);
    const auto first = start + static_cast<uint32_t>(at);
    origins_.insert(origins_.end(), length, Span{first, first + static_cast<uint32_t>(length)});
    at += length;
  }
}

void AlignedText::assign_repaired(std::string_view text, bool aligned) {
  check_text_size(text.size());
  std::vector<Span> ill_formed;  // what each U+FFFD stands for
  std::string storage;
  const std::string_view repaired = valid_utf8(text, storage, aligned ? &ill_formed : nullptr);
  assign(repaired, aligned);
  if (ill_formed.empty()) return;
  // A character of the repaired text lies `lost` bytes before or behind its place in the given one.
  size_t next = 0;
  int64_t shift = 0;
  for (size_t at = 0; at < bytes_.size();) {
    const size_t length = length_of(bytes_[at]);
    const auto first = static_cast<uint32_t>(static_cast<int64_t>(at) + shift);
    Span origin{first, first + static_cast<uint32_t>(length)};
    if (next < ill_formed.size() && ill_formed[next].start == first) {
      origin = ill_formed[next++];
      shift += static_cast<int64_t>(origin.end - origin.start) - static_cast<int64_t>(length);
    }
    std::fill_n(origins_.begin() + static_cast<std::ptrdiff_t>(at), length, origin);
    at += length;
  }
}

void AlignedText::assign(const AlignedText& other, Span part) {
  bytes_.assign(other.view(part));
  aligned_ = other.aligned_;
  origins_.clear();
  start_ = other.start_;
  if (!aligned_) {
    start_ += part.start;
  } else if (part.start < part.end) {
    origins_.assign(other.origins_.begin() + part.start, other.origins_.begin() + part.end);
    start_ = origins_.front().start;
  }
}

void AlignedText::append(const AlignedText& other, Span part) {
  bytes_ += other.view(part);
  if (aligned_) {
    origins_.insert(origins_.end(), other.origins_.begin() + part.start, other.origins_.begin() + part.end);
  }
}

void AlignedText::swap(AlignedText& other) noexcept {
  bytes_.swap(other.bytes_);
  origins_.swap(other.origins_);
  std::swap(aligned_, other.aligned_);
  std::swap(start_, other.start_);
}

Span AlignedText::origin(Span part) const {
  if (!aligned_) return {start_ + part.start, start_ + part.end};
  if (part.start >= part.end) return part;
  return {origins_[part.start].start, origins_[part.end - 1].end};
}

void AlignedText::transform(std::span<const Change> changes, size_t removed) {
  std::string out;
  std::vector<Span> origins;
  out.reserve(bytes_.size());
  if (!aligned_) {
    for (const Change& change : changes) append_utf8(change.c, out);
    check_text_size(out.size());
    bytes_.swap(out);
    return;
  }
  size_t at = 0;
  const auto skip = [&](size_t characters) {
    for (; characters > 0 && at < bytes_.size(); --characters) at += length_of(bytes_[at]);
  };
  skip(removed);
  for (const Change& change : changes) {
    Span origin{start_, start_};
    if (change.change > 0) {
      if (at > 0) origin = origins_[at - 1];
    } else if (!origins_.empty()) {
      origin = origins_[std::min(at, origins_.size() - 1)];
      skip(1 + static_cast<size_t>(-change.change));
    }
    append_utf8(change.c, out);
    origins.resize(out.size(), origin);
  }
  check_text_size(out.size());
  bytes_.swap(out);
  origins_.swap(origins);
}

void AlignedText::replace(std::span<const Span> parts, std::string_view content) {
  if (parts.empty()) return;
  check_text_size(bytes_.size() + parts.size() * content.size());
  std::string out;
  std::vector<Span> origins;
  out.reserve(bytes_.size());
  size_t done = 0;
  const auto copy_to = [&](size_t end) {
    out.append(bytes_, done, end - done);
    if (aligned_) {
      origins.insert(origins.end(), origins_.begin() + static_cast<std::ptrdiff_t>(done),
                     origins_.begin() + static_cast<std::ptrdiff_t>(end));
    }
    done = end;
  };
  for (const Span& part : parts) {
    copy_to(part.start);
    out += content;
    if (aligned_) origins.resize(out.size(), part.end > 0 ? origins_[part.end - 1] : Span{start_, start_});
    done = part.end;
  }
  copy_to(bytes_.size());
  bytes_.swap(out);
  origins_.swap(origins);
}

void AlignedText::prepend(std::string_view content) {
  if (bytes_.empty()) return;
  check_text_size(bytes_.size() + content.size());
  bytes_.insert(0, content);
  if (aligned_) origins_.insert(origins_.begin(), content.size(), Span(origins_.front()));
}

void AlignedText::keep(Span part) {
  bytes_.erase(part.end);
  bytes_.erase(0, part.start);
  if (!aligned_) return;
  origins_.erase(origins_.begin() + part.end, origins_.end());
  origins_.erase(origins_.begin(), origins_.begin() + part.start);
}

}  // namespace mtlora
