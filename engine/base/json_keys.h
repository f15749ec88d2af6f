// The keys of a JSON object that a person may have written: each is taken by name and type, and those that nobody took
// are unknown.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace mtlora {

class JsonKeys {
 public:
  // `place`: what a message begins with ("'plan.json': ").
  JsonKeys(nlohmann::json json, std::string place) : json_(std::move(json)), place_(std::move(place)) {
    if (!json_.is_object()) fail("it is not a JSON object");
  }

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw bad_input(place_ + what, hint);
  }

  // Leaves `value` where the key is not there.
  template <typename T>
  void take(const std::string& key, T& value) {
    known_.push_back(key);
    const auto found = json_.find(key);
    if (found == json_.end()) return;
    try {
      found->get_to(value);
    } catch (const nlohmann::json::exception&) {
      fail("'" + key + "' has the wrong type: " + json_text(*found).substr(0, 80));
    }
  }
  template <typename T>
  void take_needed(const std::string& key, T& value) {
    if (!json_.contains(key)) fail("'" + key + "' is missing");
    take(key, value);
  }

  void refuse_others() const {
    for (const auto& [key, value] : json_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      const std::string nearest = nearest_name(key, known_.data(), known_.size());
      fail("it has an unknown key '" + key + "'", nearest.empty() ? "" : "Did you mean '" + nearest + "'?");
    }
  }

 protected:
  nlohmann::json json_;
  std::string place_;

 private:
  std::vector<std::string> known_;
};

}  // namespace mtlora
