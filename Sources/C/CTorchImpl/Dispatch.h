// SPDX-License-Identifier: Apache-2.0
//
// Operations that libtorch registers by name, without a header.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace cac {

using Stack = torch::jit::Stack;

/// An operation of the dispatcher by its name, if this libtorch has it.
inline std::optional<c10::OperatorHandle> find(const char *name, const char *overload = "") {
  return c10::Dispatcher::singleton().findSchema({name, overload});
}

/// Calls an operation that returns a tensor.
inline at::Tensor call(const char *name, const char *overload, Stack stack) {
  auto operation = find(name, overload);
  TORCH_CHECK(operation, "this libtorch has no ", name);
  operation->callBoxed(stack);
  TORCH_CHECK(stack.size() == 1 && stack[0].isTensor(), name, " gave no tensor");
  return stack[0].toTensor();
}

} // namespace cac
