#include "text/added_tokens.h"

#include <algorithm>

#include "base/log.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

bool begins_with(std::string_view text, bool (*property)(char32_t)) {
  const char* at = text.data();
  return !text.empty() && property(next_code_point(at));
}

// Bytes of the last code point.
size_t last_length(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[text.size() - length]) & 0xC0) == 0x80) ++length;
  return length;
}

bool ends_with(std::string_view text, bool (*property)(char32_t)) {
  return !text.empty() && begins_with(text.substr(text.size() - last_length(text)), property);
}

}  // namespace

std::vector<AddedToken> read_added_tokens(const FilePart& part, const Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens;
  if (part.is_null()) return tokens;
  auto next_id = static_cast<int32_t>(vocabulary.size());
  for (const FilePart& item : part.items()) {
    AddedToken token{item.at("content").as_string(),   0,
                     item.at("single_word").as_bool(), item.at("lstrip").as_bool(),
                     item.at("rstrip").as_bool(),      item.at("normalized").as_bool()};
    if (token.content.empty()) continue;
    const auto same = std::find_if(tokens.begin(), tokens.end(),
                                   [&](const AddedToken& other) { return other.content == token.content; });
    const int32_t known = same != tokens.end() ? same->id : vocabulary.find(token.content);
    token.id = known >= 0 ? known : next_id++;
    if (const int32_t stated = item.at("id").as_count(Vocabulary::max_id); stated != token.id) {
      log_warning("tokenizer.json: the added token " + token.content + " should have the id " + std::to_string(stated) +
                  ", but the vocabulary gives it " + std::to_string(token.id) + ".");
    }
    if (same != tokens.end()) {
      *same = std::move(token);
    } else {
      tokens.push_back(std::move(token));
    }
  }
  return tokens;
}

AddedTokenSplitter::AddedTokenSplitter(const std::vector<AddedToken>& tokens, bool normalized,
                                       const Normalizer* normalizer) {
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized) continue;
    std::string text;
    if (normalized && normalizer) {
      normalizer->normalize(token.content, text);
    } else {
      text = token.content;
    }
    if (text.empty()) continue;
    is_first_[static_cast<unsigned char>(text[0])] = true;
    patterns_.push_back({std::move(text), token});
  }
  std::stable_sort(patterns_.begin(), patterns_.end(),
                   [](const Pattern& a, const Pattern& b) { return a.text.size() > b.text.size(); });
}

const AddedTokenSplitter::Pattern* AddedTokenSplitter::match(std::string_view text) const {
  const auto found = std::find_if(patterns_.begin(), patterns_.end(),
                                  [&](const Pattern& pattern) { return text.starts_with(pattern.text); });
  return found == patterns_.end() ? nullptr : &*found;
}

void AddedTokenSplitter::split(std::string_view text, std::vector<TextPiece>& pieces) const {
  size_t done = 0;  // end of the last piece
  for (size_t at = 0; at < text.size() && !patterns_.empty();) {
    const Pattern* const pattern = is_first_[static_cast<unsigned char>(text[at])] ? match(text.substr(at)) : nullptr;
    if (!pattern) {
      ++at;
      continue;
    }
    size_t start = at, stop = at + pattern->text.size();
    at = stop;  // also where the match is turned down below
    const AddedToken& token = pattern->token;
    if (token.single_word &&
        (ends_with(text.substr(0, start), is_word_character) || begins_with(text.substr(stop), is_word_character))) {
      continue;
    }
    if (token.lstrip) {
      while (start > done && ends_with(text.substr(0, start), is_whitespace)) {
        start -= last_length(text.substr(0, start));
      }
    }
    if (token.rstrip) {
      while (begins_with(text.substr(stop), is_whitespace)) {
        const char* next = text.data() + stop;
        next_code_point(next);
        stop = static_cast<size_t>(next - text.data());
      }
    }
    if (done < start) pieces.push_back({text.substr(done, start - done), -1});
    pieces.push_back({text.substr(start, stop - start), token.id});
    done = stop;
  }
  if (done < text.size()) pieces.push_back({text.substr(done), -1});
}

}  // namespace mtlora
