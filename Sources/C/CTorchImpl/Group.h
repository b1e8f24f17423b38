// SPDX-License-Identifier: Apache-2.0
//
// The use of NCCL in Group.cpp; only a libtorch for CUDA has NCCL.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>

namespace cac {

/// Whether this library was built with NCCL.
bool has_nccl();

/// The number of graphics cards.
int cards();

/// The backend of processes that exchange tensors of their cards; throws where there is no NCCL.
c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store> &store,
                                               int rank, int size,
                                               std::chrono::milliseconds timeout);

} // namespace cac
