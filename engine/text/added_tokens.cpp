#include "text/added_tokens.h"

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

bool begins_with(std::string_view text, bool (*property)(char32_t)) {
  const char* at = text.data();
  return !text.empty() && property(next_code_point(at));
}

bool ends_with(std::string_view text, bool (*property)(char32_t)) {
  return !text.empty() && begins_with(text.substr(text.size() - last_character_length(text)), property);
}

}  // namespace

std::vector<AddedToken> read_added_tokens(const FilePart& part, const Vocabulary& vocabulary,
                                          const Normalizer* normalizer) {
  std::vector<AddedToken> tokens;
  std::unordered_map<std::string, size_t> index_of;  // by content
  AlignedText normal_form;
  if (part.is_null()) return tokens;
  auto next_id = static_cast<int32_t>(vocabulary.size());
  for (const FilePart& item : part.items()) {
    AddedToken token{item.at("content").as_string(),   0,
                     item.at("single_word").as_bool(), item.at("lstrip").as_bool(),
                     item.at("rstrip").as_bool(),      item.at("normalized").as_bool(),
                     item.at("special").as_bool(),     {}};
    if (token.content.empty()) continue;
    const auto [place, is_new] = index_of.try_emplace(token.content, tokens.size());
    const int32_t known = is_new ? vocabulary.find(token.content) : tokens[place->second].id;
    token.id = known >= 0 ? known : next_id++;
    if (const int32_t stated = item.at("id").as_count(Vocabulary::max_id); stated != token.id) {
      log_warning("tokenizer.json: the added token " + token.content + " should have the id " + std::to_string(stated) +
                  ", but the vocabulary gives it " + std::to_string(token.id) + ".");
    }
    token.normal_form = token.content;
    if (token.normalized && normalizer) {
      normal_form.assign(token.content, false);
      normalizer->normalize(normal_form);
      token.normal_form = normal_form.view();
    }
    if (is_new) {
      tokens.push_back(std::move(token));
    } else {
      tokens[place->second] = std::move(token);
    }
  }
  return tokens;
}

AddedTokenSplitter::AddedTokenSplitter(const std::vector<AddedToken>& tokens, bool normalized) {
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized || token.normal_form.empty()) continue;
    add(token.normal_form, static_cast<int32_t>(tokens_.size()));
    tokens_.push_back(token);
  }
}

void AddedTokenSplitter::add(std::string_view content, int32_t token) {
  is_first_[static_cast<unsigned char>(content[0])] = true;
  uint32_t node = 0;
  for (const char byte : content) {
    const auto& children = nodes_[node].children;
    const auto child =
        std::find_if(children.begin(), children.end(), [byte](const auto& c) { return c.first == byte; });
    if (child != children.end()) {
      node = child->second;
      continue;
    }
    const auto next = static_cast<uint32_t>(nodes_.size());
    nodes_[node].children.emplace_back(byte, next);
    nodes_.emplace_back();
    node = next;
  }
  if (nodes_[node].token < 0) nodes_[node].token = token;  // of several with one form, the first
}

AddedTokenSplitter::Match AddedTokenSplitter::match(std::string_view text) const {
  Match longest;
  uint32_t node = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto& children = nodes_[node].children;
    const auto child =
        std::find_if(children.begin(), children.end(), [&](const auto& c) { return c.first == text[i]; });
    if (child == children.end()) break;
    node = child->second;
    if (nodes_[node].token >= 0) longest = {i + 1, nodes_[node].token};
  }
  return longest;
}

void AddedTokenSplitter::split(PreTokenizedText& text) const {
  if (tokens_.empty()) return;
  text.spare_words.clear();
  for (const PreTokenizedText::Word& word : text.words) {
    if (word.token >= 0) {
      text.spare_words.push_back(word);
    } else {
      split(word, text.text.view(word.span()), text.spare_words);
    }
  }
  text.words.swap(text.spare_words);
}

void AddedTokenSplitter::split(const PreTokenizedText::Word& word, std::string_view text,
                               std::vector<PreTokenizedText::Word>& words) const {
  const auto emit = [&](size_t start, size_t end, int32_t token) {
    if (start >= end) return;
    words.push_back({word.start + static_cast<uint32_t>(start), word.start + static_cast<uint32_t>(end), token});
  };
  size_t done = 0;  // end of the last part
  for (size_t at = 0; at < text.size();) {
    const Match found = is_first_[static_cast<unsigned char>(text[at])] ? match(text.substr(at)) : Match{};
    if (found.length == 0) {
      ++at;
      continue;
    }
    size_t start = at, stop = at + found.length;
    at = stop;  // also where the match is turned down below
    const AddedToken& token = tokens_[static_cast<size_t>(found.token)];
    if (token.single_word &&
        (ends_with(text.substr(0, start), is_word_character) || begins_with(text.substr(stop), is_word_character))) {
      continue;
    }
    if (token.lstrip) {
      while (start > done && ends_with(text.substr(0, start), is_whitespace)) {
        start -= last_character_length(text.substr(0, start));
      }
    }
    if (token.rstrip) {
      while (begins_with(text.substr(stop), is_whitespace)) {
        const char* next = text.data() + stop;
        next_code_point(next);
        stop = static_cast<size_t>(next - text.data());
      }
    }
    emit(done, start, -1);
    emit(start, stop, token.id);
    done = stop;
  }
  emit(done, text.size(), -1);
}

}  // namespace mtlora
