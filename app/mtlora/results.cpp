// mtlora export, geometry: what a run has made.
#include <cmath>
#include <iostream>

#include "api/api.h"
#include "base/error.h"
#include "commands.h"

namespace mtlora::cli {

namespace {

using nlohmann::json;

std::string source, format = "peft", out;
ExportOptions export_options;
int64_t step = -1;
bool as_json = false, as_csv = false;

json finite(double value) { return std::isfinite(value) ? json(value) : json(); }

json rows_of(const Matrix& matrix) {
  if (matrix.empty()) return nullptr;
  json rows = json::array();
  for (size_t i = 0; i < matrix.rows; ++i) {
    json row = json::array();
    for (size_t j = 0; j < matrix.cols; ++j) row.push_back(finite(matrix(i, j)));
    rows.push_back(std::move(row));
  }
  return rows;
}

json module_json(const ModuleGeometry& module) {
  return {{"sigma_ba", module.sigma_ba},
          {"sigma_bta", module.sigma_bta},
          {"K", rows_of(module.k)},
          {"effective_rank", finite(module.effective_rank)},
          {"mean_rotation_degrees", finite(module.mean_rotation_degrees)},
          {"reflection", module.reflection},
          {"condition", module.has_k ? finite(module.condition) : json()},
          {"log_abs_det", module.has_k ? finite(module.log_abs_det) : json()},
          {"delta_fro", finite(module.delta_fro)},
          {"delta_spectral", finite(module.delta_spectral)},
          {"delta_relative", finite(module.delta_relative)}};
}

void print_csv(const json& modules) {
  const std::vector<std::string> columns = {"effective_rank", "mean_rotation_degrees", "reflection",
                                            "condition",      "log_abs_det",           "delta_fro",
                                            "delta_spectral", "delta_relative"};
  std::cout << "module";
  for (const std::string& column : columns) std::cout << "," << column;
  std::cout << "\n";
  for (const auto& [name, module] : modules.items()) {
    std::cout << name;
    for (const std::string& column : columns) {
      std::cout << "," << (module.at(column).is_null() ? "" : module.at(column).dump());
    }
    std::cout << "\n";
  }
}

void print_table(const json& result) {
  std::printf("step %s\n%-56s %9s %9s %9s %9s\n", result.at("step").dump().c_str(), "module", "eff.rank", "rotation",
              "condition", "norm");
  for (const auto& [name, module] : result.at("modules").items()) {
    const auto number = [&](const char* key) {
      return module.at(key).is_null() ? std::nan("") : module.at(key).get<double>();
    };
    std::printf("%-56s %9.3f %8.2f° %9.3g %9.4g\n", name.c_str(), number("effective_rank"),
                number("mean_rotation_degrees"), number("condition"), number("delta_fro"));
  }
}

}  // namespace

void add_export_geometry(CLI::App& app) {
  CLI::App* export_command = app.add_subcommand("export", "Write a run's result or an adapter in another form");
  export_command->add_option("source", source, "Run, checkpoint or adapter folder")->required();
  export_command->add_option("--format", format, "peft, merged, gguf, mtlora")->capture_default_str();
  export_command->add_option("--out", out, "Folder to write")->required();
  export_command->add_option("--model", export_options.model,
                             "The base, for merged and gguf; left out: the adapter's own");
  export_command->add_option("--dtype", export_options.dtype, "Of the weights: auto, float32, bfloat16, float16")
      ->capture_default_str();
  export_command->callback([] {
    const ExportResult result = export_adapter(source, format, out, export_options);
    for (const ExportedFile& file : result.files) std::cout << file.path.string() << "\t" << file.bytes << "\n";
    std::cerr << "\nTo load it:\n\n" << result.python;
  });

  CLI::App* geometry = app.add_subcommand("geometry", "How T rotates and scales the adapter's singular vectors");
  geometry->add_option("source", source, "Run, checkpoint or adapter folder")->required();
  geometry->add_option("--step", step, "A recorded step of the run; left out: the last");
  geometry->add_flag("--json", as_json, "As JSON");
  geometry->add_flag("--csv", as_csv, "As CSV");
  geometry->callback([] {
    const GeometryOfAdapter found = geometry_of(source, step);
    json result = {{"step", found.step}, {"modules", json::object()}};
    for (const ModuleSnapshot& snapshot : found.modules) {
      result["modules"][snapshot.module] = module_json(derive_geometry(snapshot));
    }
    if (as_json) {
      std::cout << result.dump() << "\n";
    } else if (as_csv) {
      print_csv(result.at("modules"));
    } else {
      print_table(result);
    }
  });
}

}  // namespace mtlora::cli
