#include "model/rotary_embedding.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace mtlora {

namespace {

using nlohmann::json;

// The object that holds the kind and its numbers, or an empty one. Version 5 of transformers writes rope_parameters
// (theta inside, or one object for each kind of layer), earlier ones rope_theta and rope_scaling.
json parameters_of(const ModelConfig& config, const std::string& layer_type) {
  const json& all = config.json();
  const auto object = [&](const char* key) {
    const auto it = all.find(key);
    if (it == all.end() || it->is_null()) return json();
    if (!it->is_object()) {
      throw bad_input("'" + config.path().string() + "', " + key + ": expected an object, found " + it->dump());
    }
    return *it;
  };
  json parameters = object("rope_scaling");
  if (parameters.is_null()) parameters = object("rope_parameters");
  if (!layer_type.empty() && parameters.is_object() && parameters.contains(layer_type)) {
    parameters = parameters.at(layer_type);
  }
  return parameters.is_object() ? parameters : json::object();
}

class Numbers {
 public:
  Numbers(const ModelConfig& config, const json& values) : config_(config), values_(values) {}

  double at(const char* key, double fallback) const {
    const auto it = values_.find(key);
    if (it == values_.end() || it->is_null()) return std::isnan(fallback) ? config_.real(key, required(key)) : fallback;
    if (!it->is_number() || !(it->get<double>() > 0)) fail(key, "a number above 0", it->dump());
    return it->get<double>();
  }
  double at(const char* key) const { return at(key, std::nan("")); }

  at::Tensor list(const char* key, int64_t length) const {
    const auto it = values_.find(key);
    std::vector<double> numbers;
    if (it != values_.end() && it->is_array()) {
      for (const json& number : *it) {
        if (number.is_number()) numbers.push_back(number.get<double>());
      }
    }
    if (static_cast<int64_t>(numbers.size()) != length) {
      fail(key, std::to_string(length) + " numbers", it == values_.end() ? "nothing" : it->dump());
    }
    return at::tensor(numbers, at::kFloat);
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& expected, const std::string& found) const {
    throw bad_input("'" + config_.path().string() + "', rope parameters, " + key + ": expected " + expected +
                    ", found " + found);
  }
  // A number may stand beside the object (original_max_position_embeddings of Phi-3).
  double required(const char* key) const {
    if (!config_.has(key)) fail(key, "a number above 0", "nothing");
    return 0;
  }

  const ModelConfig& config_;
  const json& values_;
};

// Llama 3.1's: wavelengths beyond the original length are stretched by `factor`, those below `high` of it are kept.
at::Tensor llama3_frequencies(const at::Tensor& frequencies, const Numbers& numbers) {
  const double factor = numbers.at("factor"), low = numbers.at("low_freq_factor"),
               high = numbers.at("high_freq_factor");
  const double length = numbers.at("original_max_position_embeddings");
  const at::Tensor wavelengths = 2 * std::numbers::pi / frequencies;
  const at::Tensor smooth = (length / wavelengths - low) / (high - low);
  const at::Tensor between = (1 - smooth) * frequencies / factor + smooth * frequencies;
  at::Tensor result = at::where(wavelengths.gt(length / low), frequencies / factor, frequencies);
  const at::Tensor is_between = wavelengths.le(length / low).logical_and(wavelengths.ge(length / high));
  return at::where(is_between, between, result);
}

}  // namespace

RotaryEmbedding::RotaryEmbedding(const ModelConfig& config, int64_t head_size, double theta,
                                 const std::string& layer_type) {
  const json parameters = parameters_of(config, layer_type);
  const Numbers numbers(config, parameters);
  std::string kind = "default";
  for (const char* key : {"rope_type", "type"}) {
    if (parameters.contains(key) && parameters.at(key).is_string()) {
      kind = parameters.at(key).get<std::string>();
      break;
    }
  }
  const double base = numbers.at("rope_theta", config.real("rope_theta", theta));
  const double share = numbers.at("partial_rotary_factor", config.real("partial_rotary_factor", 1));
  const int64_t turned = static_cast<int64_t>(static_cast<double>(head_size) * share);
  if (turned < 2 || turned % 2 != 0 || turned > head_size) {
    throw bad_input("'" + config.path().string() + "': rotary embedding over " + std::to_string(turned) + " of " +
                    std::to_string(head_size) + " values of a head; expected an even number");
  }
  // As transformers: exponents in fp32.
  const at::Tensor exponents = at::arange(0, turned, 2, at::kFloat) / static_cast<double>(turned);
  const at::Tensor powers = at::pow(at::scalar_tensor(base, at::kFloat), exponents);
  if (kind == "default") {
    frequencies_ = 1 / powers;
  } else if (kind == "linear") {
    frequencies_ = 1 / powers / numbers.at("factor");
  } else if (kind == "llama3") {
    frequencies_ = llama3_frequencies(1 / powers, numbers);
  } else if (kind == "longrope" || kind == "su" || (kind == "yarn" && config.model_type() == "phi3")) {  // older names
    const int64_t pairs = turned / 2;
    frequencies_ = 1 / (numbers.list("short_factor", pairs) * powers);
    long_frequencies_ = 1 / (numbers.list("long_factor", pairs) * powers);
    const double original = numbers.at("original_max_position_embeddings");
    original_length_ = static_cast<int64_t>(original);
    const double longest = static_cast<double>(config.positive("max_position_embeddings"));
    const double stretch = numbers.at("factor", longest / original);
    const double usual = stretch <= 1 ? 1 : std::sqrt(1 + std::log(stretch) / std::log(original));
    factor_ = numbers.at("attention_factor", usual);
  } else {
    throw bad_input("'" + config.path().string() +
                    "', rope_type: expected default, linear, llama3 or longrope, found '" + kind + "'");
  }
}

RotaryEmbedding::Angles RotaryEmbedding::angles(const PackedBatch& batch) const {
  const at::Device device = batch.position_ids.device();
  const at::Tensor positions = batch.position_ids.to(at::kFloat).unsqueeze(1);  // [N, 1]
  at::Tensor angles = positions * frequencies_.to(device);                      // [N, R/2]
  if (long_frequencies_.defined()) {
    const int32_t* cu = batch.cu_seqlens.const_data_ptr<int32_t>();
    const at::Tensor on_cpu = batch.position_ids.to(at::kCPU);
    const int64_t* places = on_cpu.const_data_ptr<int64_t>();
    at::Tensor is_long = at::zeros({batch.tokens(), 1}, at::kBool);
    for (int64_t s = 0; s < batch.sequences(); ++s) {
      if (cu[s + 1] > cu[s] && places[cu[s + 1] - 1] + 1 > original_length_)
        is_long.slice(0, cu[s], cu[s + 1]).fill_(true);
    }
    angles = at::where(is_long.to(device), positions * long_frequencies_.to(device), angles);
  }
  return {at::cos(angles) * factor_, at::sin(angles) * factor_};
}

}  // namespace mtlora
