#include "eval/text_metrics.h"

#include <algorithm>

#include "base/error.h"
#include "eval/text_metrics/bleu.h"
#include "eval/text_metrics/bleu_e2e.h"
#include "eval/text_metrics/bleu_multi.h"
#include "eval/text_metrics/chrf.h"
#include "eval/text_metrics/cider.h"
#include "eval/text_metrics/meteor.h"
#include "eval/text_metrics/metric_result.h"
#include "eval/text_metrics/nist.h"
#include "eval/text_metrics/rouge.h"
#include "eval/text_metrics/ter.h"
#include "eval/text_metrics/ter_pyter.h"
#include "eval/text_metrics/ter_tercom.h"
#include "eval/text_metrics/tokenize_marks.h"
#include "eval/text_metrics/words.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

struct TextMetric {
  std::string name;
  MetricResult (*compute)(const ScoredTexts&);
  int decimals;  // as its reference prints it
  bool larger_is_better;
};
const std::vector<TextMetric>& text_metrics() {
  static const std::vector<TextMetric> table = {
      {"bleu", bleu, 2, true},
      {"bleu_multi", bleu_multi, 2, true},
      {"bleu_multi_detok", bleu_multi_detok, 2, true},
      {"bleu_e2e", bleu_e2e, 4, true},
      {"nist", nist, 4, true},
      {"chrf", chrf, 2, true},
      {"rouge1", rouge1, 6, true},
      {"rouge2", rouge2, 6, true},
      {"rougeL", rouge_l, 6, true},
      {"rougeL_e2e", rouge_l_e2e, 4, true},
      {"cider", cider, 4, true},
      {"cider_e2e", cider_e2e, 4, true},
      {"meteor", meteor, 4, true},
      {"meteor_e2e", meteor_e2e, 4, true},
      {"meteor_webnlg", meteor_webnlg, 4, true},
      {"ter", ter, 2, false},
      {"ter_tercom", ter_tercom, 4, false},
      {"ter_pyter", ter_pyter, 2, false},
      {"ter_webnlg", ter_webnlg, 2, false},
  };
  return table;
}

const TextMetric& find_text_metric(const std::string& name) {
  const auto found = std::ranges::find(text_metrics(), name, &TextMetric::name);
  if (found != text_metrics().end()) return *found;
  const std::vector<std::string>& names = text_metric_names();
  const std::string nearest = nearest_name(name, names.data(), names.size());
  std::string hint = "Known metrics of texts are";
  for (const std::string& known : names) hint += (known == names[0] ? " " : ", ") + known;
  throw bad_input("there is no metric of texts '" + name + "'",
                  nearest.empty() ? hint + "." : "Did you mean '" + nearest + "'?");
}

void check_counts(const ScoredTexts& texts) {
  const size_t count = texts.hypotheses.size();
  if (count == 0) throw bad_input("there is no text to score");
  if (texts.references.size() != count) {
    throw bad_input("there are " + std::to_string(count) + " texts to score and references of " +
                    std::to_string(texts.references.size()));
  }
  for (size_t i = 0; i < count; ++i) {
    if (texts.references[i].empty()) throw bad_input("text " + std::to_string(i + 1) + " has no reference");
  }
}

// Well-formed UTF-8, in lower case and then with marks apart where that is asked for.
ScoredTexts prepared(const ScoredTexts& texts) {
  ScoredTexts result = texts;
  const auto prepare = [&texts](std::string& text) {
    std::string storage;
    if (const std::string_view valid = valid_utf8(text, storage); valid.data() != text.data()) text = storage;
    if (texts.lowercase) text = lower_case(text);
    if (texts.tokenize) text = tokenize_marks(text);
  };
  std::ranges::for_each(result.hypotheses, prepare);
  for (auto& references : result.references) std::ranges::for_each(references, prepare);
  return result;
}

}  // namespace

const std::vector<std::string>& text_metric_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const TextMetric& metric : text_metrics()) list.push_back(metric.name);
    return list;
  }();
  return names;
}

bool is_text_metric(const std::string& name) {
  return std::ranges::find(text_metric_names(), name) != text_metric_names().end();
}

bool larger_is_better_text(const std::string& name) { return find_text_metric(name).larger_is_better; }

void check_available(const std::vector<std::string>& metrics) {
  const auto is_meteor = [](const std::string& name) { return name.starts_with("meteor"); };
  if (std::ranges::any_of(metrics, is_meteor)) meteor_files();
}

std::vector<TextScore> score_texts(const std::vector<std::string>& metrics, const ScoredTexts& texts) {
  std::vector<const TextMetric*> chosen;
  for (const std::string& name : metrics) chosen.push_back(&find_text_metric(name));
  check_counts(texts);
  const ScoredTexts compared = prepared(texts);
  std::vector<TextScore> scores;
  for (const TextMetric* metric : chosen) {
    MetricResult result = metric->compute(compared);
    if (texts.tokenize) result.details += "; words and marks set apart first";
    scores.push_back({metric->name, result.value, metric->decimals, std::move(result.details)});
  }
  return scores;
}

}  // namespace mtlora
