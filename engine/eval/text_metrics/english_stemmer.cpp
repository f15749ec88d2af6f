#include "eval/text_metrics/english_stemmer.h"

#include <array>
#include <initializer_list>
#include <utility>

namespace mtlora {

namespace {

using Text = std::u16string_view;
struct Rule {
  Text ending, replacement;
};

constexpr auto npos = Text::npos;

bool is_vowel(char16_t c) { return Text(u"aeiouy").find(c) != npos; }  // Y, a y that stands for a consonant, is none

// A word on its way to the stem, and where the regions R1 and R2 of the algorithm start.
class Stem {
 public:
  explicit Stem(Text word) : word_(word) {
    if (word_.front() == u'\'') word_.erase(0, 1);
    for (size_t i = 0; i < word_.size(); ++i) {
      if (word_[i] == u'y' && (i == 0 || is_vowel(word_[i - 1]))) word_[i] = u'Y';
    }
    region1_ = 0;
    for (const Text start : {Text(u"gener"), Text(u"commun"), Text(u"arsen")}) {
      if (word_.starts_with(start)) region1_ = start.size();
    }
    if (region1_ == 0) region1_ = behind_vowel_and_consonant(0);
    region2_ = behind_vowel_and_consonant(region1_);
  }

  std::u16string run() {
    plural();
    if (is_any({u"inning", u"outing", u"canning", u"herring", u"earring", u"proceed", u"exceed", u"succeed"})) {
      return finished();
    }
    past_and_progressive();
    final_y();
    suffixes_of_nouns();
    suffixes_of_adjectives();
    remaining_suffix();
    final_e_or_l();
    return finished();
  }

 private:
  bool ends(Text ending) const { return word_.ends_with(ending); }
  bool in_region1(Text ending) const { return word_.size() - ending.size() >= region1_; }
  bool in_region2(Text ending) const { return word_.size() - ending.size() >= region2_; }
  void cut(size_t letters) { word_.erase(word_.size() - letters); }
  void replace(const Rule& rule) {
    cut(rule.ending.size());
    word_ += rule.replacement;
  }
  bool is_any(std::initializer_list<Text> words) const {
    for (const Text word : words) {
      if (word_ == word) return true;
    }
    return false;
  }
  bool has_vowel(size_t end) const {
    for (size_t i = 0; i < end; ++i) {
      if (is_vowel(word_[i])) return true;
    }
    return false;
  }

  // The first rule whose ending the word has (the longest, where longer endings come first), or null.
  template <size_t N>
  const Rule* find(const std::array<Rule, N>& rules) const {
    for (const Rule& rule : rules) {
      if (ends(rule.ending)) return &rule;
    }
    return nullptr;
  }

  size_t behind_vowel_and_consonant(size_t start) const {
    size_t i = start;
    while (i < word_.size() && !is_vowel(word_[i])) ++i;
    while (i < word_.size() && is_vowel(word_[i])) ++i;
    return i < word_.size() ? i + 1 : word_.size();
  }

  // Whether the first `end` letters end in a short syllable.
  bool short_syllable(size_t end) const {
    if (end < 2 || is_vowel(word_[end - 1]) || !is_vowel(word_[end - 2])) return false;
    if (end == 2) return true;
    const bool closed = word_[end - 1] != u'w' && word_[end - 1] != u'x' && word_[end - 1] != u'Y';
    return closed && !is_vowel(word_[end - 3]);
  }

  void plural() {  // step 1a, with what comes before it
    for (const Text ending : {Text(u"'s'"), Text(u"'s"), Text(u"'")}) {
      if (!ends(ending)) continue;
      cut(ending.size());
      break;
    }
    if (ends(u"sses")) return cut(2);
    if (ends(u"ied") || ends(u"ies")) return cut(word_.size() >= 5 ? 2 : 1);
    if (ends(u"us") || ends(u"ss") || !ends(u"s")) return;
    if (word_.size() >= 2 && has_vowel(word_.size() - 2)) cut(1);
  }

  void past_and_progressive() {  // step 1b
    static constexpr std::array<Rule, 6> rules = {
        {{u"eedly", u"ee"}, {u"ingly", u""}, {u"edly", u""}, {u"eed", u"ee"}, {u"ing", u""}, {u"ed", u""}}};
    const Rule* rule = find(rules);
    if (!rule) return;
    if (!rule->replacement.empty()) {
      if (in_region1(rule->ending)) replace(*rule);
      return;
    }
    if (!has_vowel(word_.size() - rule->ending.size())) return;
    cut(rule->ending.size());
    if (ends(u"at") || ends(u"bl") || ends(u"iz")) {
      word_ += u'e';
    } else if (word_.size() >= 2 && word_.back() == word_[word_.size() - 2] &&
               Text(u"bdfgmnprt").find(word_.back()) != npos) {
      cut(1);
    } else if (word_.size() == region1_ && short_syllable(word_.size())) {
      word_ += u'e';
    }
  }

