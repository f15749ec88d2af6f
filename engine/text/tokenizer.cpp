#include "text/tokenizer.h"

#include <algorithm>

#include "base/error.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"
#include "text/tokenizer_file.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

// Cuts a pair to `room` tokens (Longest-first of `tokenizers`): the longer text alone while that is enough; else each
// keeps half, and an odd token goes to the longer one, on a tie to the second.
void truncate_pair(size_t room, size_t& a, size_t& b) {
  if (a + b <= room) return;
  const bool first_is_longer = a > b;
  size_t& longer = first_is_longer ? a : b;
  size_t& shorter = first_is_longer ? b : a;
  shorter = std::min(shorter, room / 2);
  longer = room - shorter;
}

class PipelineTokenizer : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerFile file)
      : vocabulary_(std::move(file.vocabulary)),
        normalizer_(make_normalizer(file.part("normalizer"))),
        added_tokens_(read_added_tokens(file.part("added_tokens"), vocabulary_)),
        raw_splitter_(added_tokens_, false, normalizer_.get()),
        normalized_splitter_(added_tokens_, true, normalizer_.get()),
        pre_tokenizer_(make_pre_tokenizer(file.part("pre_tokenizer"))),
        model_(make_token_model(file.part("model"), vocabulary_)),
        post_processor_(file.part("post_processor")) {}

  Encoding encode(std::string_view text, const std::string_view* pair, int64_t max_length) const override {
    const std::vector<int32_t> a = tokenize(text);
    const std::vector<int32_t> b = pair ? tokenize(*pair) : std::vector<int32_t>{};
    size_t a_kept = a.size(), b_kept = b.size();
    if (max_length > 0) {
      const int64_t special_tokens = post_processor_.special_tokens(pair != nullptr);
      if (max_length < special_tokens) {
        throw bad_input("A text can't be cut to " + std::to_string(max_length) + " tokens: its special tokens are " +
                            std::to_string(special_tokens) + " already.",
                        "Choose a larger maximal length.", "data.max_seq_length");
      }
      truncate_pair(static_cast<size_t>(max_length - special_tokens), a_kept, b_kept);
    }
    Encoding encoding;
    encoding.tokens_cut = static_cast<int64_t>(a.size() - a_kept + b.size() - b_kept);
    post_processor_.process(std::span(a).first(a_kept), std::span(b).first(b_kept), pair != nullptr, encoding);
    return encoding;
  }

  std::string token_text(int32_t id) const override {
    const auto added = std::find_if(added_tokens_.begin(), added_tokens_.end(),
                                    [id](const AddedToken& token) { return token.id == id; });
    return added != added_tokens_.end() ? added->content : std::string(vocabulary_.text(id));
  }

  int64_t vocabulary_size() const override {
    const auto is_new = [this](const AddedToken& token) { return vocabulary_.find(token.content) < 0; };
    return vocabulary_.size() + std::count_if(added_tokens_.begin(), added_tokens_.end(), is_new);
  }

 private:
  // The stages up to the model; no special tokens, no limit.
  std::vector<int32_t> tokenize(std::string_view text) const {
    std::string repaired, normalized;
    std::vector<TextPiece> raw_pieces, pieces;
    std::vector<std::string_view> words;
    std::vector<int32_t> ids;
    raw_splitter_.split(valid_utf8(text, repaired), raw_pieces);
    for (const TextPiece& raw_piece : raw_pieces) {
      if (raw_piece.id >= 0) {
        ids.push_back(raw_piece.id);
        continue;
      }
      std::string_view piece_text = raw_piece.text;
      if (normalizer_) {
        normalized.clear();
        normalizer_->normalize(raw_piece.text, normalized);
        piece_text = normalized;
      }
      pieces.clear();
      normalized_splitter_.split(piece_text, pieces);
      for (const TextPiece& piece : pieces) {
        if (piece.id >= 0) {
          ids.push_back(piece.id);
        } else if (pre_tokenizer_) {
          words.clear();
          pre_tokenizer_->split(piece.text, words);
          for (const std::string_view word : words) model_->tokenize(word, ids);
        } else {
          model_->tokenize(piece.text, ids);
        }
      }
    }
    return ids;
  }

  Vocabulary vocabulary_;
  std::unique_ptr<const Normalizer> normalizer_;
  std::vector<AddedToken> added_tokens_;
  AddedTokenSplitter raw_splitter_, normalized_splitter_;
  std::unique_ptr<const PreTokenizer> pre_tokenizer_;
  std::unique_ptr<const TokenModel> model_;
  PostProcessor post_processor_;
};

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const Path& folder) {
  TokenizerFile file = read_tokenizer_file(folder / "tokenizer.json");
  const FilePart version = file.part("version");
  if (!version.is_null() && version.as_string() != "1.0") version.fail("should be 1.0, found " + version.as_string());
  return std::make_shared<PipelineTokenizer>(std::move(file));
}

}  // namespace mtlora
