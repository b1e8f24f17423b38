// SPDX-License-Identifier: Apache-2.0
//
// Samples labels along an affine map: the label with the largest share of the neighbours.
#include <ATen/ops/_unique2.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/where.h>
#include <c10/util/Half.h>

#include "Warp.h"

namespace cac {
namespace {

/// The label with the largest share of the neighbours.
///
/// Shares are thousandths in half precision, as in nnU-Net; of equal ones the nearest
/// neighbour's label wins if it is among them, else the smallest.
template <int N, class Label>
Label winner(const Label *labels, const std::array<int, N> &index,
             const std::array<float, N> &part) {
  Label known[corners<N>];
  float shares[corners<N>];
  int count = 0, nearest = 0;
  // Halfway between two voxels, the even index is the nearest.
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

template <class Label> CT_INLINE bool any_other(const Label *p, int64_t n, Label usual) {
  Label differs = 0;
  for (int64_t x = 0; x < n; x++) differs |= p[x] ^ usual;
  return differs;
}

CT_CLONES bool has_other(const int16_t *p, int64_t n, int16_t usual) {
  return any_other(p, n, usual);
}
CT_CLONES bool has_other(const int64_t *p, int64_t n, int64_t usual) {
  return any_other(p, n, usual);
}

/// The box of the source, in all planes, outside of which there is only one label.
template <int N, class Label>
std::array<std::array<int64_t, 2>, N> varied(const Map<N> &map, const Label *from, int64_t planes) {
  std::array<std::array<int64_t, 2>, N> box;
  for (int d = 0; d < N; d++) box[d] = {map.source[d], -1};
  int64_t width = map.source[N - 1], rows = map.source_count() / width;
  for (int64_t line = 0; line < planes * rows; line++) {
    const Label *p = from + line * width;
    if (!has_other(p, width, from[0])) continue;
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
void sample(const Map<N> &map, const Label *from, Label *to, int64_t planes, bool reversed,
            Label outside) {
  auto box = varied<N>(map, from, planes);
  for (auto &side : box) side[0] -= 1; // Its lowest neighbour may lie just before.
  int64_t width = map.size[N - 1], rows = map.rows();
  Row<N> row(width);
  Label around[corners<N>];
  int64_t offsets[corners<N>];
  for (int k = 0; k < corners<N>; k++) offsets[k] = map.offset(k);
  for (int64_t r = 0; r < rows; r++) {
    map.fill(row, r);
    auto [first, last] = row.within(row.inside, box);
    for (int64_t plane = 0; plane < planes; plane++) {
      const Label *source = from + (reversed ? planes - 1 - plane : plane) * map.source_count();
      Label *line = to + (plane * rows + r) * width;
      auto edge = [&](int64_t c) {
        for (int k = 0; k < corners<N>; k++) {
          around[k] = map.contains(row.indices(c), k) ? source[row.first[c] + offsets[k]] : outside;
        }
        line[c] = winner<N>(around, row.indices(c), row.parts(c));
      };
      std::fill(line, line + row.seen.begin, outside);
      for (int64_t c = row.seen.begin; c < row.inside.begin; c++) edge(c);
      std::fill(line + row.inside.begin, line + first, from[0]);
      std::fill(line + last, line + row.inside.end, from[0]);
      for (int64_t c = first; c < last; c++) {
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
      for (int64_t c = row.inside.end; c < row.seen.end; c++) edge(c);
      std::fill(line + row.seen.end, line + width, outside);
    }
  }
}

at::Tensor labels_by_grid(const at::Tensor &x, const at::Tensor &grid, int64_t outside) {
  auto score = [&](int64_t label) {
    // Outside are zeros, so the share of the label there is what the other shares lack.
    double shift = label == outside ? 1000 : 0;
    return sampled(x.eq(label).to(at::kFloat).mul(1000).sub(shift), grid).add(shift).to(at::kHalf);
  };
  auto moved = sampled(x.sub(outside).to(at::kFloat), grid, true).add(outside);
  auto nearest = moved.to(x.scalar_type());
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

template <class Label>
void labels_by_rows(const at::Tensor &to, const at::Tensor &x, const double *matrix, bool reversed,
                    int64_t outside) {
  auto from = x.contiguous();
  auto size = extents(to);
  const Label *source = from.data_ptr<Label>();
  Label *target = to.data_ptr<Label>();
  if (size.size() == 2) {
    sample(Map<2>(x, matrix, size), source, target, x.size(0), reversed, Label(outside));
  } else {
    sample(Map<3>(x, matrix, size), source, target, x.size(0), reversed, Label(outside));
  }
}

} // namespace

void affine_labels(ct_tensor *to, ct_tensor *x, const double *matrix, ct_int n, ct_int outside,
                   int reversed, char **error) {
  perform(__func__, {to, x}, error, [&] {
    const at::Tensor &result = to->value, &labels = x->value;
    check(result, labels, n);
    check_matrix(matrix, n);
    TORCH_CHECK(at::isIntegralType(labels.scalar_type(), false), "labels are whole numbers");
    bool by_rows = labels.is_cpu() && result.is_contiguous();
    if (by_rows && labels.scalar_type() == at::kShort) {
      labels_by_rows<int16_t>(result, labels, matrix, reversed, outside);
    } else if (by_rows && labels.scalar_type() == at::kLong) {
      labels_by_rows<int64_t>(result, labels, matrix, reversed, outside);
    } else {
      auto source = reversed ? labels.flip(0) : labels;
      result.copy_(labels_by_grid(source, grid(labels, matrix, extents(result)), outside));
    }
  });
}

} // namespace cac
