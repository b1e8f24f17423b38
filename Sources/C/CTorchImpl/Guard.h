// SPDX-License-Identifier: Apache-2.0
//
// Shared by all operations: the tensor behind a handle, and the guard that turns an exception into a
// message with the operation's name and the shapes of its inputs.
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <exception>
#include <initializer_list>
#include <string>
#include <vector>

#include "CTorchAPI.h"

struct ct_tensor {
  at::Tensor value;
};

namespace cac {

#define CT_DECLARE(result, name, arguments) result name arguments;
CT_OPERATIONS(CT_DECLARE)
#undef CT_DECLARE

/// The number of live handles, by which tests find leaks.
extern std::atomic<ct_int> live;

/// A malloc'ed message of an exception: "add: [2, 3] float32, [4] float32: …".
///
/// `failure_kind` then returns that memory ran out, or else the kind that is given here. `error` is null
/// for exceptions of other types than `std::exception`.
char *failure(const char *operation, std::initializer_list<const ct_tensor *> inputs,
              const std::exception *error, int kind);

inline ct_tensor *wrap_value(at::Tensor value) {
  auto *handle = new ct_tensor{std::move(value)};
  live.fetch_add(1, std::memory_order_relaxed);
  return handle;
}

/// Runs a body; on an exception fills `error`, notes the kind of failure and returns `failed`.
template <class Result, class Body>
Result guard(const char *operation, std::initializer_list<const ct_tensor *> inputs, char **error,
             Result failed, Body &&body, int kind = CT_FAILED) {
  try {
    return body();
  } catch (const std::exception &e) {
    *error = failure(operation, inputs, &e, kind);
  } catch (...) {
    *error = failure(operation, inputs, nullptr, kind);
  }
  return failed;
}

/// Runs a body that makes a tensor.
template <class Body>
ct_tensor *make(const char *operation, std::initializer_list<const ct_tensor *> inputs,
                char **error, Body &&body) {
  return guard<ct_tensor *>(operation, inputs, error, nullptr,
                            [&] { return wrap_value(body()); });
}

/// Runs a body for its effect.
template <class Body>
void perform(const char *operation, std::initializer_list<const ct_tensor *> inputs, char **error,
             Body &&body, int kind = CT_FAILED) {
  guard<int>(
      operation, inputs, error, 0,
      [&] {
        body();
        return 0;
      },
      kind);
}

at::ScalarType scalar_type(int dtype);
int dtype_code(at::ScalarType type);
at::DeviceType device_type(int kind);
at::TensorOptions options(int dtype, int device, ct_int index);

inline std::vector<int64_t> list(const ct_int *values, ct_int n) {
  return std::vector<int64_t>(values, values + n);
}

inline std::vector<at::Tensor> tensors(ct_tensor *const *handles, ct_int n) {
  std::vector<at::Tensor> values;
  values.reserve(n);
  for (ct_int i = 0; i < n; i++) values.push_back(handles[i]->value);
  return values;
}

inline std::optional<at::Tensor> maybe(const ct_tensor *handle) {
  return handle ? std::optional<at::Tensor>(handle->value) : std::nullopt;
}

} // namespace cac
