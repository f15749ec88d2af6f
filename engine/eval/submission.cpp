#include "eval/submission.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"

namespace mtlora {

namespace {

std::string value_text(const Task& task, double value) {
  if (task.label_range) value = std::clamp(value, task.label_range->first, task.label_range->second);
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// A label of somebody's own file may hold what separates fields.
std::string label_text(std::string label) {
  for (char& c : label) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return label;
}

}  // namespace

void write_submission(const Path& path, const Task& task, const std::vector<std::string>& labels,
                      const std::vector<TextRow>& rows, std::span<const float> predictions) {
  if (rows.size() != predictions.size()) {
    throw Error(ErrorCode::Internal, "there are " + std::to_string(predictions.size()) + " predictions for " +
                                         std::to_string(rows.size()) + " rows");
  }
  std::string text = "index\tprediction\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const float prediction = predictions[i];
    if (!std::isfinite(prediction)) {
      throw bad_input("the prediction for row " + std::to_string(rows[i].row) + " is not a finite number, so '" +
                          path.string() + "' can't be written",
                      "The model's weights may have diverged while training.");
    }
    text += std::to_string(rows[i].row - 1) + '\t';
    text += task.kind == TaskKind::Regression ? value_text(task, prediction)
                                              : label_text(labels.at(static_cast<size_t>(prediction)));
    text += '\n';
  }
  write_file(path, text);
}

}  // namespace mtlora
