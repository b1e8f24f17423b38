// SPDX-License-Identifier: Apache-2.0
//
// Copies a part of an image, padded and mirrored, for augmentation.
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/flip.h>

#include <algorithm>

#include "Guard.h"
#include "Lanes.h"

namespace cac {
namespace {

template <class T> CT_INLINE void turned(const T *from, T *to, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] = from[n - 1 - i];
}
CT_CLONES void turn(const float *from, float *to, int64_t n) { turned(from, to, n); }
CT_CLONES void turn(const int16_t *from, int16_t *to, int64_t n) { turned(from, to, n); }
CT_CLONES void turn(const int64_t *from, int64_t *to, int64_t n) { turned(from, to, n); }

/// One axis of a cut: its first voxel, the number of voxels that exist, and the number that is wanted.
struct Side {
  int64_t start, source, size;
  bool mirrored;

  /// The index in the source of voxel i, which may be outside.
  int64_t at(int64_t i) const { return start + (mirrored ? size - 1 - i : i); }
  bool has(int64_t i) const { return i >= 0 && i < source; }
};

template <class T>
void cut(const std::vector<Side> &sides, size_t axis, const T *from, T *to, T padding) {
  const Side &side = sides[axis];
  if (axis + 1 == sides.size()) {
    int64_t low = std::clamp<int64_t>(-side.start, 0, side.size);
    int64_t high = std::clamp<int64_t>(side.source - side.start, low, side.size);
    const T *p = from + side.start + low;
    // In a mirrored row the padding before comes after.
    int64_t before = side.mirrored ? side.size - high : low;
    std::fill(to, to + before, padding);
    if (side.mirrored) {
      turn(p, to + before, high - low);
    } else {
      std::copy_n(p, high - low, to + before);
    }
    std::fill(to + before + high - low, to + side.size, padding);
    return;
  }
  int64_t read = 1, written = 1;
  for (size_t d = axis + 1; d < sides.size(); d++) {
    read *= sides[d].source;
    written *= sides[d].size;
  }
  for (int64_t i = 0; i < side.size; i++, to += written) {
    int64_t at = side.at(i);
    if (side.has(at)) {
      cut(sides, axis + 1, from + at * read, to, padding);
    } else {
      std::fill(to, to + written, padding);
    }
  }
}

at::Tensor by_tensors(const std::vector<Side> &sides, at::Tensor x, double padding) {
  std::vector<int64_t> room(2 * sides.size()), mirrored;
  for (size_t d = 0; d < sides.size(); d++) {
    const Side &side = sides[d];
    int64_t low = std::clamp<int64_t>(side.start, 0, side.source);
    int64_t high = std::clamp(side.start + side.size, low, side.source);
    x = x.narrow(int64_t(d), low, high - low);
    int64_t lacking = side.size - (high - low), at = 2 * int64_t(sides.size() - 1 - d);
    room[at] = std::clamp<int64_t>(low - side.start, 0, lacking);
    room[at + 1] = lacking - room[at];
    if (side.mirrored) mirrored.push_back(int64_t(d));
  }
  return at::constant_pad_nd(x, room, padding).flip(mirrored);
}

template <class T>
void by_rows(const std::vector<Side> &sides, const at::Tensor &to, const at::Tensor &x,
             double padding) {
  cut(sides, 0, x.data_ptr<T>(), to.data_ptr<T>(), T(padding));
}

} // namespace

void cut_into(ct_tensor *to, ct_tensor *x, const ct_int *start, const ct_int *mirrored, ct_int n,
              double padding, char **error) {
  perform(__func__, {to, x}, error, [&] {
    const at::Tensor &result = to->value, &image = x->value;
    TORCH_CHECK(n > 0 && n == image.dim() && n == result.dim(), n, " axes of both were expected");
    TORCH_CHECK(image.scalar_type() == result.scalar_type() && image.numel() > 0,
                "the result has other numbers, or there is nothing to cut from");
    std::vector<Side> sides;
    for (ct_int d = 0; d < n; d++) {
      sides.push_back({start[d], image.size(d), result.size(d), mirrored[d] != 0});
    }
    if (!image.is_cpu() || !result.is_cpu() || !result.is_contiguous()) {
      result.copy_(by_tensors(sides, image, padding));
      return;
    }
    switch (auto source = image.contiguous(); image.scalar_type()) {
    case at::kFloat: return by_rows<float>(sides, result, source, padding);
    case at::kShort: return by_rows<int16_t>(sides, result, source, padding);
    case at::kLong: return by_rows<int64_t>(sides, result, source, padding);
    default: result.copy_(by_tensors(sides, image, padding));
    }
  });
}

} // namespace cac
