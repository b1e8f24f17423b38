// SPDX-License-Identifier: Apache-2.0
//
// Sampling along an affine map, for augmentation. libtorch's affine_grid and grid_sampler need a grid of
// coordinates as large as the whole result, and an image for each label; here the coordinates of a row
// are computed once for all planes. Other devices and element types use libtorch's functions.
#pragma once

#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "Guard.h"
#include "Lanes.h"

namespace cac {

/// The number of neighbours of a point between voxels.
template <int N> constexpr int corners = 1 << N;

/// A run of columns of a row of the result.
struct Columns {
  int64_t begin, end;
};

/// The points in a plane of the source that a row of the result samples; one list for each axis, so that
/// several columns are computed at once.
template <int N> struct Row {
  std::array<std::vector<int>, N> index;  // the neighbour with the lowest indices
  std::array<std::vector<float>, N> part; // how far the place lies from it
  std::vector<int> first;                 // that neighbour's offset
  Columns seen, inside;                   // the columns of which any and all neighbours are there

  explicit Row(int64_t width) : first(width) {
    for (auto &list : index) list.resize(width);
    for (auto &list : part) list.resize(width);
  }

  std::array<int, N> indices(int64_t c) const {
    std::array<int, N> values;
    for (int d = 0; d < N; d++) values[d] = index[d][c];
    return values;
  }

  std::array<float, N> parts(int64_t c) const {
    std::array<float, N> values;
    for (int d = 0; d < N; d++) values[d] = part[d][c];
    return values;
  }

  /// The columns whose lowest neighbour is in a box; they are contiguous, because a line intersects a box
  /// once.
  Columns within(Columns some, const std::array<std::array<int64_t, 2>, N> &box) const {
    for (int d = 0; d < N && some.begin < some.end; d++) {
      const int *from = index[d].data() + some.begin, *to = index[d].data() + some.end;
      bool rises = to[-1] >= from[0];
      // Indices are monotonic along a row.
      auto low = std::partition_point(
          from, to, [&](int i) { return rises ? i < box[d][0] : i > box[d][1]; });
      auto high = std::partition_point(
          low, to, [&](int i) { return rises ? i <= box[d][1] : i >= box[d][0]; });
      some = {some.begin + (low - from), some.begin + (high - from)};
    }
    return some;
  }
};

/// The points from + by · c along one axis: the voxel below, the distance from it, and its offset, which
/// is added.
void places(double from, double by, int jump, int64_t width, int *index, float *part, int *first);

/// An affine map from voxels of the result to points in the source, both counted from 0.
template <int N> struct Map {
  const double *matrix; // N rows of N factors and a shift
  std::array<int64_t, N> source, stride, size;

  Map(const at::Tensor &x, const double *matrix, const std::vector<int64_t> &to) : matrix(matrix) {
    int64_t step = 1;
    for (int d = N - 1; d >= 0; d--) {
      source[d] = x.size(d + 1);
      size[d] = to[d];
      stride[d] = step;
      step *= source[d];
    }
  }

  int64_t source_count() const { return stride[0] * source[0]; }
  int64_t rows() const {
    int64_t n = 1;
    for (int d = 0; d + 1 < N; d++) n *= size[d];
    return n;
  }

  void fill(Row<N> &row, int64_t number) const {
    std::array<double, N> start, step;
    std::array<int64_t, N> at{};
    for (int d = N - 2; d >= 0; d--) {
      at[d] = number % size[d];
      number /= size[d];
    }
    for (int d = 0; d < N; d++) {
      start[d] = matrix[d * (N + 1) + N];
      for (int e = 0; e + 1 < N; e++) start[d] += matrix[d * (N + 1) + e] * double(at[e]);
      step[d] = matrix[d * (N + 1) + N - 1];
    }
    int64_t width = size[N - 1];
    std::fill(row.first.begin(), row.first.end(), 0);
    std::array<std::array<int64_t, 2>, N> any, all;
    for (int d = 0; d < N; d++) {
      places(start[d], step[d], int(stride[d]), width, row.index[d].data(), row.part[d].data(),
             row.first.data());
      any[d] = {-1, source[d] - 1};
      all[d] = {0, source[d] - 2};
    }
    row.seen = row.within({0, width}, any);
    row.inside = row.within(row.seen, all);
  }

  /// The offset of a neighbour from the first one; its bits tell along which axes it is higher.
  int64_t offset(int corner) const {
    int64_t sum = 0;
    for (int d = 0; d < N; d++) sum += (corner >> d & 1) * stride[d];
    return sum;
  }

  bool contains(const std::array<int, N> &index, int corner) const {
    bool inside = true;
    for (int d = 0; d < N; d++) {
      int i = index[d] + (corner >> d & 1);
      inside &= i >= 0 && i < source[d];
    }
    return inside;
  }

  static float weight(const std::array<float, N> &part, int corner) {
    float product = 1;
    for (int d = 0; d < N; d++) product *= corner >> d & 1 ? part[d] : 1 - part[d];
    return product;
  }
};

/// libtorch's grid for a map.
inline at::Tensor grid(const at::Tensor &x, const double *matrix,
                       const std::vector<int64_t> &size) {
  auto n = int64_t(size.size());
  auto theta = at::empty({1, n, n + 1}, at::kDouble);
  auto values = theta.accessor<double, 3>();
  for (int64_t d = 0; d < n; d++) {
    double extent = double(x.size(d + 1)), shift = 2 * matrix[d * (n + 1) + n] + 1;
    for (int64_t e = 0; e < n; e++) {
      double factor = matrix[d * (n + 1) + e];
      shift += factor * double(size[e] - 1);
      values[0][n - 1 - d][n - 1 - e] = factor * double(size[e]) / extent;
    }
    values[0][n - 1 - d][n] = shift / extent - 1;
  }
  std::vector<int64_t> shape{1, 1};
  shape.insert(shape.end(), size.begin(), size.end());
  auto kind = at::isFloatingType(x.scalar_type()) ? x.scalar_type() : at::kFloat;
  return at::affine_grid_generator(theta.to(x.device(), kind), shape, false);
}

inline at::Tensor sampled(const at::Tensor &x, const at::Tensor &grid, bool nearest = false) {
  const int64_t zeros_outside = 0;
  return at::grid_sampler(x.unsqueeze(0), grid, nearest ? 1 : 0, zeros_outside, false).squeeze(0);
}

/// The spatial extents of a result.
inline std::vector<int64_t> extents(const at::Tensor &to) {
  return std::vector<int64_t>(to.sizes().begin() + (to.dim() > 0), to.sizes().end());
}

inline void check(const at::Tensor &to, const at::Tensor &x, int64_t n) {
  TORCH_CHECK(n == 2 || n == 3, "2 or 3 spatial axes are supported, not ", n);
  TORCH_CHECK(x.dim() == n + 1 && to.dim() == n + 1, "one plane axis before the ", n,
              " spatial axes was expected");
  TORCH_CHECK(to.size(0) == x.size(0) && to.scalar_type() == x.scalar_type() &&
                  to.device() == x.device(),
              "the result has other planes, numbers or another device");
  for (int64_t d = 0; d <= n; d++) {
    TORCH_CHECK(x.size(d) > 0 && to.size(d) > 0, "an axis is empty");
    TORCH_CHECK(x.size(d) < 1 << 16 && to.size(d) < 1 << 16, "an axis is too long");
  }
  TORCH_CHECK(x.numel() / x.size(0) < 1 << 30, "a plane has too many voxels");
}

/// Checks that the points of a matrix fit an index.
inline void check_matrix(const double *matrix, size_t n) {
  for (size_t i = 0; i < n * (n + 1); i++) {
    TORCH_CHECK(std::abs(matrix[i]) < ((i + 1) % (n + 1) ? 64.0 : 1e7),
                "a factor of the map is no number or too large");
  }
}

} // namespace cac
