// What goes over memory once: normalisation, activation, dropout. Included once by kernels.cpp.

inline Vec factor_at(const DropoutRows& drop, int64_t row, int64_t column) {
  return dropout_factor(drop, drop.bases[row], static_cast<uint32_t>(column));
}

void norm_forward(const float* x, const float* residual, const float* gamma, const float* beta, float eps, int64_t rows,
                  int64_t columns, const DropoutRows& drop, float* y, float* normalised, float* inverse_deviation) {
  const float share = 1.0F / static_cast<float>(columns);
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = x + r * columns;
    const float* more = residual == nullptr ? nullptr : residual + r * columns;
    float* out = y + r * columns;  // holds the sum until it is normalised
    Vec total{};
    sweep(columns, [&](int64_t c, auto which) {
      Vec v = load(in + c, which);
      if (drop.bases != nullptr) v *= factor_at(drop, r, c);
      if (more != nullptr) v += load(more + c, which);
      total += v;
      store(out + c, v, which);
    });
    const float mean = sum_of_lanes(total) * share;
    Vec squares{};
    sweep(columns, [&](int64_t c, auto which) {
      const Vec v = select(which, load(out + c, which) - mean, Vec{});
      squares += v * v;
    });
    const float inverse = 1.0F / __builtin_sqrtf(sum_of_lanes(squares) * share + eps);
    sweep(columns, [&](int64_t c, auto which) {
      const Vec v = (load(out + c, which) - mean) * inverse;
      if (normalised != nullptr) store(normalised + r * columns + c, v, which);
      store(out + c, v * load(gamma + c, which) + load(beta + c, which), which);
    });
    if (inverse_deviation != nullptr) inverse_deviation[r] = inverse;
  }
}

// With g = dy ∘ gamma and x̂ the normalised row: dx = (g − mean(g) − x̂ · mean(g ∘ x̂)) / deviation (Ba et al. 2016).
void norm_backward(const float* grad_y, const float* normalised, const float* inverse_deviation, const float* gamma,
                   int64_t rows, int64_t columns, const DropoutRows& drop, float* grad_sum, float* grad_x) {
  const float share = 1.0F / static_cast<float>(columns);
  for (int64_t r = 0; r < rows; ++r) {
    const float* grad = grad_y + r * columns;
    const float* unit = normalised + r * columns;
    Vec total{}, along{};
    sweep(columns, [&](int64_t c, auto which) {
      const Vec g = load(grad + c, which) * load(gamma + c, which);
      total += g;
      along += g * load(unit + c, which);
    });
    const float mean = sum_of_lanes(total) * share, slope = sum_of_lanes(along) * share;
    const float inverse = inverse_deviation[r];
    sweep(columns, [&](int64_t c, auto which) {
      const Vec g = load(grad + c, which) * load(gamma + c, which);
      const Vec v = (g - mean - load(unit + c, which) * slope) * inverse;
      store(grad_sum + r * columns + c, v, which);
      if (grad_x != nullptr) store(grad_x + r * columns + c, v * factor_at(drop, r, c), which);
    });
  }
}

// Φ(x) = (1 + erf(x / √2)) / 2 and the density φ(x) = e^(−x² / 2) / √(2π), out of one exponential: the approximation
// 7.1.26 of Abramowitz and Stegun, whose error in erf is below 1.5e-7.
struct Normal {
  Vec distribution, density;
};
inline Normal normal(Vec x) {
  const Vec bell = power_of_two(x * x * (-0.5F * log2_e));
  const Vec t = 1.0F / (absolute(x) * (0.3275911F * 0.707106781F) + 1.0F);
  Vec p = t * (0.5F * 1.061405429F) - 0.5F * 1.453152027F;
  p = p * t + 0.5F * 1.421413741F;
  p = p * t - 0.5F * 0.284496736F;
  p = p * t + 0.5F * 0.254829592F;
  const Vec tail = p * (t * bell);  // Φ(−|x|)
  return {x < Vec{} ? tail : 1.0F - tail, bell * 0.39894228F};
}

// The tanh form x (1 + tanh u) / 2 with u = √(2/π) (x + 0.044715 x³) is x / (1 + e^(−2u)).
constexpr float two_root = 1.59576912F, cubic = 0.044715F;  // 2 √(2/π)
inline Vec exponential_of_minus_2u(Vec x) {
  const Vec power = x * (x * x * (-two_root * log2_e * cubic) - two_root * log2_e);
  return power_of_two(smaller(splat(126.0F), power));
}

void gelu_forward(Gelu form, const float* x, int64_t count, float* y) {
  sweep(count, [&](int64_t i, auto which) {
    const Vec v = load(x + i, which);
    store(y + i, v * (form == Gelu::Erf ? normal(v).distribution : 1.0F / (exponential_of_minus_2u(v) + 1.0F)), which);
  });
}

void gelu_backward(Gelu form, const float* x, const float* grad_y, int64_t count, float* grad_x) {
  sweep(count, [&](int64_t i, auto which) {
    const Vec v = load(x + i, which);
    Vec slope;
    if (form == Gelu::Erf) {
      const Normal n = normal(v);
      slope = n.distribution + v * n.density;
    } else {
      const Vec e = exponential_of_minus_2u(v), s = 1.0F / (e + 1.0F);  // 1 − s = e s, without cancellation
      slope = s + v * (e * s * s) * (v * v * (3.0F * cubic * two_root) + two_root);
    }
    store(grad_x + i, load(grad_y + i, which) * slope, which);
  });
}

void dropout(const float* x, int64_t rows, int64_t columns, const DropoutRows& drop, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    sweep(columns, [&](int64_t c, auto which) {
      store(y + r * columns + c, load(x + r * columns + c, which) * factor_at(drop, r, c), which);
    });
  }
}
