// SPDX-License-Identifier: Apache-2.0
//
// Adds Gaussian noise to an image, for augmentation. libtorch's generator makes one number after the
// other; here number i depends only on the seed and i (SplitMix64, Steele 2014), so that many are made
// at once.
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "Functions.h"
#include "Guard.h"

namespace cac {
namespace {

typedef uint64_t longs __attribute__((vector_size(128), aligned(8), may_alias));

constexpr int64_t made = 2 * lanes;

CT_INLINE uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// Adds the normal numbers 32 · block ..< 32 · (block + 1) of a seed, by Box and Muller's method (1958).
CT_INLINE void add_block(float *x, float deviation, uint64_t seed, uint64_t block) {
  constexpr uint64_t step = 0x9e3779b97f4a7c15;
  longs z = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  z = (z + (block * lanes + 1)) * step + seed;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  // The upper 24 bits of either half; those of the logarithm are never all zero.
  integers high = __builtin_convertvector(z >> 40, integers);
  integers low = __builtin_convertvector((z >> 8) & 0xffffff, integers);
  floats u = (__builtin_convertvector(high, floats) + 1) * 0x1p-24f, radius, cosine, sine, v;
  log2_of(radius, u);
  radius *= -1.38629436f; // −2 ln 2
  radius = radius > 0 ? radius : floats{};
  for (int64_t i = 0; i < lanes; i++) radius[i] = __builtin_sqrtf(radius[i]);
  circle(cosine, sine, __builtin_convertvector(low, floats) * 0x1p-24f);
  radius *= deviation;
  load(v, x);
  v += radius * cosine;
  store(x, v);
  load(v, x + lanes);
  v += radius * sine;
  store(x + lanes, v);
}

CT_CLONES void add_normal(float *x, int64_t n, float deviation, uint64_t seed) {
  // Seeds that differ by the step would give the same numbers at other positions.
  seed = mixed(seed);
  int64_t block = 0;
  for (; (block + 1) * made <= n; block++) add_block(x + block * made, deviation, seed, block);
  if (block * made < n) {
    float rest[made] = {};
    std::copy(x + block * made, x + n, rest);
    add_block(rest, deviation, seed, block);
    std::copy_n(rest, n - block * made, x + block * made);
  }
}

} // namespace

void noise_in_place(ct_tensor *x, double deviation, uint64_t seed, char **error) {
  perform(__func__, {x}, error, [&] {
    const at::Tensor &v = x->value;
    TORCH_CHECK(at::isFloatingType(v.scalar_type()), "floating-point values were expected");
    if (v.is_cpu() && v.scalar_type() == at::kFloat && v.is_contiguous()) {
      return add_normal(v.data_ptr<float>(), v.numel(), float(deviation), seed);
    }
    // The same numbers on every device.
    auto noise = at::zeros(v.sizes(), at::kFloat);
    add_normal(noise.data_ptr<float>(), noise.numel(), float(deviation), seed);
    v.add_(noise.to(v.device(), v.scalar_type()));
  });
}

} // namespace cac
