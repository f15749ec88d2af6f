#include "adapter/merge.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <stdio.h>

#include <algorithm>

#include "adapter/adapter_set.h"
#include "base/error.h"
#include "io/safetensors.h"
#include "io/weights.h"
#include "model/model.h"
#include "model/registry.h"

namespace mtlora {

using at::Tensor;
using nlohmann::json;

namespace {

// One tensor of the merged model.
struct Merged {
  std::string name;      // transformers'
  std::string in_files;  // of the base; "" where it is new
  std::string module;    // the adapted layer whose weight it is, or ""
  bool transposed = false;
  bool head = false;
};

std::string dtype_name(const MergeOptions& options, const std::string& of_file) {
  if (options.dtype == "auto") return of_file;
  if (options.dtype == "float32") return "F32";
  if (options.dtype == "bfloat16") return "BF16";
  if (options.dtype == "float16") return "F16";
  throw bad_input("dtype: expected auto, float32, bfloat16 or float16, found '" + options.dtype + "'");
}

at::ScalarType scalar_type(const std::string& dtype) {
  if (dtype == "BF16") return at::kBFloat16;
  if (dtype == "F16") return at::kHalf;
  if (dtype == "F64") return at::kDouble;
  return at::kFloat;
}

// Every parameter of the model, adapted or not.
std::vector<Merged> parameters_of(const Model& model, const std::vector<std::string>& adapted) {
  const Parameters& parameters = model.parameters();
  std::vector<Merged> all;
  const auto add = [&](const std::string& name) -> Merged& {
    return all.emplace_back(Merged{name, parameters.weights->find(name), "", false, false});
  };
  for (const NamedTensor& parameter : parameters.others) add(parameter.name);
  for (const Linear& linear : parameters.linears) {
    Merged& weight = add(linear.info.name + ".weight");
    weight.transposed = linear.info.transposed;
    if (std::binary_search(adapted.begin(), adapted.end(), linear.info.name)) weight.module = linear.info.name;
    if (linear.bias.defined()) add(linear.info.name + ".bias");
  }
  for (const NamedTensor& parameter : parameters.head) add(parameter.name).head = true;
  return all;
}

// Gives the bytes of rows of W0 + s·B·T·A, some at a time.
void write_weight(const Tensor& base, const AdapterFolder& source, const Merged& merged, at::ScalarType dtype,
                  const WriteBytes& write) {
  Tensor left, right;  // delta W as it lies in the file: left [rows, r] · right [r, columns]
  if (!merged.module.empty()) {
    const Tensor b = source.folded_b(merged.module) * source.scaling(merged.module);
    const Tensor a = source.a(merged.module).to(at::kDouble);
    left = merged.transposed ? a.t() : b;
    right = merged.transposed ? b.t() : a;
    if (left.size(0) != base.size(0) || right.size(1) != base.size(1)) {
      throw bad_input("'" + source.tensors.path().string() + "': the adapter of '" + merged.module + "' makes " +
                          shape_text({left.size(0), right.size(1)}) + ", the base has " + shape_text(base.sizes()),
                      "This adapter belongs to another model.");
    }
  }
  const int64_t columns = std::max<int64_t>(1, base.numel() / std::max<int64_t>(1, base.size(0)));
  const int64_t rows = std::max<int64_t>(1, (int64_t{1} << 21) / columns);
  for (int64_t first = 0; first < base.size(0); first += rows) {
    Tensor part = base.slice(0, first, std::min(base.size(0), first + rows));
    if (left.defined()) part = part.to(at::kDouble) + left.slice(0, first, first + part.size(0)).mm(right);
    part = part.to(dtype).contiguous();
    write(part.const_data_ptr(), part.nbytes());
  }
}

json merged_config(const AdapterFolder& source, const ModelConfig& config, const MergeOptions& options,
                   const std::string& adapter_sha256) {
  json result = config.json();
  const Family& family = family_of(config);
  const bool writes = source.config.language_model;
  const std::string ending = !writes                       ? "ForSequenceClassification"
                             : family.model_type == "gpt2" ? "LMHeadModel"
                                                           : "ForCausalLM";
  result["architectures"] = {family.class_name + ending};
  result["merged_adapter_sha256"] = adapter_sha256;
  if (options.dtype != "auto") {
    result.erase("torch_dtype");
    result["dtype"] = options.dtype;
  }
  if (writes) return result;
  const int64_t outputs = source.num_labels();
  json id2label = json::object(), label2id = json::object();
  for (int64_t i = 0; i < outputs; ++i) {
    const size_t at = static_cast<size_t>(i);
    const std::string label =
        at < source.config.labels.size() ? source.config.labels[at] : "LABEL_" + std::to_string(i);
    id2label[std::to_string(i)] = label;
    label2id[label] = i;
  }
  result["id2label"] = id2label;
  result["label2id"] = label2id;
  result["problem_type"] = outputs == 1 ? "regression" : "single_label_classification";
  return result;
}

bool belongs_to_tokenizer(const std::string& name) {
  return name.starts_with("tokenizer") || name.starts_with("vocab") || name.starts_with("merges") ||
         name.starts_with("special_tokens") || name.starts_with("added_tokens") || name.ends_with(".model") ||
         name.starts_with("chat_template") || name.starts_with("generation_config") || name.starts_with("LICENSE");
}

// An earlier merged model may be replaced; nothing else may, nor what a person has put beside it.
void refuse_other_files(const Path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder, error) || std::filesystem::is_empty(folder, error)) return;
  const bool is_merged =
      std::filesystem::exists(folder / "config.json", error) && ModelConfig(folder).has("merged_adapter_sha256");
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name == "config.json" || name == "model.safetensors.index.json" ||
                         name.ends_with(".safetensors") || belongs_to_tokenizer(name);
    if (!is_merged || !is_ours || !entry.is_regular_file(error)) {
      throw bad_input("'" + folder.string() + "' holds other files, such as '" + name + "'", "Choose a new folder.");
    }
  }
}

