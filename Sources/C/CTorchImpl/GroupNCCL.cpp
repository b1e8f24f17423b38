// SPDX-License-Identifier: Apache-2.0
//
// c10d's NCCL. scripts/build-torch-shim defines CAC_CUDA for a libtorch with CUDA. c10d's header needs
// those of NCCL, the CUDA run time and some of CUDA's libraries; without one of them tensors of a card
// are exchanged by way of the processor's memory (Gloo).
#include "Group.h"

#include <c10/util/Exception.h>

#if defined(CAC_CUDA) && __has_include(<nccl.h>) && __has_include(<cuda_runtime.h>) && \
    __has_include(<crt/host_config.h>) && __has_include(<nv/target>) && \
    __has_include(<cublas_v2.h>) && __has_include(<cusparse.h>) && __has_include(<cusolverDn.h>)
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>

namespace cac {

bool has_nccl() { return true; }

int cards() { return c10::cuda::device_count(); }

c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store> &store,
                                               int rank, int size,
                                               std::chrono::milliseconds timeout) {
  // `wait` then blocks and throws when another process is lost. Otherwise NCCL's watchdog would end
  // this process without a message.
  setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  auto own = c10::make_intrusive<c10d::PrefixStore>("nccl", store);
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(own, rank, size, options);
}

} // namespace cac

#else

namespace cac {

bool has_nccl() { return false; }

int cards() { return 0; }

c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store> &, int, int,
                                               std::chrono::milliseconds) {
  TORCH_CHECK(false, "this library was built without NCCL");
}

} // namespace cac

#endif
