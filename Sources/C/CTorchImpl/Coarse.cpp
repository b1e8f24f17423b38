// SPDX-License-Identifier: Apache-2.0
//
// The low resolution of augmentation, in place: an image is resampled to fewer voxels by nearest
// neighbours, and linearly back. This is libtorch's two interpolations in one, without the coarse image.
#include <ATen/ops/_upsample_nearest_exact2d.h>
#include <ATen/ops/_upsample_nearest_exact3d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_trilinear3d.h>

#include <algorithm>

#include "Guard.h"
#include "Lanes.h"

namespace cac {
namespace {

/// For one axis: the voxels of the image between which a voxel of the result is, and its weight.
struct Axis {
  std::vector<int> low, high;
  std::vector<float> part;
  std::vector<int64_t> order; // so that no voxel is written before it was read last
  bool same;

  /// Where the image is mirrored, its end is resampled as if it were its beginning.
  Axis(int64_t length, int64_t few, bool mirrored)
      : low(length), high(length), part(length), order(length), same(few == length) {
    float back = float(few) / float(length), forth = float(length) / float(few);
    auto nearest = [&](int64_t k) {
      auto j = std::min(int64_t((float(k) + 0.5f) * forth), length - 1);
      return int(mirrored ? length - 1 - j : j);
    };
    for (int64_t i = 0; i < length; i++) {
      float place = std::max(back * (float(i) + 0.5f) - 0.5f, 0.0f);
      int64_t k = std::min(int64_t(place), few - 1), at = mirrored ? length - 1 - i : i;
      low[at] = nearest(k);
      high[at] = nearest(std::min(k + 1, few - 1));
      part[at] = std::min(place - float(k), 1.0f);
      order[i] = at;
    }
  }
};

CT_CLONES void blend(float *to, const float *a, const float *b, float part, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] = a[i] + part * (b[i] - a[i]);
}

/// A row of the coarse image, resampled to the original length.
CT_CLONES void widen(const float *from, float *to, const int *low, const int *high,
                     const float *part, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    float a = from[low[i]];
    to[i] = a + part[i] * (from[high[i]] - a);
  }
}

/// Lines of `n` numbers, each of which is between two lines that `make` reads; keeps the last two.
template <class Make> void lines(const Axis &axis, float *x, int64_t n, Make &&make) {
  std::vector<float> room(2 * n);
  int64_t known[2] = {-1, -1};
  int next = 0;
  auto line = [&](int64_t number, int64_t other) {
    for (int i = 0; i < 2; i++) {
      if (known[i] == number) return room.data() + i * n;
    }
    // The line that is needed together with this one is kept.
    if (known[next] == other) next = 1 - next;
    known[next] = number;
    float *to = room.data() + next * n;
    next = 1 - next;
    make(x + number * n, to);
    return to;
  };
  for (int64_t at : axis.order) {
    const float *a = line(axis.low[at], axis.high[at]), *b = line(axis.high[at], axis.low[at]);
    blend(x + at * n, a, b, axis.part[at], n);
  }
}

void coarsen(const std::vector<Axis> &axes, size_t first, float *x) {
  int64_t width = int64_t(axes.back().low.size()), rows = int64_t(axes[first].low.size());
  if (first + 2 == axes.size()) {
    const Axis &row = axes.back();
    lines(axes[first], x, width, [&](const float *from, float *to) {
      widen(from, to, row.low.data(), row.high.data(), row.part.data(), width);
    });
    return;
  }
  int64_t plane = width * int64_t(axes[first + 1].low.size());
  if (axes[first].same) {
    for (int64_t i = 0; i < rows; i++) coarsen(axes, first + 1, x + i * plane);
    return;
  }
  lines(axes[first], x, plane, [&](const float *from, float *to) {
    std::copy_n(from, plane, to);
    coarsen(axes, first + 1, to);
  });
}

at::Tensor by_tensors(at::Tensor x, const std::vector<int64_t> &few,
                      const std::vector<int64_t> &mirrored) {
  std::vector<int64_t> size(x.sizes().begin(), x.sizes().end());
  x = x.flip(mirrored).unsqueeze(0).unsqueeze(0);
  if (size.size() == 2) {
    x = at::upsample_bilinear2d(at::_upsample_nearest_exact2d(x, few), size, false);
  } else {
    x = at::upsample_trilinear3d(at::_upsample_nearest_exact3d(x, few), size, false);
  }
  return x.squeeze(0).squeeze(0).flip(mirrored);
}

} // namespace

void coarsen_in_place(ct_tensor *x, const ct_int *few, const ct_int *mirrored, ct_int n,
                      char **error) {
  perform(__func__, {x}, error, [&] {
    const at::Tensor &v = x->value;
    TORCH_CHECK(n == v.dim() && (n == 2 || n == 3), "2 or 3 axes are supported");
    TORCH_CHECK(v.numel() > 0 && at::isFloatingType(v.scalar_type()),
                "floating-point values were expected");
    std::vector<int64_t> flips;
    for (ct_int d = 0; d < n; d++) {
      TORCH_CHECK(few[d] > 0 && few[d] <= v.size(d), "at most as many voxels, and at least one");
      if (mirrored[d]) flips.push_back(d);
    }
    if (!v.is_cpu() || v.scalar_type() != at::kFloat || !v.is_contiguous()) {
      v.copy_(by_tensors(v, list(few, n), flips));
      return;
    }
    std::vector<Axis> axes;
    for (ct_int d = 0; d < n; d++) axes.emplace_back(v.size(d), few[d], mirrored[d] != 0);
    coarsen(axes, 0, v.data_ptr<float>());
  });
}

} // namespace cac
