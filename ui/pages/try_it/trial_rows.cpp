#include "trial_rows.h"

#include <algorithm>
#include <cmath>

#include "data/dataset.h"
#include "data/task.h"

namespace mtlora::ui {

namespace {

constexpr int64_t wanted = 10;  // rows

}  // namespace

TaskFacts taskFacts(const RunConfig& config) {
  const Task task = resolve_task(config.data);
  TaskFacts facts;
  facts.pair = !task.text_pair_column.empty();
  facts.regression = task.kind == TaskKind::Regression;
  facts.text_name = task.text_column;
  facts.pair_name = task.text_pair_column;
  if (task.label_names.size() == task.labels.size())
    for (size_t i = 0; i < task.labels.size(); ++i) facts.label_names[task.labels[i]] = task.label_names[i];
  return facts;
}

TrialRows trialRows(const RunConfig& config, int64_t turn) {
  const Task task = resolve_task(config.data);
  const Rows all = load_rows(task, config.data, config.train.seed);
  TrialRows found;
  found.test = all.validation.rows.empty();
  const std::vector<TextRow>& rows = found.test ? all.test.rows : all.validation.rows;
  const auto count = static_cast<int64_t>(rows.size());
  found.available = count;
  const int64_t taken = std::min(wanted, count);
  for (int64_t i = 0; i < taken; ++i) {
    // Files are often sorted by label: ten rows in a row would show one.
    const TextRow& row = rows[static_cast<size_t>((i * count / taken + turn) % count)];
    TrialRow trial{{row.text, row.text_pair}, {}, row.label};
    if (task.kind == TaskKind::Classification) trial.label = all.labels.at(static_cast<size_t>(std::lround(row.label)));
    found.rows.push_back(std::move(trial));
  }
  return found;
}

}  // namespace mtlora::ui
