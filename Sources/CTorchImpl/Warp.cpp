// SPDX-License-Identifier: Apache-2.0
//
// Sampling along an affine map, for augmentation. libtorch's affine_grid and grid_sampler do it by
// way of a grid of coordinates as large as all of the result, and labels by an image of each label;
// here a row's coordinates are found once for all planes. What the loops do not cover (other
// devices, other kinds of numbers) takes libtorch's way.
#include <ATen/ops/_unique2.h>
#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/grid_sampler.h>
#include <ATen/ops/where.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "Guard.h"

namespace cac {
namespace {

/// The number of neighbours that a place between voxels has.
template <int N> constexpr int corners = 1 << N;

/// Where a row of the result looks in a plane of the source; one list an axis, so that filling them
/// takes several columns at once.
template <int N> struct Row {
  std::array<std::vector<int>, N> index;  // the neighbour with the lowest indices
  std::array<std::vector<float>, N> part; // how far the place lies from it
  std::vector<int> first;                 // that neighbour's offset
  int64_t begin = 0, end = 0;             // the columns whose neighbours all lie inside

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
};

/// An affine map from voxels of the result to places in the source, both counted from 0.
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
    for (int d = 0; d < N; d++) {
      int *index = row.index[d].data(), *first = row.first.data(), jump = int(stride[d]);
      float *part = row.part[d].data();
      double from = start[d], by = step[d];
      for (int c = 0; c < int(width); c++) {
        double place = from + by * c;
        int i = int(place);
        i -= place < i;
        index[c] = i;
        part[c] = float(place - i);
        // Far outside it may run over; only what lies inside is used.
        first[c] = int(unsigned(first[c]) + unsigned(i) * unsigned(jump));
      }
    }
    // A line meets a box in one piece.
    auto inside = [&](int64_t c) {
      bool all = true;
      for (int d = 0; d < N; d++) all &= row.index[d][c] >= 0 && row.index[d][c] + 1 < source[d];
      return all;
    };
    row.begin = 0;
    row.end = width;
    while (row.begin < width && !inside(row.begin)) row.begin++;
    while (row.end > row.begin && !inside(row.end - 1)) row.end--;
  }

