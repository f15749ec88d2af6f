#include "adapter/target_modules.h"

#include <unicode/regex.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace mtlora {

namespace {

bool matches_suffix(const std::string& name, const std::string& wanted) {
  return name == wanted ||
         (name.size() > wanted.size() && name.ends_with(wanted) && name[name.size() - wanted.size() - 1] == '.');
}

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

std::vector<bool> match_names(const std::vector<LinearInfo>& linears, const std::vector<std::string>& names) {
  std::vector<bool> matched(linears.size());
  for (const std::string& wanted : names) {
    bool any = false;
    for (size_t i = 0; i < linears.size(); ++i) {
      if (!matches_suffix(linears[i].name, wanted)) continue;
      matched[i] = any = true;
    }
    if (!any) {
      throw bad_input("adapter.target_modules: '" + wanted + "' matches no linear layer of this model",
                      "Its layers end in: " + known_parts(linears) + ".", "adapter.target_modules");
    }
  }
  return matched;
}

}  // namespace

std::vector<size_t> match_targets(const std::vector<LinearInfo>& linears, const AdapterOptions& options) {
  const TargetModules& targets = options.target_modules;
  std::vector<bool> matched;
  if (targets.pattern == "all-linear") {
    matched.assign(linears.size(), true);
  } else if (!targets.pattern.empty()) {
    matched = match_pattern(linears, targets.pattern);
  } else {
    matched = match_names(linears, targets.names);
  }
  for (const int64_t layer : options.layers_to_transform) {
    if (std::none_of(linears.begin(), linears.end(), [&](const LinearInfo& linear) { return linear.layer == layer; })) {
      throw bad_input("adapter.layers_to_transform: this model has no layer " + std::to_string(layer),
                      "Layers are counted from 0.", "adapter.layers_to_transform");
    }
  }
  std::vector<size_t> chosen;
  for (size_t i = 0; i < linears.size(); ++i) {
    const auto& layers = options.layers_to_transform;
    const bool in_layers = layers.empty() || std::find(layers.begin(), layers.end(), linears[i].layer) != layers.end();
    if (matched[i] && in_layers) chosen.push_back(i);
  }
  if (chosen.empty()) {
    throw bad_input("adapter.target_modules: no linear layer of this model is selected",
                    "Its layers end in: " + known_parts(linears) + ".", "adapter.target_modules");
  }
  for (const size_t i : chosen) {
    const int64_t smaller = std::min(linears[i].in_features, linears[i].out_features);
    if (options.r > smaller) {
      throw bad_input("adapter.r: " + std::to_string(options.r) + " is larger than the smaller side " +
                          std::to_string(smaller) + " of '" + linears[i].name + "'",
                      "Choose a smaller rank.", "adapter.r");
    }
  }
  return chosen;
}

int64_t adapter_parameters(const LinearInfo& linear, int64_t r, int t_matrices) {
  return r * (linear.in_features + linear.out_features) + t_matrices * r * r;
}

}  // namespace mtlora
