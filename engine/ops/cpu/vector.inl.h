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

inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }
inline Vec smaller(Vec a, Vec b) { return a < b ? a : b; }

inline float sum_of_lanes(Vec v) {
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2) v += __builtin_shuffle(v, lane_numbers() ^ half);
  return v[0];
}
inline float largest_lane(Vec v) {
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2) v = larger(v, __builtin_shuffle(v, lane_numbers() ^ half));
  return v[0];
}

// e^x to about 2 units in the last place: x = n ln 2 + r, a polynomial in r (coefficients: Cephes' expf, Moshier),
// times 2^n. Results outside of the normal range end at 1e-38 and 2e38; not-a-number stays.
inline Vec exponential(Vec x) {
  x = smaller(larger(splat(-87.3F), x), splat(88.3F));
  const float round = 12582912.0F;  // 1.5 · 2^23: adding it rounds to an integer, in the low bits
  const Vec shifted = x * 1.44269504F + round;
  const Vec n = shifted - round;
  const Vec r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Vec p = splat(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const Ints power = (reinterpret_cast<Ints>(shifted) + 127) << 23;
  return p * reinterpret_cast<Vec>(power);
}

// 1 / (1 − p) or 0 for the units `column` .. of a row: the hash of ops/dropout.h.
inline Vec dropout_factor(const DropoutRows& drop, uint64_t base, uint32_t column) {
  Bits h = static_cast<uint32_t>(base) + column + reinterpret_cast<Bits>(lane_numbers());
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = ((h ^ (h >> 13)) + static_cast<uint32_t>(base >> 32)) * 0xC2B2AE35U;
  h ^= h >> 16;
  return h >= splat_bits(drop.threshold) ? splat(drop.scale) : Vec{};
}
