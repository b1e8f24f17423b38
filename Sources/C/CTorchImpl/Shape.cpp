// SPDX-License-Identifier: Apache-2.0
//
// Views, parts and joins.
#include <ATen/ops/cat.h>
#include <ATen/ops/pad.h>
#include <ATen/ops/stack.h>

#include "Guard.h"

namespace cac {

ct_tensor *reshape(ct_tensor *x, const ct_int *shape, ct_int n, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.reshape(list(shape, n)); });
}

ct_tensor *expand(ct_tensor *x, const ct_int *shape, ct_int n, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.expand(list(shape, n)); });
}

ct_tensor *unsqueeze(ct_tensor *x, ct_int axis, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.unsqueeze(axis); });
}

ct_tensor *squeeze(ct_tensor *x, ct_int axis, char **error) {
  return make(__func__, {x}, error, [&] {
    TORCH_CHECK(x->value.size(axis) == 1, "axis ", axis, " has not the length 1");
    return x->value.squeeze(axis);
  });
}

ct_tensor *narrow(ct_tensor *x, ct_int axis, ct_int start, ct_int length, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.narrow(axis, start, length); });
}

ct_tensor *select(ct_tensor *x, ct_int axis, ct_int index, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.select(axis, index); });
}

ct_tensor *index_select(ct_tensor *x, ct_int axis, ct_tensor *indices, char **error) {
  return make(__func__, {x, indices}, error,
              [&] { return x->value.index_select(axis, indices->value); });
}

ct_tensor *gather(ct_tensor *x, ct_int axis, ct_tensor *indices, char **error) {
  return make(__func__, {x, indices}, error,
              [&] { return x->value.gather(axis, indices->value); });
}

ct_tensor *scatter(ct_tensor *x, ct_int axis, ct_tensor *indices, ct_tensor *source,
                   char **error) {
  return make(__func__, {x, indices, source}, error,
              [&] { return x->value.scatter(axis, indices->value, source->value); });
}

ct_tensor *scatter_value(ct_tensor *x, ct_int axis, ct_tensor *indices, double value,
                         char **error) {
  return make(__func__, {x, indices}, error,
              [&] { return x->value.scatter(axis, indices->value, value); });
}

ct_tensor *flip(ct_tensor *x, const ct_int *axes, ct_int n, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.flip(list(axes, n)); });
}

ct_tensor *cat(ct_tensor *const *parts, ct_int n, ct_int axis, char **error) {
  return make(__func__, {n > 0 ? parts[0] : nullptr, n > 1 ? parts[1] : nullptr}, error,
              [&] { return at::cat(tensors(parts, n), axis); });
}

ct_tensor *stack(ct_tensor *const *parts, ct_int n, ct_int axis, char **error) {
  return make(__func__, {n > 0 ? parts[0] : nullptr, n > 1 ? parts[1] : nullptr}, error,
              [&] { return at::stack(tensors(parts, n), axis); });
}

ct_tensor *pad(ct_tensor *x, const ct_int *amounts, ct_int n, const char *mode, double value,
               char **error) {
  return make(__func__, {x}, error, [&] {
    bool constant = std::string(mode) == "constant";
    return at::pad(x->value, list(amounts, n), mode,
                   constant ? std::optional<double>(value) : std::nullopt);
  });
}

} // namespace cac
