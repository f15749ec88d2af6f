#include "text/post_processor.h"

#include <algorithm>
#include <limits>

namespace mtlora {
namespace {

constexpr int64_t max_type_id = std::numeric_limits<int32_t>::max();

// BertProcessing writes a token as ["[CLS]", 101].
int32_t id_of_pair(const FilePart& part) {
  const std::vector<FilePart> items = part.items();
  if (items.size() != 2) part.fail("should be a list of a token and its id");
  return items[1].as_count(Vocabulary::max_id);
}

// Move `at` by so many characters, within `text`.
void move_forward(std::string_view text, uint32_t& at, uint32_t characters) {
  for (; characters > 0 && at < text.size(); --characters) at += static_cast<uint32_t>(sequence_length(text, at));
}

void move_back(std::string_view text, uint32_t& at, uint32_t characters) {
  for (; characters > 0 && at > 0; --characters) {
    at -= static_cast<uint32_t>(last_character_length(text.substr(0, at)));
  }
}

}  // namespace

PostProcessor::PostProcessor(const FilePart& part)
    : single_{{Piece::SequenceA, 0, {}}}, pair_{{Piece::SequenceA, 0, {}}, {Piece::SequenceB, 1, {}}} {
  if (!part.is_null()) read(part);
}

void PostProcessor::read(const FilePart& part) {
  const std::string type = part.type();
  if (type == "Sequence") {
    for (const FilePart& item : part.at("processors").items()) read(item);
    return;
  }
  const bool is_roberta = type == "RobertaProcessing";
  if (is_roberta || type == "ByteLevel") {
    if (part.at("trim_offsets").as_bool()) trims_.push_back({part.at("add_prefix_space").as_bool(), adds_tokens_});
    if (!is_roberta) return;
  }
  if (!is_roberta && type != "BertProcessing" && type != "TemplateProcessing") {
    part.unsupported(type, "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence");
  }
  if (adds_tokens_) part.fail("is a second part that adds special tokens; only one is supported");
  adds_tokens_ = true;
  if (type == "TemplateProcessing") {
    read_template(part);
  } else {
    frame(id_of_pair(part.at("cls")), id_of_pair(part.at("sep")), is_roberta);
  }
}

// BERT: [CLS] A [SEP] B [SEP], the last two of type 1; RoBERTa: <s> A </s></s> B </s>, all of type 0.
void PostProcessor::frame(int32_t cls, int32_t sep, bool is_roberta) {
  const int32_t second = is_roberta ? 0 : 1;
  single_ = {{Piece::Special, 0, {cls}}, {Piece::SequenceA, 0, {}}, {Piece::Special, 0, {sep}}};
  pair_ = single_;
  if (is_roberta) pair_.push_back({Piece::Special, 0, {sep}});
  pair_.push_back({Piece::SequenceB, second, {}});
  pair_.push_back({Piece::Special, second, {sep}});
}

void PostProcessor::read_template(const FilePart& part) {
  const FilePart special_tokens = part.at("special_tokens");
  const auto read_pieces = [&](const FilePart& pieces) {
    std::vector<Piece> result;
    for (const FilePart& item : pieces.items()) {
      if (item.has("Sequence")) {
        const FilePart sequence = item.at("Sequence");
        const std::string id = sequence.at("id").as_string();
        if (id != "A" && id != "B") sequence.at("id").fail("should be A or B, found " + id);
        result.push_back(
            {id == "A" ? Piece::SequenceA : Piece::SequenceB, sequence.at("type_id").as_count(max_type_id), {}});
        continue;
      }
      const FilePart special = item.at("SpecialToken");
      const std::string id = special.at("id").as_string();
      if (!special_tokens.has(id)) special.at("id").fail("names " + id + ", which is not in its special_tokens");
      result.push_back({Piece::Special, special.at("type_id").as_count(max_type_id), {}});
      for (const FilePart& token_id : special_tokens.at(id).at("ids").items()) {
        result.back().ids.push_back(token_id.as_count(Vocabulary::max_id));
      }
    }
    return result;
  };
  const auto count = [](const std::vector<Piece>& pieces, Piece::Kind kind) {
    return std::count_if(pieces.begin(), pieces.end(), [kind](const Piece& piece) { return piece.kind == kind; });
  };
  single_ = read_pieces(part.at("single"));
  pair_ = read_pieces(part.at("pair"));
  if (count(single_, Piece::SequenceA) != 1 || count(single_, Piece::SequenceB) != 0) {
    part.at("single").fail("should hold sequence A once and no other");
  }
  if (count(pair_, Piece::SequenceA) != 1 || count(pair_, Piece::SequenceB) != 1) {
    part.at("pair").fail("should hold the sequences A and B once each");
  }
}

int64_t PostProcessor::special_tokens(bool is_pair) const {
  int64_t count = 0;
  for (const Piece& piece : is_pair ? pair_ : single_) count += static_cast<int64_t>(piece.ids.size());
  return count;
}

void PostProcessor::trim_offsets(std::string_view text, SpecialTokens special, TokenizedText& tokens) const {
  for (const Trim& trim : trims_) {
    for (size_t i = 0; i < tokens.offsets.size(); ++i) {
      auto [leading, trailing] = tokens.spaces[i];
      Span& offsets = tokens.offsets[i];
      if (leading > 0) {
        // A single space at the very start was added by the pre-tokenizer, and no byte of the text stands for it.
        const bool is_first = (i == 0 && (!trim.is_framed || special == SpecialTokens::None)) || offsets.start == 0;
        if (is_first && trim.add_prefix_space && leading == 1) leading = 0;
        uint32_t start = offsets.start;
        move_forward(text, start, leading);
        offsets.start = std::min(start, offsets.end);
      }
      if (trailing > 0 && trailing <= offsets.end) {
        uint32_t end = offsets.end;
        move_back(text, end, trailing);
        offsets.end = std::max(end, offsets.start);
      }
    }
  }
}

void PostProcessor::process(const TokenizedText& a, size_t a_kept, const TokenizedText* b, size_t b_kept,
                            bool with_offsets, SpecialTokens special, Encoding& encoding) const {
  const bool adds = special == SpecialTokens::Add;
  const size_t length = a_kept + b_kept + (adds ? static_cast<size_t>(special_tokens(b != nullptr)) : 0);
  encoding.input_ids.reserve(length);
  encoding.token_type_ids.reserve(length);
  for (const Piece& piece : b ? pair_ : single_) {
    if (piece.kind == Piece::Special && !adds) continue;
    int8_t sequence_id = -1;
    if (piece.kind == Piece::Special) {
      encoding.input_ids.insert(encoding.input_ids.end(), piece.ids.begin(), piece.ids.end());
      if (with_offsets) encoding.offsets.insert(encoding.offsets.end(), piece.ids.size(), Span{0, 0});
    } else {
      sequence_id = piece.kind == Piece::SequenceA ? 0 : 1;
      const TokenizedText& source = sequence_id == 0 ? a : *b;
      const auto kept = static_cast<std::ptrdiff_t>(sequence_id == 0 ? a_kept : b_kept);
      encoding.input_ids.insert(encoding.input_ids.end(), source.ids.begin(), source.ids.begin() + kept);
      if (with_offsets) {
        encoding.offsets.insert(encoding.offsets.end(), source.offsets.begin(), source.offsets.begin() + kept);
      }
    }
    encoding.token_type_ids.resize(encoding.input_ids.size(), piece.type_id);
    if (with_offsets) encoding.sequence_ids.resize(encoding.input_ids.size(), sequence_id);
  }
}

}  // namespace mtlora
