// One case of tests/golden/make_families.py: a tiny model, an adapter, and what transformers says of them.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <QtTest>
#include <map>
#include <numeric>
#include <set>

#include "adapter/adapter_files.h"
#include "data/loader.h"
#include "io/safetensors.h"
#include "io/weights.h"
#include "model/model.h"
#include "model/registry.h"
#include "ops/loss.h"

namespace mtlora {

using nlohmann::json;

inline const Path families_data = Path(MTLORA_TEST_DATA) / "families";

struct Case {
  Path folder;
  json golden;
  SafetensorsFile tensors;
  AdapterFolder adapter;
  std::vector<Example> examples;

  explicit Case(const QString& name)
      : folder(families_data / name.toStdString()),
        golden(json::parse(read_file(folder / "golden.json"))),
        tensors(folder / "golden.safetensors"),
        adapter(folder / "adapter") {
    for (size_t i = 0; i < golden.at("sequences").size(); ++i) {
      Example example;
      example.input_ids = golden.at("sequences")[i].get<std::vector<int32_t>>();
      example.token_type_ids.assign(example.input_ids.size(), 0);
      if (golden.at("token_type_ids").is_array()) {
        example.token_type_ids = golden.at("token_type_ids")[i].get<std::vector<int32_t>>();
      }
      if (golden.at("labels").is_array()) example.label = golden.at("labels")[i].get<float>();
      examples.push_back(std::move(example));
    }
  }

  bool writes_text() const { return golden.at("task") == "causal_lm"; }
  std::string family() const { return ModelConfig(folder).model_type(); }
  bool regression() const { return golden.at("task") == "regression"; }

  at::Tensor tensor(const std::string& name) const {
    return tensor_of(tensors.at(name), tensors.file(), name).to(at::kDouble);
  }

  LoadOptions options() const {
    LoadOptions options;
    options.task = writes_text() ? ModelTask::CausalLm : ModelTask::Classification;
    if (!writes_text()) options.num_labels = adapter.num_labels();
    return options;
  }

  PackedBatch batch(const std::vector<size_t>& indices) const {
    return pack(examples, indices, regression() ? TaskKind::Regression : TaskKind::Classification, 0, at::kCPU);
  }

  std::vector<size_t> all() const {
    std::vector<size_t> indices(examples.size());
    std::iota(indices.begin(), indices.end(), size_t{0});
    return indices;
  }

  at::Tensor loss(const at::Tensor& logits, const PackedBatch& batch) const {
    if (regression()) return mean_squared_error(logits, batch.labels);
    return cross_entropy(logits, writes_text() ? next_tokens(batch) : batch.labels);
  }

  // The label of each row: the token that follows in its sequence, −100 behind the last.
  static at::Tensor next_tokens(const PackedBatch& batch) {
    at::Tensor labels = at::cat({batch.input_ids.slice(0, 1), at::full({1}, -100, at::kLong)});
    labels.index_fill_(0, batch.cu_seqlens.slice(0, 1).to(at::kLong) - 1, -100);
    return labels;
  }
};

struct Adapted {
  std::unique_ptr<Model> model;
  std::unique_ptr<AdapterSet> set;
  explicit Adapted(const Case& of, uint64_t seed = 0) : model(load_model(of.folder, of.options())) {
    set = AdapterSet::attach(*model, of.adapter.config.options, seed);
    load_into(*set, of.adapter);
  }
  at::Tensor logits(const PackedBatch& batch) const {
    const at::NoGradGuard no_grad;
    ForwardContext context;
    return model->logits(batch, context).to(at::kDouble);
  }
};

// The largest difference as a share of the largest golden value.
inline double relative(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return 1e9;
  const double scale = expected.abs().max().item<double>();
  return (found.to(at::kDouble) - expected).abs().max().item<double>() / std::max(scale, 1e-12);
}

// What was shown of each family ("forward", "peft", ...): the table of README.md says that and nothing else.
using Shown = std::map<std::string, std::set<std::string>>;

// Compares the named columns of README's table. Call it when every case has run.
inline void compare_with_readme(const Shown& shown, const std::vector<std::string>& columns) {
  const std::vector<std::string> lines = [] {
    std::vector<std::string> all;
    for (const QString& line :
         QString::fromStdString(read_file(Path(MTLORA_SOURCE_DIR) / "README.md")).split(QLatin1Char('\n'))) {
      all.push_back(line.toStdString());
    }
    return all;
  }();
  const auto cells_of = [](const std::string& line) {
    QStringList cells = QString::fromStdString(line).split(QLatin1Char('|'));
    for (QString& cell : cells) cell = cell.trimmed();
    return cells;
  };
  QStringList names;
  std::map<std::string, QStringList> rows;
  for (const std::string& line : lines) {
    if (line.starts_with("| `model_type`")) names = cells_of(line);
    for (const Family& family : families()) {
      if (line.starts_with("| `" + family.model_type + "`")) rows[family.model_type] = cells_of(line);
    }
  }
  for (const Family& family : families()) {
    for (const std::string& column : columns) {
      const qsizetype at = names.indexOf(QString::fromStdString(column));
      const QStringList& row = rows[family.model_type];
      const bool said = at >= 0 && at < row.size() && row[at] == QStringLiteral("✓");
      const auto found = shown.find(family.model_type);
      const bool seen = found != shown.end() && found->second.count(column) > 0;
      QVERIFY2(said == seen, (family.model_type + ", " + column + ": README says " + (said ? "yes" : "no")).c_str());
    }
  }
}

// The names of all cases, as rows of a test's data; those that `wanted` keeps.
inline void family_cases(const std::function<bool(const QString&)>& wanted = {}) {
  QTest::addColumn<QString>("name");
  const QDir folder(QString::fromStdString(families_data.string()));
  for (const QString& name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
    if (!wanted || wanted(name)) QTest::newRow(qPrintable(name)) << name;
  }
}

}  // namespace mtlora
