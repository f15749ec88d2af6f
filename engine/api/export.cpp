// The part of api.h about export.
#include <algorithm>

#include "adapter/adapter_files.h"
#include "adapter/gguf_lora.h"
#include "adapter/merge.h"
#include "api/api.h"
#include "base/error.h"
#include "io/model_folder.h"

namespace mtlora {

namespace {

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

// Lines of Python that load what was written.
std::string python_lines(const AdapterFolder& adapter, const std::string& format, const Path& folder) {
  const bool writes = adapter.config.language_model;
  const std::string auto_class = writes ? "AutoModelForCausalLM" : "AutoModelForSequenceClassification";
  const std::string outputs = writes ? "" : ", num_labels=" + std::to_string(adapter.num_labels());
  if (format == "merged") {
    return "from transformers import " + auto_class + ", AutoTokenizer\n\nfolder = " + quoted(folder.string()) +
           "\ntokenizer = AutoTokenizer.from_pretrained(folder)\nmodel = " + auto_class +
           ".from_pretrained(folder).eval()\n";
  }
  if (format == "mtlora") {
    return "from safetensors.torch import load_file\n\n"
           "# lora_A, lora_B, lora_C and lora_D of each module, apart\n"
           "tensors = load_file(" +
           quoted((folder / "adapter_model.safetensors").string()) + ")\n";
  }
  if (format == "gguf") {
    return "from gguf import GGUFReader\n\n# llama-cli -m BASE.gguf --lora " + (folder / "adapter.gguf").string() +
           "\nreader = GGUFReader(" + quoted((folder / "adapter.gguf").string()) + ")\n";
  }
  return "from transformers import " + auto_class +
         ", AutoTokenizer\nfrom peft import PeftModel\n\nbase = " + quoted(adapter.config.base_model) +
         "\ntokenizer = AutoTokenizer.from_pretrained(base)\nmodel = " + auto_class + ".from_pretrained(base" +
         outputs + ")\nmodel = PeftModel.from_pretrained(model, " + quoted(folder.string()) + ").eval()\n";
}

void write_gguf(const AdapterFolder& adapter, const Path& base, const Path& folder, const std::string& dtype) {
  if (dtype != "auto" && dtype != "float32" && dtype != "float16") {
    throw bad_input("dtype: expected float32 or float16 for a GGUF adapter, found '" + dtype + "'");
  }
  std::map<std::string, LoraPair> modules;
  for (const std::string& module : adapter.modules()) {
    const at::Tensor a = adapter.a(module);
    // llama.cpp multiplies by alpha / rank with one alpha for all: what differs goes into B.
    const double theirs = adapter.config.options.lora_alpha / static_cast<double>(a.size(0));
    modules[module] = {a, adapter.folded_b(module) * (adapter.scaling(module) / theirs)};
  }
  make_folder(folder);
  export_gguf_lora(folder / "adapter.gguf", ModelConfig(base), modules, adapter.config.options.lora_alpha,
                   folder.filename().string(), dtype == "float16");
}

std::string obstacle_of(const AdapterFolder& adapter, const std::string& format) {
  const bool full = adapter.config.options.method == "full";
  if (full && (format == "peft" || format == "gguf")) {
    return "The run changed every weight itself: there is no adapter to fold.";
  }
  if (format != "gguf") return {};
  if (!adapter.config.language_model) return "llama.cpp runs language models; it has no classification head.";
  if (!adapter.config.options.modules_to_save.empty()) {
    return "'" + adapter.config.options.modules_to_save.front() +
           "' was trained whole, which a GGUF adapter can't hold.";
  }
  if (adapter.config.options.bias != "none") return "The adapter has trained biases, which a GGUF adapter can't hold.";
  return {};
}

}  // namespace

std::string export_obstacle(const Path& source, const std::string& format) {
  const AdapterFolder adapter(adapter_folder_of(source.string()));
  if (std::string obstacle = obstacle_of(adapter, format); !obstacle.empty() || format != "gguf") return obstacle;
  const std::string family = ModelConfig(find_model_folder(adapter.config.base_model)).model_type();
  const std::vector<std::string>& known = gguf_families();
  if (std::find(known.begin(), known.end(), family) != known.end()) return {};
  return "GGUF adapters can be written for llama, mistral, qwen2, qwen3, gemma2 and phi3, not for " + family + ".";
}

ExportResult export_adapter(const Path& source, const std::string& format, const Path& out,
                            const ExportOptions& options) {
  const AdapterFolder adapter(adapter_folder_of(source.string()));
  ExportResult result;
  result.folder = std::filesystem::absolute(out).lexically_normal();
  if (!result.folder.has_filename()) result.folder = result.folder.parent_path();  // "folder/"
  if (std::error_code error; std::filesystem::equivalent(adapter.folder, out, error)) {
    throw bad_input("'" + out.string() + "' is the adapter itself", "Choose another folder.");
  }
  if (const std::string obstacle = obstacle_of(adapter, format); !obstacle.empty()) {
    throw bad_input("'" + adapter.folder.string() + "' can't be exported as " + format, obstacle);
  }
  const auto base = [&] {
    return find_model_folder(options.model.empty() ? adapter.config.base_model : options.model);
  };
  if (format == "peft") {
    export_peft(adapter, result.folder);
  } else if (format == "merged") {
    export_merged(adapter, base(), result.folder, {options.dtype});
  } else if (format == "gguf") {
    write_gguf(adapter, base(), result.folder, options.dtype);
  } else if (format == "mtlora") {
    export_native(adapter, result.folder);
  } else {
    throw bad_input("unknown form '" + format + "'", "Known forms: peft, merged, gguf, mtlora.");
  }
  result.python = python_lines(adapter, format, result.folder);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(result.folder, error)) {
    if (entry.is_regular_file(error))
      result.files.push_back({entry.path(), static_cast<int64_t>(entry.file_size(error))});
  }
  std::sort(result.files.begin(), result.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return result;
}

}  // namespace mtlora
