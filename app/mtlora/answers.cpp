// mtlora eval, logits, tokenize: what a model says of a file.
#include <iostream>

#include "api/api.h"
#include "commands.h"

namespace mtlora::cli {

static std::string model, adapter, task, file;
static int64_t max_seq_length = 128, batch_size = 64;

void add_eval_logits_tokenize(CLI::App& app) {
  CLI::App* eval = app.add_subcommand("eval", "Score a file of a task; prints JSON");
  eval->add_option("--model", model, "Model folder or name; left out: the adapter's own base");
  eval->add_option("--adapter", adapter, "Run, checkpoint, native or PEFT adapter folder");
  eval->add_option("--task", task, "Task name")->required();
  eval->add_option("--file", file, "File to score")->required();
  eval->add_option("--max-seq-length", max_seq_length, "Longest example, in tokens")->capture_default_str();
  eval->add_option("--batch-size", batch_size, "Examples at once")->capture_default_str()->check(CLI::PositiveNumber);
  eval->callback([] {
    const FileScores result = evaluate_file(model, adapter, task, file, max_seq_length, batch_size);
    nlohmann::json json = result.scores;
    json["examples"] = result.examples;
    std::cout << json.dump(2) << "\n";
  });

  CLI::App* logits = app.add_subcommand("logits", "Logits of each line of a file, one JSON object a line");
  logits->add_option("--model", model, "Model folder or name; left out: the adapter's own base");
  logits->add_option("--adapter", adapter, "Run, checkpoint, native or PEFT adapter folder");
  logits->add_option("file", file, "Text file; two tab-separated fields are a pair")->required();
  logits->callback([] {
    logits_of_file(model, adapter, file, [](const TextLogits& line) {
      nlohmann::json json = {{"ids", line.ids}};
      json[line.language_model ? "logprobs" : "logits"] = line.language_model ? line.logprobs : line.logits;
      std::cout << json.dump() << "\n";
    });
  });

  CLI::App* tokenize = app.add_subcommand("tokenize", "Token ids of each line of a file");
  tokenize->add_option("--model", model, "Model folder or name")->required();
  tokenize->add_option("file", file, "Text file; two tab-separated fields are a pair")->required();
  tokenize->callback([] {
    std::string text;
    tokenize_file(model, file, [&text](const std::vector<int32_t>& ids) {
      for (size_t i = 0; i < ids.size(); ++i) text += (i ? " " : "") + std::to_string(ids[i]);
      text += '\n';
    });
    std::cout << text;
  });
}

}  // namespace mtlora::cli
