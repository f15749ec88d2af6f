#include "adapter/target_modules.h"

#include <unicode/regex.h>

#include <algorithm>
#include <set>

#include "adapter/adapter_config.h"
#include "base/error.h"

namespace mtlora {

bool matches_suffix(const std::string& name, const std::string& wanted) {
  return name == wanted ||
         (name.size() > wanted.size() && name.ends_with(wanted) && name[name.size() - wanted.size() - 1] == '.');
}

namespace {

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

std::string known_parts(const std::vector<LinearInfo>& linears) {
  std::set<std::string> parts;
  for (const LinearInfo& linear : linears) parts.insert(last_part(linear.name));
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

// The linears that a regular expression matches as a whole.
std::vector<bool> match_pattern(const std::vector<LinearInfo>& linears, const std::string& pattern) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where{};
  const std::unique_ptr<icu::RegexPattern> regex(
      icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(pattern), 0, where, status));
  if (U_FAILURE(status)) {
    throw bad_input("adapter.target_modules: '" + pattern + "' is not a regular expression (" + u_errorName(status) +
                        " at character " + std::to_string(where.offset + 1) + ")",
                    "Give a list of names, a regular expression over whole names, or \"all-linear\".",
                    "adapter.target_modules");
  }
  std::vector<bool> matched;
  for (const LinearInfo& linear : linears) {
    const icu::UnicodeString name = icu::UnicodeString::fromUTF8(linear.name);
    const std::unique_ptr<icu::RegexMatcher> matcher(regex->matcher(name, status));
    matcher->setTimeLimit(1000, status);  // a pattern that backtracks without end is an error, not a hang
    matched.push_back(matcher->matches(status));
    if (U_FAILURE(status)) {
      throw bad_input("adapter.target_modules: matching '" + pattern + "' failed (" + u_errorName(status) + ")",
                      "Simplify the expression.", "adapter.target_modules");
    }
  }
  return matched;
}

// The parts of a fused layer that `wanted` names ("c_attn.q"): none where it names no part.
std::vector<LinearPart> named_parts(const LinearInfo& linear, const std::string& wanted) {
  std::vector<LinearPart> parts;
  for (const LinearPart& part : linear.parts) {
    if (matches_suffix(linear.name + "." + part.name, wanted)) parts.push_back(part);
  }
  return parts;
}

std::vector<bool> match_names(const std::vector<LinearInfo>& linears, const std::vector<std::string>& names,
                              bool split_fused) {
  std::vector<bool> matched(linears.size());
  for (const std::string& wanted : names) {
    bool any = false;
    for (size_t i = 0; i < linears.size(); ++i) {
      if (!matches_suffix(linears[i].name, wanted) && (!split_fused || named_parts(linears[i], wanted).empty()))
        continue;
      matched[i] = any = true;
    }
    if (!any) {
      throw bad_input("adapter.target_modules: '" + wanted + "' matches no linear layer of this model",
                      "Its layers end in: " + known_parts(linears) + ".", "adapter.target_modules");
    }
  }
  return matched;
}

// The parts of a chosen layer under split_fused: those that are named, else all.
std::vector<LinearPart> chosen_parts(const LinearInfo& linear, const TargetModules& targets) {
  std::vector<LinearPart> parts;
  for (const LinearPart& part : linear.parts) {
    for (const std::string& wanted : targets.names) {
      if (!matches_suffix(linear.name + "." + part.name, wanted)) continue;
      parts.push_back(part);
      break;
    }
  }
  return parts.empty() ? linear.parts : parts;
}

}  // namespace

std::vector<Target> match_targets(const std::vector<LinearInfo>& linears, const AdapterOptions& options) {
  const TargetModules& targets = options.target_modules;
  std::vector<bool> matched;
  if (targets.pattern == "all-linear") {
    matched.assign(linears.size(), true);
  } else if (!targets.pattern.empty()) {
    matched = match_pattern(linears, targets.pattern);
  } else {
    matched = match_names(linears, targets.names, options.split_fused);
  }
  for (const int64_t layer : options.layers_to_transform) {
    if (std::none_of(linears.begin(), linears.end(), [&](const LinearInfo& linear) { return linear.layer == layer; })) {
      throw bad_input("adapter.layers_to_transform: this model has no layer " + std::to_string(layer),
                      "Layers are counted from 0.", "adapter.layers_to_transform");
    }
  }
  std::vector<Target> chosen;
  for (size_t i = 0; i < linears.size(); ++i) {
    const auto& layers = options.layers_to_transform;
    const bool in_layers = layers.empty() || std::find(layers.begin(), layers.end(), linears[i].layer) != layers.end();
    if (!matched[i] || !in_layers) continue;
    Target& target = chosen.emplace_back();
    target.linear = i;
    if (options.split_fused) target.parts = chosen_parts(linears[i], targets);
    target.r = rank_of(options, linears[i].name);
    target.lora_alpha = alpha_of(options, linears[i].name);
  }
  if (chosen.empty()) {
    throw bad_input("adapter.target_modules: no linear layer of this model is selected",
                    "Its layers end in: " + known_parts(linears) + ".", "adapter.target_modules");
  }
  for (const Target& target : chosen) {
    const LinearInfo& linear = linears[target.linear];
    int64_t smaller = std::min(linear.in_features, linear.out_features);
    for (const LinearPart& part : target.parts) smaller = std::min(smaller, part.rows);
    if (target.rank() > linear.in_features || target.r > smaller) {
      throw bad_input("adapter.r: " + std::to_string(target.r) + " is larger than the smaller side " +
                          std::to_string(smaller) + " of '" + linear.name + "'",
                      "Choose a smaller rank.", "adapter.r");
    }
  }
  return chosen;
}

bool matches_whole(const std::string& name, const std::string& pattern) {
  LinearInfo linear;
  linear.name = name;
  return match_pattern({linear}, pattern)[0];
}

int64_t adapter_parameters(const LinearInfo& linear, const Target& target, int t_matrices) {
  int64_t out = target.parts.empty() ? linear.out_features : 0;
  for (const LinearPart& part : target.parts) out += part.rows;
  return target.rank() * linear.in_features + target.r * out + t_matrices * target.rank() * target.rank();
}

}  // namespace mtlora
