// Which row goes with which column.
#pragma once

#include "geometry/matrix.h"

namespace mtlora {

// gain [n, n], finite -> column of each row, each column once, with the largest sum of gains. O(n³): shortest
// augmenting paths with row and column prices (Kuhn 1955; Tomizawa 1971).
std::vector<size_t> best_assignment(const Matrix& gain);

}  // namespace mtlora
