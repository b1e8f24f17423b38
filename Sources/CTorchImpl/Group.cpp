// SPDX-License-Identifier: Apache-2.0
//
// Processes that train together: libtorch's c10d with Gloo, over loopback.
//
// libtorch's wheel has Gloo inside but not its headers. c10d's header only names Gloo's classes, so
// the few names in the folder `gloo` beside this file stand for them; nothing of Gloo is called here.
#define USE_C10D_GLOO
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "Guard.h"

namespace cac {

using Gloo = c10d::ProcessGroupGloo;

static Gloo &gloo(void *group) { return *static_cast<c10::intrusive_ptr<Gloo> *>(group)->get(); }

void *group_join(const char *store, ct_int rank, ct_int size, double seconds, char **error) {
  return guard<void *>(__func__, {}, error, nullptr, [&]() -> void * {
    TORCH_CHECK(size >= 1 && rank >= 0 && rank < size, "rank ", rank, " of ", size, " processes");
    const auto timeout = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    auto file = c10::make_intrusive<c10d::FileStore>(std::string(store), static_cast<int>(size));
    file->setTimeout(timeout);
    auto options = Gloo::Options::create(timeout);
    options->devices.push_back(Gloo::createDeviceForHostname("127.0.0.1"));
    return new c10::intrusive_ptr<Gloo>(c10::make_intrusive<Gloo>(
        file, static_cast<int>(rank), static_cast<int>(size), options));
  });
}

void group_leave(void *group) { delete static_cast<c10::intrusive_ptr<Gloo> *>(group); }

void group_wait(void *group, char **error) {
  perform(__func__, {}, error, [&] { gloo(group).barrier()->wait(); });
}

/// One buffer of all tensors of a kind, because each exchange waits for the slowest process.
template <class Exchange>
static void exchange(const std::vector<at::Tensor> &all, Exchange &&body) {
  at::NoGradGuard none;
  std::vector<at::Tensor> rest = all;
  while (!rest.empty()) {
    const auto kind = rest.front().scalar_type();
    std::vector<at::Tensor> same, others, flat;
    for (const auto &t : rest) (t.scalar_type() == kind ? same : others).push_back(t);
    for (const auto &t : same) flat.push_back(t.detach().reshape({-1}).cpu());
    std::vector<at::Tensor> buffer = {at::cat(flat)};
    body(buffer);
    int64_t start = 0;
    for (const auto &t : same) {
      t.detach().copy_(buffer[0].narrow(0, start, t.numel()).view(t.sizes()));
      start += t.numel();
    }
    rest = std::move(others);
  }
}

void group_sum(void *group, ct_tensor *const *values, ct_int n, char **error) {
  perform(__func__, {n > 0 ? values[0] : nullptr}, error, [&] {
    exchange(tensors(values, n), [&](std::vector<at::Tensor> &buffer) {
      gloo(group).allreduce(buffer)->wait();
    });
  });
}

void group_broadcast(void *group, ct_tensor *const *values, ct_int n, char **error) {
  perform(__func__, {n > 0 ? values[0] : nullptr}, error, [&] {
    exchange(tensors(values, n), [&](std::vector<at::Tensor> &buffer) {
      gloo(group).broadcast(buffer)->wait();
    });
  });
}

} // namespace cac
