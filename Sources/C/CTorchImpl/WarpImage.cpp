// SPDX-License-Identifier: Apache-2.0
//
// Samples images along an affine map, linearly.
#include <ATen/ops/flip.h>

#include "Warp.h"

namespace cac {
namespace {

// The number of columns that are computed together; their input fits the first cache.
constexpr int64_t together = 256;

/// Copies each column's two neighbours along the row, which are adjacent.
///
/// Reading before computing lets the processor compute many columns at once.
CT_INLINE void pairs(const int *first, const float *source, int64_t n, float *to) {
  for (int64_t c = 0; c < n; c++) memcpy(to + 2 * c, source + first[c], 2 * sizeof(float));
}

CT_INLINE float mix(float a, float b, float part) { return a + part * (b - a); }

/// Columns in a plane all of whose neighbours are inside.
CT_CLONES void interior(const int *first, const float *y, const float *x, const float *source,
                        int64_t down, int64_t count, float *line) {
  float near[2 * together], far[2 * together];
  for (int64_t done = 0; done < count; done += together) {
    int64_t n = std::min(together, count - done);
    pairs(first + done, source, n, near);
    pairs(first + done, source + down, n, far);
    for (int64_t c = 0; c < n; c++) {
      line[done + c] = mix(mix(near[2 * c], near[2 * c + 1], x[done + c]),
                           mix(far[2 * c], far[2 * c + 1], x[done + c]), y[done + c]);
    }
  }
}

/// Columns in space all of whose neighbours are inside.
CT_CLONES void interior(const int *first, const float *z, const float *y, const float *x,
                        const float *source, int64_t deep, int64_t down, int64_t count,
                        float *line) {
  float far[together];
  for (int64_t done = 0; done < count; done += together) {
    int64_t n = std::min(together, count - done);
    interior(first + done, y + done, x + done, source, down, n, line + done);
    interior(first + done, y + done, x + done, source + deep, down, n, far);
    for (int64_t c = 0; c < n; c++) line[done + c] = mix(line[done + c], far[c], z[done + c]);
  }
}

void interior(const Row<2> &row, const Map<2> &map, const float *source, float *line) {
  int64_t b = row.inside.begin;
  interior(&row.first[b], &row.part[0][b], &row.part[1][b], source, map.stride[0],
           row.inside.end - b, line + b);
}

void interior(const Row<3> &row, const Map<3> &map, const float *source, float *line) {
  int64_t b = row.inside.begin;
  interior(&row.first[b], &row.part[0][b], &row.part[1][b], &row.part[2][b], source, map.stride[0],
           map.stride[1], row.inside.end - b, line + b);
}

/// One row of one plane; outside is 0.
template <int N>
void fill_row(const Row<N> &row, const Map<N> &map, const float *source, float *line) {
  auto edge = [&](int64_t c) {
    float sum = 0;
    for (int k = 0; k < corners<N>; k++) {
      if (!map.contains(row.indices(c), k)) continue;
      sum += map.weight(row.parts(c), k) * source[row.first[c] + map.offset(k)];
    }
    line[c] = sum;
  };
  std::fill(line, line + row.seen.begin, 0.0f);
  for (int64_t c = row.seen.begin; c < row.inside.begin; c++) edge(c);
  if (row.inside.begin < row.inside.end) interior(row, map, source, line);
  for (int64_t c = row.inside.end; c < row.seen.end; c++) edge(c);
  std::fill(line + row.seen.end, line + map.size[N - 1], 0.0f);
}

template <int N>
void sample(const Map<N> &map, const float *from, float *to, int64_t planes, bool reversed) {
  int64_t width = map.size[N - 1], rows = map.rows();
  // Some rows of one plane after the other, so that they read from few pages of memory.
  constexpr int64_t block = 16;
  std::vector<Row<N>> some(std::min(block, rows), Row<N>(width));
  for (int64_t r = 0; r < rows; r += block) {
    int64_t n = std::min(block, rows - r);
    for (int64_t i = 0; i < n; i++) map.fill(some[i], r + i);
    for (int64_t plane = 0; plane < planes; plane++) {
      const float *source = from + (reversed ? planes - 1 - plane : plane) * map.source_count();
      for (int64_t i = 0; i < n; i++) {
        fill_row(some[i], map, source, to + (plane * rows + r + i) * width);
      }
    }
  }
}

} // namespace

CT_CLONES void places(double from, double by, int jump, int64_t width, int *index, float *part,
                      int *first) {
  for (int c = 0; c < int(width); c++) {
    double place = from + by * c;
    int i = int(place);
    i -= place < i;
    index[c] = i;
    part[c] = float(place - i);
    // Far outside the number may overflow, but only numbers inside are used.
    first[c] = int(unsigned(first[c]) + unsigned(i) * unsigned(jump));
  }
}

void affine_image(ct_tensor *to, ct_tensor *x, const double *matrix, ct_int n, int reversed,
                  char **error) {
  perform(__func__, {to, x}, error, [&] {
    const at::Tensor &result = to->value, &image = x->value;
    check(result, image, n);
    check_matrix(matrix, n);
    auto size = extents(result);
    if (!image.is_cpu() || image.scalar_type() != at::kFloat || !result.is_contiguous()) {
      auto source = reversed ? image.flip(0) : image;
      result.copy_(sampled(source, grid(image, matrix, size)));
      return;
    }
    auto from = image.contiguous();
    const float *source = from.data_ptr<float>();
    float *target = result.data_ptr<float>();
    if (n == 2) {
      sample(Map<2>(from, matrix, size), source, target, from.size(0), reversed);
    } else {
      sample(Map<3>(from, matrix, size), source, target, from.size(0), reversed);
    }
  });
}

} // namespace cac
