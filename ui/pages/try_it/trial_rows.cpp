#include "trial_rows.h"

#include <algorithm>
#include <cmath>

#include "data/dataset.h"
#include "data/generation_data.h"
#include "data/task.h"

namespace mtlora::ui {

namespace {

constexpr int64_t wanted = 10;  // rows

// The n-th of `taken` of `count` rows. Files are often sorted: ten rows in a row would show one kind.
size_t spread(int64_t n, int64_t taken, int64_t count, int64_t turn) {
  return static_cast<size_t>((n * count / taken + turn) % count);
}

TrialRows trialContexts(const Task& task, const RunConfig& config, int64_t turn) {
  const Rows all = load_dialogue_rows(task, config.data, config.train.seed);
  TrialRows found;
  found.test = all.validation.dialogues.empty();
  const std::vector<GenerationCase> cases =
      generation_cases(found.test ? all.test.dialogues : all.validation.dialogues);
  found.available = std::ssize(cases);
  const int64_t taken = std::min(wanted, found.available);
  for (int64_t i = 0; i < taken; ++i) {
    const GenerationCase& one = cases[spread(i, taken, found.available, turn)];
    TrialRow row{{one.prompt.back().content, {}}, {}, 0, one.prompt, one.references};
    found.rows.push_back(std::move(row));
  }
  return found;
}

}  // namespace

TaskFacts taskFacts(const RunConfig& config) {
  const Task task = resolve_task(config.data);
  TaskFacts facts;
  facts.pair = !task.text_pair_column.empty();
  facts.regression = task.kind == TaskKind::Regression;
  facts.writes = task.kind == TaskKind::Generation;
  facts.text_name = task.text_column;
  facts.pair_name = task.text_pair_column;
  if (task.label_names.size() == task.labels.size())
    for (size_t i = 0; i < task.labels.size(); ++i) facts.label_names[task.labels[i]] = task.label_names[i];
  return facts;
}

TrialRows trialRows(const RunConfig& config, int64_t turn) {
  const Task task = resolve_task(config.data);
  if (task.kind == TaskKind::Generation) return trialContexts(task, config, turn);
  const Rows all = load_rows(task, config.data, config.train.seed);
  TrialRows found;
  found.test = all.validation.rows.empty();
  const std::vector<TextRow>& rows = found.test ? all.test.rows : all.validation.rows;
  const auto count = static_cast<int64_t>(rows.size());
  found.available = count;
  const int64_t taken = std::min(wanted, count);
  for (int64_t i = 0; i < taken; ++i) {
    const TextRow& row = rows[spread(i, taken, count, turn)];
    TrialRow trial{{row.text, row.text_pair}, {}, row.label, {}, {}};
    if (task.kind == TaskKind::Classification) trial.label = all.labels.at(static_cast<size_t>(std::lround(row.label)));
    found.rows.push_back(std::move(trial));
  }
  return found;
}

}  // namespace mtlora::ui
