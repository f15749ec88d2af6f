// Predictions for rows whose labels are kept back, as GLUE's server takes them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mtlora {

// A line `index<TAB>prediction` for each row, below a header with these words. Index: the row's number in its file,
// from 0. Prediction: of a classification the label (`labels` in the order of their ids; `predictions` are ids), of a
// regression the value, within the task's label_range, with three decimals. Writes the whole file or none. Blocks.
// Throws Error(BadInput) for a value that is not finite, Error(File).
//
// Source: the samples and the FAQ of gluebenchmark.com.
void write_submission(const Path& path, const Task& task, const std::vector<std::string>& labels,
                      const std::vector<TextRow>& rows, std::span<const float> predictions);

}  // namespace mtlora
