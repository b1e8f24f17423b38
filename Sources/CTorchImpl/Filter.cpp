// SPDX-License-Identifier: Apache-2.0
//
// A short symmetric filter along one axis, for augmentation. libtorch's convolution of a single
// channel takes several times as long as the plain loop, and needs the image padded before.
#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "Guard.h"

namespace cac {
namespace {

/// The index that a mirror at the first and last voxel (not repeated) shows.
int64_t reflected(int64_t i, int64_t length) {
  if (length == 1) return 0;
  int64_t period = 2 * (length - 1);
  i = ((i % period) + period) % period;
  return std::min(i, period - i);
}

/// to = w[0] · at[0] + Σ w[k] (at[-k] + at[k]); `at` lists the lines from -Half to Half.
template <int Half>
void line(float *to, const float *const *at, const float *w, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    float sum = w[0] * at[Half][i];
    for (int k = 1; k <= Half; k++) sum += w[k] * (at[Half - k][i] + at[Half + k][i]);
    to[i] = sum;
  }
}

template <int Half>
void filter_axis(const float *from, float *to, const float *w, int64_t outer, int64_t length,
                 int64_t inner) {
  const float *at[2 * Half + 1];
  for (int64_t o = 0; o < outer; o++, from += length * inner, to += length * inner) {
    auto step = [&](int64_t i, int64_t count) {
      for (int k = -Half; k <= Half; k++) {
        at[Half + k] = from + (count > 1 && inner == 1 ? i + k : reflected(i + k, length) * inner);
      }
      line<Half>(to + i * inner, at, w, count);
    };
    if (inner > 1) {
      for (int64_t i = 0; i < length; i++) step(i, inner);
      continue;
    }
    int64_t low = std::min<int64_t>(Half, length), high = std::max(low, length - Half);
    for (int64_t i = 0; i < low; i++) step(i, 1);
    // One voxel alone is told from a run of them by the count.
    if (high - low > 1) step(low, high - low);
    if (high - low == 1) step(low, 1);
    for (int64_t i = high; i < length; i++) step(i, 1);
  }
}

} // namespace

ct_tensor *filter(ct_tensor *x, ct_int axis, const double *weights, ct_int n, char **error) {
  return make(__func__, {x}, error, [&]() -> at::Tensor {
    const at::Tensor &v = x->value;
    TORCH_CHECK(axis >= -v.dim() && axis < v.dim(), "there is no axis ", axis);
    TORCH_CHECK(n >= 1, "a filter needs a weight");
    TORCH_CHECK(v.numel() > 0 && at::isFloatingType(v.scalar_type()),
                "floating-point values were expected");
    if (axis < 0) axis += v.dim();
    int64_t length = v.size(axis);
    if (v.is_cpu() && v.scalar_type() == at::kFloat && n >= 2 && n <= 4) {
      auto from = v.contiguous();
      auto to = at::empty_like(from);
      float w[4];
      std::copy(weights, weights + n, w);
      int64_t inner = 1, outer = 1;
      for (int64_t d = 0; d < axis; d++) outer *= v.size(d);
      for (int64_t d = axis + 1; d < v.dim(); d++) inner *= v.size(d);
      auto run = n == 2 ? filter_axis<1> : n == 3 ? filter_axis<2> : filter_axis<3>;
      run(from.data_ptr<float>(), to.data_ptr<float>(), w, outer, length, inner);
      return to;
    }
    auto shifted = [&](int64_t by) {
      std::vector<int64_t> indices(length);
      for (int64_t i = 0; i < length; i++) indices[i] = reflected(i + by, length);
      return v.index_select(axis, at::tensor(indices).to(v.device()));
    };
    at::Tensor sum = v.mul(weights[0]);
    for (ct_int k = 1; k < n; k++) sum.add_(shifted(k).add_(shifted(-k)), weights[k]);
    return sum;
  });
}

} // namespace cac
