// SPDX-License-Identifier: Apache-2.0
//
// A short symmetric filter along one axis in place, for augmentation. libtorch's convolution of a
// single channel takes several times as long, and needs the image padded before.
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "Guard.h"
#include "Lanes.h"

namespace cac {
namespace {

/// The index after mirroring at the first and last voxel, which are not repeated.
inline int64_t reflected(int64_t i, int64_t length) {
  if (length == 1) return 0;
  int64_t period = 2 * (length - 1);
  i = ((i % period) + period) % period;
  return std::min(i, period - i);
}

constexpr int most = 3;         // neighbours on either side
constexpr int64_t strip = 1024; // columns at once, so that the lines stay in the first cache

/// to = w[0] · at[0] + Σ w[k] (at[-k] + at[k]); `at` lists the lines from -half to half.
CT_INLINE void line(float *to, const float *const *at, const float *w, int half, int64_t n) {
  floats sum, a, b;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    load(a, at[half] + i);
    sum = a * w[0];
    for (int k = 1; k <= half; k++) {
      load(a, at[half - k] + i);
      load(b, at[half + k] + i);
      sum += (a + b) * w[k];
    }
    store(to + i, sum);
  }
  for (; i < n; i++) {
    float one = w[0] * at[half][i];
    for (int k = 1; k <= half; k++) one += w[k] * (at[half - k][i] + at[half + k][i]);
    to[i] = one;
  }
}

/// Filters lines at a distance of `stride`, `n` columns of each.
CT_CLONES void filter_lines(float *x, const float *w, int half, int64_t length, int64_t stride,
                            int64_t n) {
  // The last lines before they were filtered.
  float before[most + 1][strip];
  const float *at[2 * most + 1];
  for (int64_t i = 0; i < length; i++, x += stride) {
    std::copy_n(x, n, before[i % (most + 1)]);
    for (int k = -half; k <= half; k++) {
      int64_t j = reflected(i + k, length);
      at[half + k] = j > i ? x + (j - i) * stride : before[j % (most + 1)];
    }
    line(x, at, w, half, n);
  }
}

/// Filters a line along itself; `room` has space for it with its mirrored ends.
CT_CLONES void filter_line(float *x, const float *w, int half, int64_t length, float *room) {
  std::copy_n(x, length, room + half);
  for (int k = 1; k <= half; k++) {
    room[half - k] = x[reflected(-k, length)];
    room[half + length - 1 + k] = x[reflected(length - 1 + k, length)];
  }
  const float *at[2 * most + 1];
  for (int k = 0; k <= 2 * half; k++) at[k] = room + k;
  line(x, at, w, half, length);
}

void filter_axis(float *x, const float *w, int half, int64_t outer, int64_t length,
                 int64_t inner) {
  std::vector<float> room(inner == 1 ? length + 2 * half : 0);
  for (int64_t o = 0; o < outer; o++, x += length * inner) {
    if (inner == 1) {
      filter_line(x, w, half, length, room.data());
      continue;
    }
    for (int64_t c = 0; c < inner; c += strip) {
      filter_lines(x + c, w, half, length, inner, std::min(strip, inner - c));
    }
  }
}

} // namespace

void filter_in_place(ct_tensor *x, ct_int axis, const double *weights, ct_int n, char **error) {
  perform(__func__, {x}, error, [&] {
    const at::Tensor &v = x->value;
    TORCH_CHECK(axis >= -v.dim() && axis < v.dim(), "there is no axis ", axis);
    TORCH_CHECK(n >= 1, "a filter needs a weight");
    TORCH_CHECK(v.numel() > 0 && at::isFloatingType(v.scalar_type()),
                "floating-point values were expected");
    if (axis < 0) axis += v.dim();
    int64_t length = v.size(axis);
    if (v.is_cpu() && v.scalar_type() == at::kFloat && v.is_contiguous() && n <= most + 1) {
      float w[most + 1];
      std::copy(weights, weights + n, w);
      int64_t inner = 1, outer = 1;
      for (int64_t d = 0; d < axis; d++) outer *= v.size(d);
      for (int64_t d = axis + 1; d < v.dim(); d++) inner *= v.size(d);
      filter_axis(v.data_ptr<float>(), w, int(n) - 1, outer, length, inner);
      return;
    }
    auto shifted = [&](int64_t by) {
      std::vector<int64_t> indices(length);
      for (int64_t i = 0; i < length; i++) indices[i] = reflected(i + by, length);
      return v.index_select(axis, at::tensor(indices).to(v.device()));
    };
    at::Tensor sum = v.mul(weights[0]);
    for (ct_int k = 1; k < n; k++) sum.add_(shifted(k).add_(shifted(-k)), weights[k]);
    v.copy_(sum);
  });
}

} // namespace cac
