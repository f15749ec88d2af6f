#include "text/tokenizer.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "text/added_tokens.h"
#include "text/decoder.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"
#include "text/tokenizer_file.h"
#include "text/unicode.h"

namespace mtlora {
namespace {

constexpr size_t kept_memory = size_t{1} << 20;  // bytes of a text up to which a thread keeps its working memory

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

// Characters at both ends of a token that are white space, or stand for a space in the alphabet of bytes.
TokenizedText::Spaces spaces_of(std::string_view token) {
  const auto is_space = [](char32_t c) { return c == 0x120 || is_whitespace(c); };
  TokenizedText::Spaces spaces{0, 0};
  for (std::string_view rest = token; !rest.empty(); ++spaces.leading) {
    const char* next = rest.data();
    if (!is_space(next_code_point(next))) break;
    rest.remove_prefix(static_cast<size_t>(next - rest.data()));
  }
  for (std::string_view rest = token; !rest.empty(); ++spaces.trailing) {
    const size_t length = last_character_length(rest);
    const char* last = rest.data() + rest.size() - length;
    if (!is_space(next_code_point(last))) break;
    rest.remove_suffix(length);
  }
  return spaces;
}

class PipelineTokenizer : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerFile file)
      : vocabulary_(std::move(file.vocabulary)),
        normalizer_(make_normalizer(file.part("normalizer"))),
        added_tokens_(read_added_tokens(file.part("added_tokens"), vocabulary_, normalizer_.get())),
        raw_splitter_(added_tokens_, false),
        normalized_splitter_(added_tokens_, true),
        pre_tokenizer_(make_pre_tokenizer(file.part("pre_tokenizer"))),
        model_(make_token_model(file.part("model"), vocabulary_)),
        post_processor_(file.part("post_processor")),
        decoder_(make_decoder(file.part("decoder"))) {
    for (const AddedToken& token : added_tokens_) added_by_id_.emplace(token.id, &token);
  }

  Encoding encode(std::string_view text, const std::string_view* pair, int64_t max_length, Offsets offsets,
                  SpecialTokens special) const override {
    thread_local TokenizedText a, b;
    tokenize(text, offsets, special, a);
    b.ids.clear();
    if (pair) tokenize(*pair, offsets, special, b);
    size_t a_kept = a.ids.size(), b_kept = b.ids.size();
    if (max_length > 0) {
      const int64_t special_tokens =
          special == SpecialTokens::Add ? post_processor_.special_tokens(pair != nullptr) : 0;
      if (max_length < special_tokens) {
        throw bad_input("A text can't be cut to " + std::to_string(max_length) + " tokens: its special tokens are " +
                            std::to_string(special_tokens) + " already.",
                        "Choose a larger maximal length.", "data.max_seq_length");
      }
      truncate_pair(static_cast<size_t>(max_length - special_tokens), a_kept, b_kept);
    }
    Encoding encoding;
    encoding.tokens_cut = static_cast<int64_t>(a.ids.size() - a_kept + b.ids.size() - b_kept);
    post_processor_.process(a, a_kept, pair ? &b : nullptr, b_kept, offsets == Offsets::Yes, special, encoding);
    if (text.size() > kept_memory) a = {};
    if (pair && pair->size() > kept_memory) b = {};
    return encoding;
  }

  std::string decode(std::span<const int32_t> ids, bool skip_special_tokens) const override {
    std::vector<std::string> tokens;
    for (const int32_t id : ids) {
      if (const auto added = added_by_id_.find(id); added != added_by_id_.end()) {
        if (!(skip_special_tokens && added->second->special)) tokens.push_back(added->second->normal_form);
      } else if (const std::string_view token = vocabulary_.text(id); !token.empty()) {
        tokens.emplace_back(token);
      }
    }
    std::string_view separator = " ";
    if (decoder_) {
      decoder_->decode(tokens);
      separator = "";
    }
    std::string text;
    for (const std::string& token : tokens) {
      if (&token != &tokens.front()) text += separator;
      text += token;
    }
    return text;
  }

