#include "model/registry.h"

#include "base/error.h"
#include "model/bert.h"
#include "model/model.h"

namespace mtlora {

static const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"bert", bert_shape, load_bert},
  };
  return all;
}

const Family& family_of(const ModelConfig& config) {
  std::string known;
  for (const Family& family : families()) {
    if (family.model_type == config.model_type()) return family;
    known += (known.empty() ? "" : ", ") + family.model_type;
  }
  throw bad_input("'" + config.path().string() + "', model_type: expected one of " + known + ", found '" +
                      config.model_type() + "'",
                  "This architecture can't be opened. Choose another model.", "model.name_or_path");
}

std::unique_ptr<Model> load_model(const Path& folder, const LoadOptions& options) {
  const ModelConfig config(folder);
  return family_of(config).load(folder, config, options);
}

}  // namespace mtlora
