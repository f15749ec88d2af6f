#include "text/sentencepiece.h"

#include <bit>
#include <cstring>

#include "base/error.h"
#include "text/utf8.h"
#include "text/vocabulary.h"

namespace mtlora {
namespace {

// One message of the wire format (protobuf.dev/programming-guides/encoding): fields of a number, a wire type and a
// value, in any order; the last of equal ones counts.
class Message {
 public:
  Message(const Path& path, std::string_view bytes, std::string_view whole, std::string name)
      : path_(path), bytes_(bytes), whole_(whole), name_(std::move(name)) {}

  // Moves to the next field. False at the end.
  bool next() {
    if (bytes_.empty()) return false;
    const uint64_t tag = varint();
    field_ = tag >> 3;
    wire_type_ = static_cast<int>(tag & 7);
    if (field_ == 0) fail("a field of number 0");
    switch (wire_type_) {
      case 0: number_ = varint(); break;
      case 1: value_ = take(8); break;
      case 2: value_ = take(varint()); break;
      case 5: value_ = take(4); break;
      default: fail("wire type " + std::to_string(wire_type_));
    }
    return true;
  }

  uint64_t field() const { return field_; }
  int32_t as_int(const char* what) const {
    expect(0, what);
    return static_cast<int32_t>(number_);
  }
  bool as_bool(const char* what) const { return as_int(what) != 0; }
  float as_float(const char* what) const {
    expect(5, what);
    uint32_t bits = 0;
    for (size_t i = 4; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(value_[i]);
    return std::bit_cast<float>(bits);
  }
  std::string_view as_bytes(const char* what) const {
    expect(2, what);
    return value_;
  }
  std::string as_text(const char* what) const {
    std::string storage;
    const std::string_view text = as_bytes(what);
    if (valid_utf8(text, storage).data() != text.data()) fail(std::string(what) + " that is not UTF-8");
    return std::string(text);
  }
  Message as_message(const char* what) const { return Message(path_, as_bytes(what), whole_, what); }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail("a number of more than 10 bytes");
  }
  std::string_view take(uint64_t count) {
    if (count > bytes_.size()) {
      fail(std::to_string(count) + " bytes where " + std::to_string(bytes_.size()) + " are left");
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  void expect(int wire_type, const char* what) const {
    if (wire_type_ != wire_type) fail(std::string(what).append(" of wire type ").append(std::to_string(wire_type_)));
  }
  [[noreturn]] void fail(const std::string& found) const {
    const auto at = bytes_.data() - whole_.data();
    throw bad_input(path_.string() + ": not a SentencePiece model: " + name_ + " holds " + found + " before byte " +
                        std::to_string(at) + ".",
                    "Fetch the model folder again, or one that has a tokenizer.json.");
  }

  const Path& path_;
  std::string_view bytes_, whole_;
  std::string name_;
  uint64_t field_ = 0, number_ = 0;
  int wire_type_ = 0;
  std::string_view value_;
};

SentencePieceModel::Piece read_piece(Message message) {
  SentencePieceModel::Piece piece;
  while (message.next()) {
    switch (message.field()) {
      case 1: piece.piece = message.as_text("piece"); break;
      case 2: piece.score = message.as_float("score"); break;
      case 3: piece.type = message.as_int("type"); break;
      default: break;
    }
  }
  return piece;
}

void read_trainer_spec(Message message, SentencePieceModel& model) {
  while (message.next()) {
    switch (message.field()) {
      case 3: model.model_type = message.as_int("model_type"); break;
      case 24: model.treat_whitespace_as_suffix = message.as_bool("treat_whitespace_as_suffix"); break;
      case 35: model.byte_fallback = message.as_bool("byte_fallback"); break;
      case 40: model.unk_id = message.as_int("unk_id"); break;
      case 41: model.bos_id = message.as_int("bos_id"); break;
      case 42: model.eos_id = message.as_int("eos_id"); break;
      case 43: model.pad_id = message.as_int("pad_id"); break;
      case 45: model.unk_piece = message.as_text("unk_piece"); break;
      case 46: model.bos_piece = message.as_text("bos_piece"); break;
      case 47: model.eos_piece = message.as_text("eos_piece"); break;
      case 48: model.pad_piece = message.as_text("pad_piece"); break;
      default: break;
    }
  }
}

void read_normalizer_spec(Message message, SentencePieceModel& model) {
  while (message.next()) {
    switch (message.field()) {
      case 2: model.precompiled_charsmap = message.as_bytes("precompiled_charsmap"); break;
      case 3: model.add_dummy_prefix = message.as_bool("add_dummy_prefix"); break;
      case 4: model.remove_extra_whitespaces = message.as_bool("remove_extra_whitespaces"); break;
      case 5: model.escape_whitespaces = message.as_bool("escape_whitespaces"); break;
      default: break;
    }
  }
}

}  // namespace

SentencePieceModel read_sentencepiece(const Path& path) {
  const std::string bytes = read_file(path);
  const auto refuse = [&](const std::string& what) {
    throw bad_input(path.string() + ": " + what + ".",
                    "Fetch the model folder again, or one that has a tokenizer.json.");
  };
  SentencePieceModel model;
  Message message(path, bytes, bytes, "the file");
  while (message.next()) {
    switch (message.field()) {
      case 1: model.pieces.push_back(read_piece(message.as_message("pieces"))); break;
      case 2: read_trainer_spec(message.as_message("trainer_spec"), model); break;
      case 3: read_normalizer_spec(message.as_message("normalizer_spec"), model); break;
      default: break;
    }
  }
  if (model.pieces.empty()) refuse("a SentencePiece model should have pieces, and there are none");
  if (model.pieces.size() > size_t{Vocabulary::max_id}) {
    refuse("a SentencePiece model should have at most " + std::to_string(Vocabulary::max_id) + " pieces, found " +
           std::to_string(model.pieces.size()));
  }
  if (model.model_type != SentencePieceModel::Unigram && model.model_type != SentencePieceModel::Bpe) {
    refuse("trainer_spec.model_type should be 1 (unigram) or 2 (BPE), found " + std::to_string(model.model_type));
  }
  return model;
}

}  // namespace mtlora