  std::string token_text(int32_t id) const override {
    const auto added = added_by_id_.find(id);
    return added != added_by_id_.end() ? added->second->content : std::string(vocabulary_.text(id));
  }

  int64_t vocabulary_size() const override {
    const auto is_new = [this](const AddedToken& token) { return vocabulary_.find(token.content) < 0; };
    return vocabulary_.size() + std::count_if(added_tokens_.begin(), added_tokens_.end(), is_new);
  }

 private:
  // The stages up to the model; no special tokens added, no limit.
  void tokenize(std::string_view text, Offsets offsets, SpecialTokens special, TokenizedText& result) const {
    thread_local PreTokenizedText work;
    result.ids.clear();
    result.offsets.clear();
    result.spaces.clear();
    const bool aligned =
        offsets == Offsets::Yes || (pre_tokenizer_ && pre_tokenizer_->needs_alignment(normalizer_ != nullptr));
    work.text.assign_repaired(text, aligned);
    work.words.clear();
    if (!work.text.empty()) work.words.push_back({0, static_cast<uint32_t>(work.text.size()), -1});
    raw_splitter_.split(work);
    if (normalizer_) normalize(work);
    normalized_splitter_.split(work);
    if (pre_tokenizer_) pre_tokenizer_->split(work);
    if (offsets == Offsets::Yes) {
      add_aligned_tokens(work, result);
      post_processor_.trim_offsets(text, special, result);
    } else {
      for (const PreTokenizedText::Word& word : work.words) {
        if (word.token >= 0) {
          result.ids.push_back(word.token);
        } else {
          model_->tokenize(work.text.view(word.span()), result.ids);
        }
      }
    }
    if (text.size() > kept_memory) work = {};
  }

  void normalize(PreTokenizedText& work) const {
    if (work.words.size() == 1 && work.words[0].token < 0) {
      normalizer_->normalize(work.text);
      work.words[0].end = static_cast<uint32_t>(work.text.size());
    } else {
      AlignedText part;
      work.rewrite([&](const PreTokenizedText::Word& word, AlignedText& out) {
        part.assign(work.text, word.span());
        normalizer_->normalize(part);
        out.append(part);
      });
    }
    std::erase_if(work.words, [](const PreTokenizedText::Word& word) { return word.start == word.end; });
  }

  void add_aligned_tokens(const PreTokenizedText& work, TokenizedText& result) const {
    std::vector<Token> tokens;
    for (const PreTokenizedText::Word& word : work.words) {
      if (word.token >= 0) {
        result.ids.push_back(word.token);
        result.offsets.push_back(work.text.origin(word.span()));
        result.spaces.push_back(spaces_of(work.text.view(word.span())));
        continue;
      }
      tokens.clear();
      model_->tokenize(work.text.view(word.span()), tokens);
      for (const Token& token : tokens) {
        result.ids.push_back(token.id);
        result.offsets.push_back(work.text.origin({word.start + token.start, word.start + token.end}));
        result.spaces.push_back(spaces_of(vocabulary_.text(token.id)));
      }
    }
  }

  Vocabulary vocabulary_;
  std::unique_ptr<const Normalizer> normalizer_;
  std::vector<AddedToken> added_tokens_;
  std::unordered_map<int32_t, const AddedToken*> added_by_id_;
  AddedTokenSplitter raw_splitter_, normalized_splitter_;
  std::unique_ptr<const PreTokenizer> pre_tokenizer_;
  std::unique_ptr<const TokenModel> model_;
  PostProcessor post_processor_;
  std::unique_ptr<const Decoder> decoder_;
};

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const Path& folder) {
  TokenizerFile file = read_tokenizer(folder);
  const FilePart version = file.part("version");
  if (!version.is_null() && version.as_string() != "1.0") version.fail("should be 1.0, found " + version.as_string());
  return std::make_shared<PipelineTokenizer>(std::move(file));
}

}  // namespace mtlora
