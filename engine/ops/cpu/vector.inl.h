// Vectors of `lanes` floats in the compiler's own notation (GCC and Clang), and the functions that the kernels share.
// Included once by kernels.cpp inside the namespace of an instruction set.

#if defined(__AVX512F__)
constexpr int lanes = 16;
constexpr int tile_rows = 8, tile_vectors = 3;  // 24 of 32 registers accumulate
#elif defined(__AVX2__)
constexpr int lanes = 8;
constexpr int tile_rows = 6, tile_vectors = 2;  // 12 of 16
#elif defined(__aarch64__)
constexpr int lanes = 4;
constexpr int tile_rows = 8, tile_vectors = 3;  // 24 of 32
#else
constexpr int lanes = 4;
constexpr int tile_rows = 4, tile_vectors = 2;  // 8 of 16: without a fused multiply-add products need registers too
#endif

typedef float Vec __attribute__((vector_size(lanes * 4)));
typedef int32_t Ints __attribute__((vector_size(lanes * 4)));
typedef uint32_t Bits __attribute__((vector_size(lanes * 4)));
typedef float UnalignedVec __attribute__((vector_size(lanes * 4), aligned(4), may_alias));

inline Vec splat(float x) { return x - Vec{}; }
inline Bits splat_bits(uint32_t x) { return x - Bits{}; }
inline Ints lane_numbers() {
  Ints numbers{};
  for (int i = 0; i < lanes; ++i) numbers[i] = i;
  return numbers;
}

// All lanes of a vector, or the first `count` of them (where a row ends): loading fills the others with 0.
struct All {};
struct First {
  int64_t count;
};
inline Vec load(const float* p, All = {}) { return *reinterpret_cast<const UnalignedVec*>(p); }
inline void store(float* p, Vec v, All = {}) { *reinterpret_cast<UnalignedVec*>(p) = v; }
inline Vec load(const float* p, First first) {
  Vec v{};
  __builtin_memcpy(&v, p, static_cast<size_t>(first.count) * sizeof(float));
  return v;
}
inline void store(float* p, Vec v, First first) {
  __builtin_memcpy(p, &v, static_cast<size_t>(first.count) * sizeof(float));
}
inline Vec select(All, Vec v, Vec) { return v; }
inline Vec select(First first, Vec v, Vec others) {
  return lane_numbers() < static_cast<int32_t>(first.count) ? v : others;
}

// visit(offset, which lanes) over a row of `count` floats.
template <typename Visit>
inline void sweep(int64_t count, Visit visit) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) visit(i, All{});
  if (i < count) visit(i, First{count - i});
}

// The larger or the smaller; not-a-number in b stays.
inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }
inline Vec smaller(Vec a, Vec b) { return a < b ? a : b; }
inline Vec absolute(Vec v) { return reinterpret_cast<Vec>(reinterpret_cast<Ints>(v) & 0x7FFFFFFF); }

// Lane i of the result is lane which[i] of a and b, one after the other. Clang has no such function: there it is as
// many moves.
inline Vec shuffle(Vec a, Vec b, Ints which) {
#if defined(__clang__)
  Vec result{};
  for (int i = 0; i < lanes; ++i) result[i] = which[i] < lanes ? a[which[i]] : b[which[i] - lanes];
  return result;
#else
  return __builtin_shuffle(a, b, which);
#endif
}

inline float sum_of_lanes(Vec v) {
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2) v += shuffle(v, v, lane_numbers() ^ half);
  return v[0];
}
inline float largest_lane(Vec v) {
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2) v = larger(v, shuffle(v, v, lane_numbers() ^ half));
  return v[0];
}

// 2^x for x < 128, relative error below 2e-7; what is below 2^−125 becomes 2^−125, not-a-number stays. With n the
// nearest integer, 2^(x − n) is a polynomial (fitted to the smallest largest relative error, 1 at 0) and n is added to
// its exponent.
constexpr float log2_e = 1.44269504F;
inline Vec power_of_two(Vec x) {
  x = larger(splat(-125.0F), x);
  const float round = 12582912.0F;  // 1.5 · 2^23: adding it leaves the nearest integer in the low bits
  const Vec shifted = x + round;
  const Vec r = x - (shifted - round);
  Vec p = r * 1.327463309e-3F + 9.671961889e-3F;
  p = p * r + 5.550678447e-2F;
  p = p * r + 2.402223498e-1F;
  p = p * r + 6.931470633e-1F;
  p = p * r + 1.0F;
  return reinterpret_cast<Vec>(reinterpret_cast<Ints>(p) + (reinterpret_cast<Ints>(shifted) << 23));
}

// 1 / (1 − p) or 0 for the units `column` .. of a row: the hash of ops/dropout.h.
inline Vec dropout_factor(const DropoutRows& drop, uint64_t base, uint32_t column) {
  Bits h = static_cast<uint32_t>(base) + column + reinterpret_cast<Bits>(lane_numbers());
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = ((h ^ (h >> 13)) + static_cast<uint32_t>(base >> 32)) * 0xC2B2AE35U;
  h ^= h >> 16;
  return h >= splat_bits(drop.threshold) ? splat(drop.scale) : Vec{};
}
