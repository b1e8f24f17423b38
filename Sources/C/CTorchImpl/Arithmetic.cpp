// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic with broadcasting, comparisons, reductions.
#include <ATen/ops/isfinite.h>

#include <cmath>
#include <numeric>

#include "Guard.h"

namespace cac {

/// A whole number as an integer, so that integer tensors stay integer tensors.
static at::Scalar number(double value) {
  bool whole = std::floor(value) == value && std::abs(value) < 9007199254740992.0;
  return whole ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
}

#define CT_ONE(name, expression)                                                                   \
  ct_tensor *name(ct_tensor *x, char **error) {                                                    \
    return make(__func__, {x}, error, [&] { return (expression); });                               \
  }
#define CT_TWO(name, expression)                                                                   \
  ct_tensor *name(ct_tensor *x, ct_tensor *y, char **error) {                                      \
    return make(__func__, {x, y}, error, [&] { return (expression); });                            \
  }
#define CT_NUMBER(name, expression)                                                                \
  ct_tensor *name(ct_tensor *x, double y, char **error) {                                          \
    return make(__func__, {x}, error, [&] { return (expression); });                               \
  }

ct_tensor *add(ct_tensor *x, ct_tensor *y, double scale, char **error) {
  return make(__func__, {x, y}, error,
              [&] { return x->value.add(y->value, number(scale)); });
}

CT_TWO(multiply, x->value.mul(y->value))
CT_TWO(divide, x->value.div(y->value))
CT_NUMBER(add_number, x->value.add(number(y)))
CT_NUMBER(multiply_number, x->value.mul(number(y)))
CT_NUMBER(power, x->value.pow(number(y)))
CT_TWO(matmul, x->value.matmul(y->value))
CT_TWO(equal, x->value.eq(y->value))
CT_NUMBER(equal_number, x->value.eq(number(y)))
CT_NUMBER(less_number, x->value.lt(number(y)))
CT_NUMBER(greater_number, x->value.gt(number(y)))
CT_TWO(logical_and, x->value.logical_and(y->value))
CT_ONE(logical_not, x->value.logical_not())
CT_ONE(absolute, x->value.abs())
CT_ONE(round_half_even, x->value.round())
CT_ONE(sigmoid, x->value.sigmoid())

ct_tensor *clip(ct_tensor *x, double low, double high, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.clamp(number(low), number(high)); });
}

ct_tensor *masked_fill(ct_tensor *x, ct_tensor *mask, double value, char **error) {
  return make(__func__, {x, mask}, error,
              [&] { return x->value.masked_fill(mask->value, value); });
}

int all_finite(ct_tensor *x, char **error) {
  return guard<int>(__func__, {x}, error, 0,
                    [&] { return at::isfinite(x->value).all().item().toBool(); });
}

void add_in_place(ct_tensor *x, ct_tensor *y, double scale, char **error) {
  perform(__func__, {x, y}, error, [&] { x->value.add_(y->value, number(scale)); });
}

void multiply_in_place(ct_tensor *x, ct_tensor *y, char **error) {
  perform(__func__, {x, y}, error, [&] { x->value.mul_(y->value); });
}

void add_number_in_place(ct_tensor *x, double y, char **error) {
  perform(__func__, {x}, error, [&] { x->value.add_(number(y)); });
}

void multiply_number_in_place(ct_tensor *x, double y, char **error) {
  perform(__func__, {x}, error, [&] { x->value.mul_(number(y)); });
}

void clip_in_place(ct_tensor *x, double low, double high, char **error) {
  perform(__func__, {x}, error, [&] { x->value.clamp_(number(low), number(high)); });
}

void fill_in_place(ct_tensor *x, double value, char **error) {
  perform(__func__, {x}, error, [&] { x->value.fill_(value); });
}

/// The axes given, or all where none are.
static std::vector<int64_t> axes_or_all(const at::Tensor &x, const ct_int *axes, ct_int n) {
  if (n > 0) return list(axes, n);
  std::vector<int64_t> all(x.dim());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

ct_tensor *sum(ct_tensor *x, const ct_int *axes, ct_int n, int keep, char **error) {
  return make(__func__, {x}, error,
              [&] { return x->value.sum(axes_or_all(x->value, axes, n), keep != 0); });
}

ct_tensor *mean(ct_tensor *x, const ct_int *axes, ct_int n, int keep, char **error) {
  return make(__func__, {x}, error,
              [&] { return x->value.mean(axes_or_all(x->value, axes, n), keep != 0); });
}

ct_tensor *largest(ct_tensor *x, const ct_int *axes, ct_int n, int keep, char **error) {
  return make(__func__, {x}, error,
              [&] { return x->value.amax(axes_or_all(x->value, axes, n), keep != 0); });
}

ct_tensor *smallest(ct_tensor *x, const ct_int *axes, ct_int n, int keep, char **error) {
  return make(__func__, {x}, error,
              [&] { return x->value.amin(axes_or_all(x->value, axes, n), keep != 0); });
}

ct_tensor *deviation(ct_tensor *x, const ct_int *axes, ct_int n, int unbiased, int keep,
                     char **error) {
  return make(__func__, {x}, error, [&] {
    return x->value.std(at::OptionalIntArrayRef(axes_or_all(x->value, axes, n)), unbiased != 0,
                        keep != 0);
  });
}

ct_tensor *argmax(ct_tensor *x, ct_int axis, int keep, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.argmax(axis, keep != 0); });
}

ct_tensor *top_values(ct_tensor *x, ct_int count, char **error) {
  return make(__func__, {x}, error,
              [&] { return std::get<0>(x->value.topk(count, 0, true, false)); });
}

ct_tensor *log_cumulative_sum(ct_tensor *x, ct_int axis, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.logcumsumexp(axis); });
}

} // namespace cac
