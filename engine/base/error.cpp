#include "base/error.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace mtlora {

static size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_name(const std::string& name, const std::string* names, size_t count) {
  std::string best;
  size_t best_distance = name.size() / 2 + 2;  // further than this is no misspelling
  for (size_t i = 0; i < count; ++i) {
    const size_t distance = edit_distance(name, names[i]);
    if (distance < best_distance) best = names[i], best_distance = distance;
  }
  return best;
}

}  // namespace mtlora
