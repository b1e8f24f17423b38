// SPDX-License-Identifier: Apache-2.0
//
// What Group.cpp asks of NCCL, which only a libtorch for CUDA has.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>

namespace cac {

/// Whether this library was built with NCCL.
bool has_nccl();

/// How many graphics cards there are.
int cards();

/// Processes that exchange tensors of their cards; only where there is NCCL.
c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store> &store,
                                               int rank, int size,
                                               std::chrono::milliseconds timeout);

} // namespace cac
