#include "geometry/assignment.h"

#include <limits>

namespace mtlora {

std::vector<size_t> best_assignment(const Matrix& gain) {
  const size_t n = gain.rows;
  const size_t none = n;
  // The reduced cost −gain(i, j) − row_price(i) − column_price(j) stays at least 0, and is 0 on assigned pairs.
  std::vector<double> row_price(n, 0.0), column_price(n, 0.0);
  std::vector<size_t> row_of(n, none), column_of(n, none);
  for (size_t start = 0; start < n; ++start) {
    // Shortest path (Dijkstra over columns) from the free row `start` to a free column.
    std::vector<double> distance(n, std::numeric_limits<double>::infinity());
    std::vector<size_t> from(n, start);  // the row before each column on its path
    std::vector<char> done(n, 0);
    size_t row = start, column = none;
    double length = 0;
    do {
      size_t nearest = none;
      for (size_t j = 0; j < n; ++j) {
        if (done[j]) continue;
        const double to = length - gain(row, j) - row_price[row] - column_price[j];
        if (to < distance[j]) {
          distance[j] = to;
          from[j] = row;
        }
        if (nearest == none || distance[j] < distance[nearest]) nearest = j;
      }
      column = nearest;
      length = distance[column];
      done[column] = 1;
      row = row_of[column];
    } while (row != none);
    for (size_t j = 0; j < n; ++j) {
      if (!done[j]) continue;
      column_price[j] -= length - distance[j];
      if (row_of[j] != none) row_price[row_of[j]] += length - distance[j];
    }
    row_price[start] += length;
    while (true) {  // turn the path round
      const size_t r = from[column];
      row_of[column] = r;
      std::swap(column_of[r], column);
      if (r == start) break;
    }
  }
  return column_of;
}

}  // namespace mtlora
