#include "eval/text_metrics/meteor.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_set>

#include "base/error.h"
#include "base/paths.h"
#include "eval/text_metrics/english_stemmer.h"
#include "eval/text_metrics/meteor_normalizer.h"
#include "eval/text_metrics/meteor_synonyms.h"
#include "eval/text_metrics/tokenize_nltk.h"
#include "eval/text_metrics/tokenize_ptb.h"
#include "eval/text_metrics/too_long.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

constexpr double kAlpha = 0.85, kBeta = 0.2, kGamma = 0.6, kDelta = 0.75;
constexpr std::array<double, kMeteorStages> kStageWeights = {1.0, 0.6, 0.8, 0.6};

// java.lang.String.hashCode of a text in UTF-16.
int32_t java_hash(std::u16string_view text) {
  uint32_t hash = 0;
  for (const char16_t c : text) hash = 31 * hash + c;
  return static_cast<int32_t>(hash);
}

// Each word of the texts once, with what the stages need to know of it.
class Lexicon {
 public:
  explicit Lexicon(const MeteorFiles& files)
      : normalizer_(files.resources / "nonbreaking_prefixes.txt"), synonyms_(files.wordnet) {
    const std::string list = read_file(files.resources / "function_words.txt");
    for (const std::string_view word : split_words(list)) function_words_.emplace(word);
  }

  std::vector<int> numbers(const std::string& text) {
    std::vector<int> numbers;
    for (const std::string& word : normalizer_.words(text)) {
      const auto [entry, added] = numbers_.try_emplace(word, static_cast<int>(words_.size()));
      if (added) words_.push_back(describe(word));
      numbers.push_back(entry->second);
    }
    return numbers;
  }

  const std::vector<MeteorWord>& words() const { return words_; }
  const std::unordered_map<std::string, int>& word_numbers() const { return numbers_; }

 private:
  MeteorWord describe(const std::string& word) const {
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(word);
    const std::u16string_view letters(wide.getBuffer(), static_cast<size_t>(wide.length()));
    return {java_hash(letters), java_hash(english_stem(letters)), function_words_.contains(word), synonyms_.sets(word)};
  }

  MeteorNormalizer normalizer_;
  MeteorSynonyms synonyms_;
  std::unordered_set<std::string> function_words_;
  std::unordered_map<std::string, int> numbers_;
  std::vector<MeteorWord> words_;
};

MeteorCounts count(const std::vector<int>& hypothesis, const std::vector<int>& reference,
                   const std::vector<MeteorWord>& words, const MeteorAlignment& alignment) {
  const auto is_function_word = [&words](int word) { return words[static_cast<size_t>(word)].function_word; };
  const auto count_side = [&](MeteorCounts::Side& side, const std::vector<int>& text, auto start, auto length) {
    side.words = static_cast<double>(text.size());
    side.function_words = static_cast<double>(std::ranges::count_if(text, is_function_word));
    for (const MeteorMatch& match : alignment.matches) {
      MeteorCounts::Matches& matches = side.matches[match.stage];
      for (int k = 0; k < match.*length; ++k) {
        ++(is_function_word(text[static_cast<size_t>(match.*start + k)]) ? matches.function : matches.content);
      }
    }
  };
  MeteorCounts counts;
  count_side(counts.hypothesis, hypothesis, &MeteorMatch::hypothesis_start, &MeteorMatch::hypothesis_length);
  count_side(counts.reference, reference, &MeteorMatch::start, &MeteorMatch::length);
  counts.chunks = alignment.chunks;
  return counts;
}

// Matches over words, each stage and each kind of word with its weight.
double weighted_share(const MeteorCounts::Side& side) {
  double matches = 0;
  for (size_t stage = 0; stage < kMeteorStages; ++stage) {
    matches += side.matches[stage].content * kStageWeights[stage] * kDelta;
  }
  for (size_t stage = 0; stage < kMeteorStages; ++stage) {
    matches += side.matches[stage].function * kStageWeights[stage] * (1 - kDelta);
  }
  return matches / (kDelta * (side.words - side.function_words) + (1 - kDelta) * side.function_words);
}

}  // namespace