  /// The offset of a neighbour from the first one, whose bits say along which axes it is higher.
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

inline float mix(float a, float b, float part) { return a + part * (b - a); }

inline float between(const float *p, const std::array<int64_t, 2> &stride,
                     const std::array<float, 2> &part) {
  const float *q = p + stride[0];
  return mix(mix(p[0], p[1], part[1]), mix(q[0], q[1], part[1]), part[0]);
}

inline float between(const float *p, const std::array<int64_t, 3> &stride,
                     const std::array<float, 3> &part) {
  std::array<int64_t, 2> s{stride[1], stride[2]};
  std::array<float, 2> f{part[1], part[2]};
  return mix(between(p, s, f), between(p + stride[0], s, f), part[0]);
}

// Loads of scattered values pay from AVX2 on; the program finds out where it runs.
#if defined(__x86_64__) && defined(__linux__)
#define CAC_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define CAC_WIDE
#endif

/// The columns begin ..< end of a row whose neighbours all lie inside.
CAC_WIDE void interior(const Row<2> &row, const std::array<int64_t, 2> &stride, const float *source,
                       float *line) {
  const int *first = row.first.data();
  const float *y = row.part[0].data(), *x = row.part[1].data(), *below = source + stride[0];
  for (int c = int(row.begin); c < int(row.end); c++) {
    int i = first[c];
    float top = source[i] + x[c] * (source[i + 1] - source[i]);
    float bottom = below[i] + x[c] * (below[i + 1] - below[i]);
    line[c] = top + y[c] * (bottom - top);
  }
}

void interior(const Row<3> &row, const std::array<int64_t, 3> &stride, const float *source,
              float *line) {
  for (int64_t c = row.begin; c < row.end; c++) {
    line[c] = between(source + row.first[c], stride, row.parts(c));
  }
}

/// Linear interpolation; what lies outside is 0.
template <int N> void sample(const Map<N> &map, const float *from, float *to, int64_t planes) {
  int64_t width = map.size[N - 1], rows = map.rows();
  Row<N> row(width);
  for (int64_t r = 0; r < rows; r++) {
    map.fill(row, r);
    for (int64_t plane = 0; plane < planes; plane++) {
      const float *source = from + plane * map.source_count();
      float *line = to + (plane * rows + r) * width;
      auto edge = [&](int64_t c) {
        float sum = 0;
        for (int k = 0; k < corners<N>; k++) {
          if (!map.contains(row.indices(c), k)) continue;
          sum += map.weight(row.parts(c), k) * source[row.first[c] + map.offset(k)];
        }
        line[c] = sum;
      };
      for (int64_t c = 0; c < row.begin; c++) edge(c);
      interior(row, map.stride, source, line);
      for (int64_t c = row.end; c < width; c++) edge(c);
    }
  }
}

/// The label with the largest share of the neighbours.
///
/// Shares are thousandths in half precision, as nnU-Net has them; of equal ones the nearest
/// neighbour's label wins if it is among them, else the smallest.
template <int N, class Label>
Label winner(const Label *labels, const std::array<int, N> &index,
             const std::array<float, N> &part) {
  Label known[corners<N>];
  float shares[corners<N>];
  int count = 0, nearest = 0;
  // Halfway, the even index is the nearest one.
  for (int d = 0; d < N; d++) {
    nearest |= (part[d] > 0.5f || (part[d] == 0.5f && (index[d] & 1))) << d;
  }
  for (int k = 0; k < corners<N>; k++) {
    float share = 1000 * Map<N>::weight(part, k);
    int i = 0;
    while (i < count && known[i] != labels[k]) i++;
    if (i == count) {
      known[count] = labels[k];
      shares[count++] = share;
    } else {
      shares[i] += share;
    }
  }
  Label best = known[0];
  float top = -1, own = -1;
  for (int i = 0; i < count; i++) {
    float score = c10::Half(shares[i]);
    if (score > top || (score == top && known[i] < best)) {
      top = score;
      best = known[i];
    }
    if (known[i] == labels[nearest]) own = score;
  }
  return own == top ? labels[nearest] : best;
}

/// The box of the source, over all planes, outside of which there is one label only.
template <int N, class Label>
std::array<std::array<int64_t, 2>, N> varied(const Map<N> &map, const Label *from, int64_t planes) {
  std::array<std::array<int64_t, 2>, N> box;
  for (int d = 0; d < N; d++) box[d] = {map.source[d], -1};
  int64_t width = map.source[N - 1], rows = map.source_count() / width;
  for (int64_t line = 0; line < planes * rows; line++) {
    const Label *p = from + line * width;
    Label differs = 0;
    for (int64_t x = 0; x < width; x++) differs |= p[x] ^ from[0];
    if (!differs) continue;
    int64_t low = 0, high = width - 1, rest = line % rows;
    while (p[low] == from[0]) low++;
    while (p[high] == from[0]) high--;
    auto add = [&](int d, int64_t a, int64_t b) {
      box[d] = {std::min(box[d][0], a), std::max(box[d][1], b)};
    };
    add(N - 1, low, high);
    for (int d = N - 2; d >= 0; rest /= map.source[d--]) {
      add(d, rest % map.source[d], rest % map.source[d]);
    }
  }
  return box;
}

template <int N, class Label>
void sample(const Map<N> &map, const Label *from, Label *to, int64_t planes, Label outside) {
  auto box = varied<N>(map, from, planes);
  int64_t width = map.size[N - 1], rows = map.rows();
  Row<N> row(width);
  Label around[corners<N>];
  int64_t offsets[corners<N>];
  for (int k = 0; k < corners<N>; k++) offsets[k] = map.offset(k);
  for (int64_t r = 0; r < rows; r++) {
    map.fill(row, r);
    // Columns that see the box; as with the border, a line meets it in one piece.
    auto sees = [&](int64_t c) {
      bool all = true;
      for (int d = 0; d < N; d++) {
        all &= row.index[d][c] + 1 >= box[d][0] && row.index[d][c] <= box[d][1];
      }
      return all;
    };
    int64_t low = row.begin, high = row.end;
    while (low < high && !sees(low)) low++;
    while (high > low && !sees(high - 1)) high--;
    for (int64_t plane = 0; plane < planes; plane++) {
      const Label *source = from + plane * map.source_count();
      Label *line = to + (plane * rows + r) * width;
      auto edge = [&](int64_t c) {
        for (int k = 0; k < corners<N>; k++) {
          around[k] = map.contains(row.indices(c), k) ? source[row.first[c] + offsets[k]] : outside;
        }
        line[c] = winner<N>(around, row.indices(c), row.parts(c));
      };
      for (int64_t c = 0; c < row.begin; c++) edge(c);
      std::fill(line + row.begin, line + low, from[0]);
      std::fill(line + high, line + row.end, from[0]);
      for (int64_t c = low; c < high; c++) {
        const Label *p = source + row.first[c];
        bool same = true;
        for (int k = 1; k < corners<N>; k++) same &= p[offsets[k]] == p[0];
        if (same) {
          line[c] = p[0];
          continue;
        }
        for (int k = 0; k < corners<N>; k++) around[k] = p[offsets[k]];
        line[c] = winner<N>(around, row.indices(c), row.parts(c));
      }
      for (int64_t c = row.end; c < width; c++) edge(c);
    }
  }
}

/// libtorch's grid for a map.
at::Tensor grid(const at::Tensor &x, const double *matrix, const std::vector<int64_t> &size) {
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

at::Tensor sampled(const at::Tensor &x, const at::Tensor &grid, bool nearest = false) {
  return at::grid_sampler(x.unsqueeze(0), grid, nearest ? 1 : 0, CT_ZEROS, false).squeeze(0);
}

at::Tensor labels_by_grid(const at::Tensor &x, const at::Tensor &grid, int64_t outside) {
  auto score = [&](int64_t label) {
    // Zeros outside, so the label that lies there is told from the rest by what it lacks.
    double shift = label == outside ? 1000 : 0;
    return sampled(x.eq(label).to(at::kFloat).mul(1000).sub(shift), grid).add(shift).to(at::kHalf);
  };
  auto nearest = sampled(x.sub(outside).to(at::kFloat), grid, true).add(outside).to(x.scalar_type());
  auto known = std::get<0>(at::_unique2(x.reshape(-1))).to(at::kCPU, at::kLong);
  std::vector<int64_t> labels(known.data_ptr<int64_t>(), known.data_ptr<int64_t>() + known.numel());
  if (std::find(labels.begin(), labels.end(), outside) == labels.end()) {
    labels.insert(std::lower_bound(labels.begin(), labels.end(), outside), outside);
  }
  at::Tensor top, best, own;
  for (int64_t label : labels) {
    auto here = score(label);
    if (!top.defined()) {
      best = at::full_like(nearest, label);
      top = here;
      own = here;
    } else {
      best = best.masked_fill(here.gt(top), label);
      top = top.maximum(here);
    }
    own = at::where(nearest.eq(label), here, own);
  }
  return at::where(own.eq(top), nearest, best);
}

void check(const at::Tensor &x, const std::vector<int64_t> &size) {
  auto n = int64_t(size.size());
  TORCH_CHECK(n == 2 || n == 3, "2 or 3 spatial axes are supported, not ", n);
  TORCH_CHECK(x.dim() == n + 1, "one plane axis before the ", n, " spatial axes was expected");
  for (int64_t d = 0; d <= n; d++) {
    TORCH_CHECK(x.size(d) > 0 && (d == 0 || size[d - 1] > 0), "an axis is empty");
    TORCH_CHECK(x.size(d) < 1 << 16 && (d == 0 || size[d - 1] < 1 << 16), "an axis is too long");
  }
  TORCH_CHECK(x.numel() / x.size(0) < 1 << 30, "a plane has too many voxels");
}

std::vector<int64_t> result_shape(const at::Tensor &x, const std::vector<int64_t> &size) {
  std::vector<int64_t> shape{x.size(0)};
  shape.insert(shape.end(), size.begin(), size.end());
  return shape;
}

/// A matrix must keep places within what an index holds.
void check_matrix(const double *matrix, size_t n) {
  for (size_t i = 0; i < n * (n + 1); i++) {
    TORCH_CHECK(std::abs(matrix[i]) < ((i + 1) % (n + 1) ? 64.0 : 1e7),
                "a factor of the map is no number or too large");
  }
}

template <class Label>
at::Tensor labels_by_rows(const at::Tensor &x, const double *matrix,
                          const std::vector<int64_t> &size, int64_t outside) {
  auto from = x.contiguous();
  auto to = at::empty(result_shape(x, size), x.options());
  const Label *source = from.data_ptr<Label>();
  Label *target = to.data_ptr<Label>();
  if (size.size() == 2) {
    sample(Map<2>(x, matrix, size), source, target, x.size(0), Label(outside));
  } else {
    sample(Map<3>(x, matrix, size), source, target, x.size(0), Label(outside));
  }
  return to;
}

} // namespace

ct_tensor *affine_image(ct_tensor *x, const double *matrix, const ct_int *size, ct_int n,
                        char **error) {
  return make(__func__, {x}, error, [&]() -> at::Tensor {
    auto to = list(size, n);
    check(x->value, to);
    check_matrix(matrix, n);
    if (!x->value.is_cpu() || x->value.scalar_type() != at::kFloat) {
      return sampled(x->value, grid(x->value, matrix, to));
    }
    auto from = x->value.contiguous();
    auto result = at::empty(result_shape(from, to), from.options());
    const float *source = from.data_ptr<float>();
    float *target = result.data_ptr<float>();
    if (n == 2) {
      sample(Map<2>(from, matrix, to), source, target, from.size(0));
    } else {
      sample(Map<3>(from, matrix, to), source, target, from.size(0));
    }
    return result;
  });
}

ct_tensor *affine_labels(ct_tensor *x, const double *matrix, const ct_int *size, ct_int n,
                         ct_int outside, char **error) {
  return make(__func__, {x}, error, [&]() -> at::Tensor {
    auto to = list(size, n);
    check(x->value, to);
    check_matrix(matrix, n);
    TORCH_CHECK(at::isIntegralType(x->value.scalar_type(), false), "labels are whole numbers");
    if (x->value.is_cpu() && x->value.scalar_type() == at::kShort) {
      return labels_by_rows<int16_t>(x->value, matrix, to, outside);
    }
    if (x->value.is_cpu() && x->value.scalar_type() == at::kLong) {
      return labels_by_rows<int64_t>(x->value, matrix, to, outside);
    }
    return labels_by_grid(x->value, grid(x->value, matrix, to), outside);
  });
}

} // namespace cac
