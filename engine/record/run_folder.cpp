#include "record/run_folder.h"

#include <algorithm>
#include <charconv>

namespace mtlora {

namespace fs = std::filesystem;

std::vector<CheckpointFolder> list_checkpoints(const Path& run_folder) {
  std::vector<CheckpointFolder> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(run_folder / "checkpoints", error)) {
    const std::string name = entry.path().filename().string();
    int64_t step = 0;
    const auto [end, parsed] = std::from_chars(name.data(), name.data() + name.size(), step);
    if (parsed != std::errc() || end != name.data() + name.size()) continue;  // one being written
    if (fs::exists(entry.path() / "state.json", error)) found.push_back({step, entry.path()});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

bool holds_run(const Path& folder) {
  std::error_code error;
  return fs::exists(folder / "run.json", error);
}

}  // namespace mtlora