MeteorFiles meteor_files() {
  const auto from_environment = [](const char* name) {
    const char* value = std::getenv(name);
    return value ? Path(value) : Path();
  };
  MeteorFiles files{resources_dir() / "meteor", from_environment("MTLORA_WORDNET"), std::nullopt};
  if (files.wordnet.empty()) files.wordnet = "/usr/share/wordnet";
  if (!std::filesystem::exists(files.wordnet / "index.noun")) {
    throw bad_input("METEOR needs WordNet, and " + (files.wordnet / "index.noun").string() + " is not there",
                    "Install Debian's package wordnet-base, or set MTLORA_WORDNET to WordNet's folder.");
  }
  const Path named = from_environment("MTLORA_METEOR_PARAPHRASES"), usual = files.resources / "paraphrase-en.gz";
  if (!named.empty() && !std::filesystem::exists(named)) {
    throw bad_input("METEOR's paraphrase table " + named.string() + " is not there",
                    "Set MTLORA_METEOR_PARAPHRASES to METEOR's paraphrase-en.gz, or unset it.");
  }
  if (!named.empty() || std::filesystem::exists(usual)) files.paraphrases = named.empty() ? usual : named;
  return files;
}

double MeteorCounts::Side::all_matches() const {
  double sum = 0;
  for (const Matches& stage : matches) sum += stage.content + stage.function;
  return sum;
}

bool MeteorCounts::is_perfect() const {
  return hypothesis.all_matches() == hypothesis.words && reference.all_matches() == reference.words && chunks == 1;
}

void MeteorCounts::add(const MeteorCounts& other) {
  const auto add_side = [](Side& side, const Side& more) {
    side.words += more.words;
    side.function_words += more.function_words;
    for (size_t stage = 0; stage < kMeteorStages; ++stage) {
      side.matches[stage].content += more.matches[stage].content;
      side.matches[stage].function += more.matches[stage].function;
    }
  };
  add_side(hypothesis, other.hypothesis);
  add_side(reference, other.reference);
  if (!other.is_perfect()) chunks += other.chunks;
}

double MeteorCounts::score() const {
  const double precision = weighted_share(hypothesis), recall = weighted_share(reference);
  const double mean = 1 / ((1 - kAlpha) / precision + kAlpha / recall);
  const double fragmentation = is_perfect() ? 0 : chunks / ((hypothesis.all_matches() + reference.all_matches()) / 2);
  const double score = mean * (1 - kGamma * std::pow(fragmentation, kBeta));
  return std::isnan(score) ? 0 : std::max(score, 0.0);  // not a number without a match
}

std::vector<MeteorCounts> meteor_counts(const ScoredTexts& texts, const MeteorFiles& files) {
  Lexicon lexicon(files);
  std::vector<std::vector<int>> hypotheses;
  std::vector<std::vector<std::vector<int>>> references;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    hypotheses.push_back(lexicon.numbers(texts.hypotheses[i]));
    references.emplace_back();
    for (const std::string& reference : texts.references[i]) references[i].push_back(lexicon.numbers(reference));
  }
  const MeteorParaphrases paraphrases =
      files.paraphrases ? MeteorParaphrases(*files.paraphrases, lexicon.word_numbers()) : MeteorParaphrases();
  std::vector<MeteorCounts> counts;
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    double best = -1;
    for (const std::vector<int>& reference : references[i]) {
      refuse_too_long("meteor", i, hypotheses[i].size(), reference.size());
      const MeteorCounts one = count(hypotheses[i], reference, lexicon.words(),
                                     meteor_align(hypotheses[i], reference, lexicon.words(), paraphrases));
      if (one.score() <= best) continue;
      if (best < 0) counts.emplace_back();
      best = one.score();
      counts.back() = one;
    }
  }
  return counts;
}

MetricResult meteor(const ScoredTexts& texts, const MeteorFiles& files) {
  MeteorCounts sum;
  for (const MeteorCounts& counts : meteor_counts(texts, files)) sum.add(counts);
  const std::string version = "meteor-1.5-wo-en-norm-0.85_0.2_0.6_0.75-";
  return {sum.score(), version + (files.paraphrases
                                      ? "ex_st_sy_pa-1.0_0.6_0.8_0.6; paraphrases of " + files.paraphrases->string()
                                      : "ex_st_sy-1.0_0.6_0.8; without METEOR's paraphrase table, which is not there")};
}

MetricResult meteor(const ScoredTexts& texts) { return meteor(texts, meteor_files()); }

MetricResult meteor_e2e(const ScoredTexts& texts) { return meteor(tokenize_ptb(texts)); }

MetricResult meteor_webnlg(const ScoredTexts& texts) { return meteor(tokenize_nltk(texts)); }

}  // namespace mtlora