  void final_y() {  // step 1c
    if (word_.size() > 2 && (ends(u"y") || ends(u"Y")) && !is_vowel(word_[word_.size() - 2])) word_.back() = u'i';
  }

  void suffixes_of_nouns() {  // step 2
    static constexpr std::array<Rule, 24> rules = {
        {{u"ational", u"ate"}, {u"fulness", u"ful"}, {u"iveness", u"ive"}, {u"ization", u"ize"}, {u"ousness", u"ous"},
         {u"biliti", u"ble"},  {u"lessli", u"less"}, {u"tional", u"tion"}, {u"alism", u"al"},    {u"aliti", u"al"},
         {u"ation", u"ate"},   {u"entli", u"ent"},   {u"fulli", u"ful"},   {u"iviti", u"ive"},   {u"ousli", u"ous"},
         {u"abli", u"able"},   {u"alli", u"al"},     {u"anci", u"ance"},   {u"ator", u"ate"},    {u"enci", u"ence"},
         {u"izer", u"ize"},    {u"bli", u"ble"},     {u"ogi", u"og"},      {u"li", u""}}};
    const Rule* rule = find(rules);
    if (!rule || !in_region1(rule->ending)) return;
    const size_t kept = word_.size() - rule->ending.size();
    const char16_t before = kept ? word_[kept - 1] : u'\0';
    if (rule->ending == u"ogi" && before != u'l') return;
    if (rule->ending == u"li" && Text(u"cdeghkmnrt").find(before) == npos) return;
    replace(*rule);
  }

  void suffixes_of_adjectives() {  // step 3
    static constexpr std::array<Rule, 9> rules = {{{u"ational", u"ate"},
                                                   {u"tional", u"tion"},
                                                   {u"alize", u"al"},
                                                   {u"ative", u""},
                                                   {u"icate", u"ic"},
                                                   {u"iciti", u"ic"},
                                                   {u"ical", u"ic"},
                                                   {u"ness", u""},
                                                   {u"ful", u""}}};
    const Rule* rule = find(rules);
    if (!rule || !in_region1(rule->ending)) return;
    if (rule->ending == u"ative" && !in_region2(rule->ending)) return;
    replace(*rule);
  }

  void remaining_suffix() {  // step 4
    static constexpr std::array<Rule, 18> rules = {{{u"ement", u""},
                                                    {u"able", u""},
                                                    {u"ance", u""},
                                                    {u"ence", u""},
                                                    {u"ible", u""},
                                                    {u"ment", u""},
                                                    {u"ant", u""},
                                                    {u"ate", u""},
                                                    {u"ent", u""},
                                                    {u"ion", u""},
                                                    {u"ism", u""},
                                                    {u"iti", u""},
                                                    {u"ive", u""},
                                                    {u"ize", u""},
                                                    {u"ous", u""},
                                                    {u"al", u""},
                                                    {u"er", u""},
                                                    {u"ic", u""}}};
    const Rule* rule = find(rules);
    if (!rule || !in_region2(rule->ending)) return;
    const size_t kept = word_.size() - rule->ending.size();
    if (rule->ending == u"ion" && (kept == 0 || (word_[kept - 1] != u's' && word_[kept - 1] != u't'))) return;
    replace(*rule);
  }

  void final_e_or_l() {  // step 5
    if (ends(u"e")) {
      if (in_region2(u"e") || (in_region1(u"e") && !short_syllable(word_.size() - 1))) cut(1);
    } else if (ends(u"ll") && in_region2(u"l")) {
      cut(1);
    }
  }

  std::u16string finished() {
    for (char16_t& c : word_) {
      if (c == u'Y') c = u'y';
    }
    return std::move(word_);
  }

  std::u16string word_;
  size_t region1_ = 0, region2_ = 0;
};

// Words with a stem of their own.
constexpr std::array<Rule, 18> kExceptions = {{{u"skis", u"ski"},
                                               {u"skies", u"sky"},
                                               {u"dying", u"die"},
                                               {u"lying", u"lie"},
                                               {u"tying", u"tie"},
                                               {u"idly", u"idl"},
                                               {u"gently", u"gentl"},
                                               {u"ugly", u"ugli"},
                                               {u"early", u"earli"},
                                               {u"only", u"onli"},
                                               {u"singly", u"singl"},
                                               {u"sky", u"sky"},
                                               {u"news", u"news"},
                                               {u"howe", u"howe"},
                                               {u"atlas", u"atlas"},
                                               {u"cosmos", u"cosmos"},
                                               {u"bias", u"bias"},
                                               {u"andes", u"andes"}}};

}  // namespace

std::u16string english_stem(std::u16string_view word) {
  for (const Rule& exception : kExceptions) {
    if (word == exception.ending) return std::u16string(exception.replacement);
  }
  if (word.size() < 3) return std::u16string(word);
  return Stem(word).run();
}

}  // namespace mtlora
