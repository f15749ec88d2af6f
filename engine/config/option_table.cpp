#include "config/option_table.h"

#include <algorithm>

#include "base/error.h"
#include "config/option_rows.h"

namespace mtlora {

std::vector<Option>& option_rows() {
  static std::vector<Option> table = [] {
    std::vector<Option> rows;
    add_model_and_data_options(rows);
    add_adapter_options(rows);
    add_train_options(rows);
    add_eval_and_output_options(rows);
    return rows;
  }();
  return table;
}

const std::vector<Option>& option_table() { return option_rows(); }

namespace {

std::string group_of(const std::string& key) { return key.substr(0, key.find('.')); }
std::string leaf_of(const std::string& key) { return key.substr(key.find('.') + 1); }

// The key that was meant, or "": the same name in another group (or with no group given), else a misspelt name in the
// same group, else a misspelling of the whole.
std::string nearest_key(const std::string& key) {
  std::vector<std::string> keys, in_group;
  for (const Option& option : option_table()) {
    if (leaf_of(option.key) == leaf_of(key)) return option.key;
    keys.push_back(option.key);
    if (group_of(option.key) == group_of(key)) in_group.push_back(leaf_of(option.key));
  }
  const std::string leaf = nearest_name(leaf_of(key), in_group.data(), in_group.size());
  if (!in_group.empty()) return leaf.empty() ? "" : group_of(key) + "." + leaf;
  if (key.find('.') != key.npos) return nearest_name(key, keys.data(), keys.size());
  for (std::string& known : keys) known = leaf_of(known);
  const std::string bare = nearest_name(key, keys.data(), keys.size());
  return bare.empty() ? "" : nearest_key(bare);
}

}  // namespace

const Option& find_option(const std::string& key) {
  const std::vector<Option>& table = option_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const Option& o) { return o.key == key; });
  if (found != table.end()) return *found;
  const std::string near = nearest_key(key);
  throw bad_input(key + ": no setting has this name" + (near.empty() ? "" : "; the nearest is " + near),
                  near.empty() ? "`mtlora options` lists all settings." : "Did you mean " + near + "?", key);
}

void set_option_choices(const std::string& key, std::vector<std::string> choices) {
  find_option(key);  // refuses an unknown one
  for (Option& option : option_rows())
    if (option.key == key) option.choices = std::move(choices);
}

}  // namespace mtlora
