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

}  // namespace

PostProcessor::PostProcessor(const FilePart& part)
    : single_{{Piece::SequenceA, 0, {}}}, pair_{{Piece::SequenceA, 0, {}}, {Piece::SequenceB, 1, {}}} {
  if (part.is_null()) return;
  if (part.type() == "BertProcessing") {
    const int32_t cls = id_of_pair(part.at("cls")), sep = id_of_pair(part.at("sep"));
    single_ = {{Piece::Special, 0, {cls}}, {Piece::SequenceA, 0, {}}, {Piece::Special, 0, {sep}}};
    pair_ = single_;
    pair_.push_back({Piece::SequenceB, 1, {}});
    pair_.push_back({Piece::Special, 1, {sep}});
  } else if (part.type() == "TemplateProcessing") {
    single_ = read_template(part.at("single"), part.at("special_tokens"));
    pair_ = read_template(part.at("pair"), part.at("special_tokens"));
    const auto count = [](const std::vector<Piece>& pieces, Piece::Kind kind) {
      return std::count_if(pieces.begin(), pieces.end(), [kind](const Piece& piece) { return piece.kind == kind; });
    };
    if (count(single_, Piece::SequenceA) != 1 || count(single_, Piece::SequenceB) != 0) {
      part.at("single").fail("should hold sequence A once and no other");
    }
    if (count(pair_, Piece::SequenceA) != 1 || count(pair_, Piece::SequenceB) != 1) {
      part.at("pair").fail("should hold the sequences A and B once each");
    }
  } else {
    part.unsupported(part.type(), "TemplateProcessing or BertProcessing");
  }
}

std::vector<PostProcessor::Piece> PostProcessor::read_template(const FilePart& pieces, const FilePart& special_tokens) {
  std::vector<Piece> result;
  for (const FilePart& item : pieces.items()) {
    if (item.has("Sequence")) {
      const FilePart sequence = item.at("Sequence");
      const std::string id = sequence.at("id").as_string();
      if (id != "A" && id != "B") sequence.at("id").fail("should be A or B, found " + id);
      result.push_back(
          {id == "A" ? Piece::SequenceA : Piece::SequenceB, sequence.at("type_id").as_count(max_type_id), {}});
    } else {
      const FilePart special = item.at("SpecialToken");
      const std::string id = special.at("id").as_string();
      if (!special_tokens.has(id)) special.at("id").fail("names " + id + ", which is not in its special_tokens");
      result.push_back({Piece::Special, special.at("type_id").as_count(max_type_id), {}});
      for (const FilePart& token_id : special_tokens.at(id).at("ids").items()) {
        result.back().ids.push_back(token_id.as_count(Vocabulary::max_id));
      }
    }
  }
  return result;
}

int64_t PostProcessor::special_tokens(bool is_pair) const {
  int64_t count = 0;
  for (const Piece& piece : is_pair ? pair_ : single_) count += static_cast<int64_t>(piece.ids.size());
  return count;
}

void PostProcessor::process(std::span<const int32_t> a, std::span<const int32_t> b, bool is_pair,
                            Encoding& encoding) const {
  const size_t length = a.size() + b.size() + static_cast<size_t>(special_tokens(is_pair));
  encoding.input_ids.reserve(length);
  encoding.token_type_ids.reserve(length);
  for (const Piece& piece : is_pair ? pair_ : single_) {
    const std::span<const int32_t> ids = piece.kind == Piece::SequenceA   ? a
                                         : piece.kind == Piece::SequenceB ? b
                                                                          : std::span<const int32_t>(piece.ids);
    encoding.input_ids.insert(encoding.input_ids.end(), ids.begin(), ids.end());
    encoding.token_type_ids.insert(encoding.token_type_ids.end(), ids.size(), piece.type_id);
  }
}

}  // namespace mtlora
