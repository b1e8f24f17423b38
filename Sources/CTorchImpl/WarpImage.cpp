// SPDX-License-Identifier: Apache-2.0
//
// Images along an affine map, linearly.
#include "Warp.h"

namespace cac {
namespace {

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

/// The columns begin ..< end of a row whose neighbours all lie inside.
void interior(const Row<2> &row, const std::array<int64_t, 2> &stride, const float *source,
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

} // namespace cac
