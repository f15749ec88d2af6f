// mtlora score: how near texts come to references.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "api/api.h"
#include "commands.h"

namespace mtlora::cli {

static std::vector<std::string> metrics;
static std::string hypotheses, reference_blocks;
static std::vector<std::string> references;
static TextFiles files;
static bool details = false;

// As the metric's reference prints it.
static double rounded(const TextScore& score) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", score.decimals, score.value);
  return std::strtod(text, nullptr);
}

void add_score(CLI::App& app) {
  CLI::App* score = app.add_subcommand("score", "Score texts against references; prints JSON");
  std::string known;
  for (const std::string& name : text_metric_names()) known += (known.empty() ? "" : ", ") + name;
  score->add_option("--metric", metrics, "One or several of " + known)->required();
  score->add_option("--hypotheses", hypotheses, "File with a text to score a line")->required();
  CLI::Option* lines = score->add_option("--references", references,
                                         "One file or several, each with one reference of every text a line");
  CLI::Option* blocks = score->add_option(
      "--references-blocks", reference_blocks,
      "One file with the references of a text, one a line, as a block, and a blank line between blocks");
  lines->excludes(blocks);
  score->add_flag("--lowercase", files.lowercase, "Compare in lower case");
  score->add_flag("--tokenize", files.tokenize, "Set words and marks apart first, as the LoRA release does");
  score->add_option("--max-references", files.max_references, "Use at most so many of a text's references, the first")
      ->check(CLI::PositiveNumber);
  score->add_flag("--details", details,
                  "Put each metric's signature into the JSON instead of on standard error: {name: {score, details}}");
  score->callback([] {
    files.hypotheses = hypotheses;
    files.references.assign(references.begin(), references.end());
    files.reference_blocks = reference_blocks;
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const TextScore& of_metric : score_files(metrics, files)) {
      if (details) {
        json[of_metric.metric] = {{"score", rounded(of_metric)}, {"details", of_metric.details}};
      } else {
        json[of_metric.metric] = rounded(of_metric);
        if (!of_metric.details.empty()) std::cerr << of_metric.metric << ": " << of_metric.details << "\n";
      }
    }
    std::cout << json.dump(2) << "\n";
  });
}

}  // namespace mtlora::cli
