// SPDX-License-Identifier: Apache-2.0
//
// Contrast and gamma of an image in place, for augmentation. As tensor operations they would read and
// write the whole image a dozen times; here all steps are applied to a piece while it is in the first
// cache. Other devices and element types use the tensor operations.
#include <ATen/ops/max.h>
#include <ATen/ops/min.h>
#include <ATen/ops/pow.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "Functions.h"
#include "Guard.h"

namespace cac {
namespace {

constexpr int64_t piece = 4096;

/// Mean, sum of squared distances from it, smallest and largest of a piece.
struct Summary {
  float mean, squares, low, high;
};

CT_CLONES void summarise(const float *x, int64_t n, Summary &to) {
  floats v, sum = {}, low, high, squares = {};
  fill(low, x[0]);
  fill(high, x[0]);
  int64_t whole = n / lanes * lanes;
  for (int64_t i = 0; i < whole; i += lanes) {
    load(v, x + i);
    sum += v;
    low = v < low ? v : low;
    high = v > high ? v : high;
  }
  to = {total(sum), 0, x[0], x[0]};
  float a[lanes], b[lanes];
  store(a, low);
  store(b, high);
  for (int64_t i = 0; i < lanes; i++) {
    to.low = std::min(to.low, a[i]);
    to.high = std::max(to.high, b[i]);
  }
  for (int64_t i = whole; i < n; i++) {
    to.mean += x[i];
    to.low = std::min(to.low, x[i]);
    to.high = std::max(to.high, x[i]);
  }
  to.mean /= float(n);
  // The mean of equal values is that value, independent of the rounding of their sum.
  to.mean = std::min(std::max(to.mean, to.low), to.high);
  for (int64_t i = 0; i < whole; i += lanes) {
    load(v, x + i);
    v -= to.mean;
    squares += v * v;
  }
  to.squares = total(squares);
  for (int64_t i = whole; i < n; i++) to.squares += (x[i] - to.mean) * (x[i] - to.mean);
}

/// The moments of all pieces (Chan 1979).
struct Moments {
  double n = 0, mean = 0, squares = 0;
  float low = std::numeric_limits<float>::infinity(), high = -low;

  void add(const float *x, int64_t count) {
    Summary s;
    summarise(x, count, s);
    double all = n + double(count), apart = s.mean - mean;
    mean += apart * double(count) / all;
    squares += s.squares + apart * apart * n * double(count) / all;
    n = all;
    low = std::min(low, s.low);
    high = std::max(high, s.high);
  }

  double deviation() const { return std::sqrt(squares / std::max(1.0, n - 1)); }
};

template <class Body> void pieces(float *x, int64_t n, Body &&body) {
  for (int64_t i = 0; i < n; i += piece) body(x + i, std::min(piece, n - i));
}

Moments moments(float *x, int64_t n) {
  Moments all;
  pieces(x, n, [&](float *p, int64_t count) { all.add(p, count); });
  return all;
}

/// x · factor + shift, clipped to two bounds.
CT_CLONES void stretch(float *x, int64_t n, float factor, float shift, float low, float high) {
  for (int64_t i = 0; i < n; i++) x[i] = std::min(std::max(x[i] * factor + shift, low), high);
}

/// ((x − from) · factor)^exponent, where the base is between 0 and 1.
CT_INLINE void power(floats &x, float from, float factor, float exponent) {
  floats t = (x - from) * factor, y;
  t = t < 1 ? t : floats{} + 1;
  words none;
  auto zero = t < 1e-37f;
  memcpy(&none, &zero, sizeof none);
  t = zero ? floats{} + 1 : t;
  log2_of(y, t);
  y *= exponent;
  y = y > -126 ? y : floats{} - 126;
  exp2_of(t, y);
  words bits;
  memcpy(&bits, &t, sizeof bits);
  bits &= ~none;
  memcpy(&x, &bits, sizeof x);
}

CT_CLONES void powers(float *x, int64_t n, float from, float factor, float exponent) {
  floats v;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    load(v, x + i);
    power(v, from, factor, exponent);
    store(x + i, v);
  }
  if (i < n) {
    float rest[lanes] = {};
    std::copy(x + i, x + n, rest);
    load(v, rest);
    power(v, from, factor, exponent);
    store(rest, v);
    std::copy_n(rest, n - i, x + i);
  }
}

constexpr float guard_against_zero = 1e-7f;

bool is_plain(const at::Tensor &x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
}

void check(const at::Tensor &x) {
  TORCH_CHECK(x.numel() > 0 && at::isFloatingType(x.scalar_type()),
              "floating-point values were expected");
}

void gamma_by_tensors(const at::Tensor &x, double exponent, bool inverted) {
  if (inverted) x.neg_();
  auto mean = x.mean(), low = x.min(), range = x.max().sub(low);
  double degrees = std::sqrt(std::max<double>(1, x.numel() - 1));
  auto deviation = x.sub(mean).norm().div(degrees);
  auto y = x.sub(low).div(range.clamp_min(guard_against_zero)).pow(exponent);
  y.sub_(y.mean());
  // The minimum cancels out, and the range but for the guard against a deviation of zero.
  auto after = y.norm().mul(range).div(degrees).clamp_min(guard_against_zero);
  x.copy_(y.mul_(range.mul(deviation).div(after)).add_(mean));
  if (inverted) x.neg_();
}

} // namespace

void contrast_in_place(ct_tensor *x, double factor, char **error) {
  perform(__func__, {x}, error, [&] {
    const at::Tensor &v = x->value;
    check(v);
    if (!is_plain(v)) {
      auto mean = v.mean(), low = v.min(), high = v.max();
      v.sub_(mean).mul_(factor).add_(mean);
      v.copy_(v.maximum(low).minimum(high));
      return;
    }
    float *p = v.data_ptr<float>();
    auto all = moments(p, v.numel());
    stretch(p, v.numel(), float(factor), float(all.mean * (1 - factor)), all.low, all.high);
  });
}

void gamma_in_place(ct_tensor *x, double exponent, int inverted, char **error) {
  perform(__func__, {x}, error, [&] {
    const at::Tensor &v = x->value;
    check(v);
    if (!is_plain(v)) return gamma_by_tensors(v, exponent, inverted);
    float *p = v.data_ptr<float>();
    auto before = moments(p, v.numel());
    double range = double(before.high) - before.low;
    float from = inverted ? before.high : before.low;
    float factor = float((inverted ? -1 : 1) / std::max<double>(range, guard_against_zero));
    Moments after;
    pieces(p, v.numel(), [&](float *part, int64_t n) {
      powers(part, n, from, factor, float(exponent));
      after.add(part, n);
    });
    // The minimum cancels out, and the range but for the guard against a deviation of zero.
    double scale = range * before.deviation() /
                   std::max<double>(range * after.deviation(), guard_against_zero);
    if (inverted) scale = -scale;
    float most = std::numeric_limits<float>::max();
    stretch(p, v.numel(), float(scale), float(before.mean - scale * after.mean), -most, most);
  });
}

} // namespace cac