// `partial` becomes `folder`, which may be there already: empty, or an earlier merged model. The two change places in
// one step, so that at any moment one of them is whole under its name.
void put_in_place(const Path& partial, const Path& folder) {
  std::error_code error;
  const bool swaps = std::filesystem::exists(folder, error) &&
                     ::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0;
  if (swaps) {
    std::filesystem::remove_all(partial, error);
  } else {  // nothing there, or a file system that can't do that: the earlier one goes only when the new one stands
    Path before = folder;
    before += ".before";
    std::filesystem::rename(folder, before, error);
    std::filesystem::rename(partial, folder, error);
    if (error) {
      std::error_code ignored;
      std::filesystem::rename(before, folder, ignored);
      throw file_error("'" + folder.string() + "' could not be written: " + error.message());
    }
    std::filesystem::remove_all(before, error);
  }
  sync_folder(std::filesystem::absolute(folder).parent_path());
}

}  // namespace

void export_merged(const AdapterFolder& source, const Path& base, const Path& folder, const MergeOptions& options) {
  const ModelConfig config(base);
  const std::string sha256 = sha256_of_file(source.tensors.path());
  if (config.text("merged_adapter_sha256", "") == sha256) {
    throw bad_input("'" + base.string() + "' is a model into which this adapter is merged already",
                    "Choose the base that the adapter was trained on.");
  }
  std::error_code error;
  if (std::filesystem::equivalent(base, folder, error)) {
    throw bad_input("'" + folder.string() + "' is the model that the adapter was trained on", "Choose a new folder.");
  }
  refuse_other_files(folder);
  for (const auto& [key, entry] : source.tensors.tensors()) {
    const std::string name = "'" + source.tensors.path().string() + "', tensor '" + key + "'";
    check_finite(source, key, tensor_of(entry, source.tensors.file(), name));
  }
  LoadOptions load;
  load.task = source.config.language_model ? ModelTask::CausalLm : ModelTask::Classification;
  if (!source.config.language_model) load.num_labels = source.num_labels();
  const std::unique_ptr<Model> model = load_model(base, load);
  const Weights& weights = model->weights();
  const std::vector<std::string> adapted = source.modules();
  const std::vector<Merged> all = parameters_of(*model, adapted);
  const auto of_module = [](const Merged& merged) { return !merged.module.empty(); };
  if (std::count_if(all.begin(), all.end(), of_module) != static_cast<std::ptrdiff_t>(adapted.size())) {
    throw bad_input(
        "'" + source.tensors.path().string() + "' adapts a layer that '" + base.string() + "' does not have",
        "This adapter belongs to another model.");
  }
  std::vector<TensorPlan> plans;
  for (const Merged& merged : all) {
    const Tensor whole = source.whole(merged.name);
    if (merged.in_files.empty() && !whole.defined()) {
      throw bad_input("neither '" + weights.path().string() + "' nor the adapter has a tensor '" + merged.name + "'",
                      "This adapter belongs to another model.");
    }
    // A head may be of another size; a whole tensor of another would no longer be what config.json says.
    if (whole.defined() && !merged.in_files.empty() && !merged.head &&
        whole.sizes() != at::IntArrayRef(weights.shape(merged.in_files))) {
      throw bad_input("'" + source.tensors.path().string() + "', tensor '" + merged.name + "': the base has it as " +
                          shape_text(weights.shape(merged.in_files)) + ", found " + shape_text(whole.sizes()),
                      "Such an adapter (of a longer vocabulary) can't be merged.");
    }
    const std::string of_file = merged.in_files.empty() ? plans.front().dtype : weights.dtype(merged.in_files);
    plans.push_back({merged.name, dtype_name(options, of_file),
                     whole.defined() ? whole.sizes().vec() : weights.shape(merged.in_files)});
  }
  Path partial = folder;
  partial += ".partial";
  std::filesystem::remove_all(partial, error);
  make_folder(partial);
  write_model_safetensors(
      partial, plans,
      [&](size_t index, const WriteBytes& write) {
        const Merged& merged = all[index];
        Tensor tensor = source.whole(merged.name);
        const bool of_base = !tensor.defined();
        if (of_base) tensor = weights.raw(merged.in_files, weights.shape(merged.in_files));
        write_weight(tensor, source, merged, scalar_type(plans[index].dtype), write);
        if (of_base) weights.release(tensor);
      },
      {{"format", "pt"}}, options.max_shard_bytes);
  weights.check();
  write_file(partial / "config.json", merged_config(source, config, options, sha256).dump(2) + "\n");
  for (const auto& entry : std::filesystem::directory_iterator(base, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file(error) && belongs_to_tokenizer(name)) write_file(partial / name, read_file(entry.path()));
  }
  put_in_place(partial, folder);
}

}  // namespace mtlora
