// SPDX-License-Identifier: Apache-2.0
//
// Processes that train together: libtorch's c10d with Gloo, over loopback, and with NCCL for tensors
// of graphics cards where each process has its own.
//
// libtorch's wheel contains Gloo but not its headers. c10d's header only names Gloo's classes, so the
// declarations in the folder `gloo` beside this file are enough; nothing of Gloo is called here.
#define USE_C10D_GLOO
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "Group.h"
#include "Guard.h"

namespace cac {

using Gloo = c10d::ProcessGroupGloo;

namespace {

/// The group of processes, as one of them knows it.
struct Group {
  c10::intrusive_ptr<c10d::Store> store;
  int rank, size;
  std::chrono::milliseconds timeout;
  c10::intrusive_ptr<Gloo> gloo;
  c10::intrusive_ptr<c10d::Backend> nccl; // from the first exchange that can use it on

  /// Whether NCCL can exchange a tensor: each process needs the card with its number, and NCCL supports
  /// few element types.
  bool takes(const at::Tensor &x) const {
    auto kind = x.scalar_type();
    return x.is_cuda() && x.get_device() == rank && cards() >= size &&
           (at::isFloatingType(kind) || kind == at::kLong || kind == at::kInt);
  }

  /// The backend for a tensor; all processes choose the same one, because they make the same calls.
  c10d::Backend &backend(bool by_card) {
    if (!by_card) return *gloo;
    if (!nccl) nccl = nccl_backend(store, rank, size, timeout);
    return *nccl;
  }
};

Group &group(void *handle) { return *static_cast<Group *>(handle); }

} // namespace

void *group_join(const char *store, ct_int rank, ct_int size, double seconds, char **error) {
  const auto join = [&]() -> void * {
    TORCH_CHECK(size >= 1 && rank >= 0 && rank < size, "rank ", rank, " of ", size, " processes");
    const auto timeout = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    auto file = c10::make_intrusive<c10d::FileStore>(std::string(store), static_cast<int>(size));
    file->setTimeout(timeout);
    auto options = Gloo::Options::create(timeout);
    options->devices.push_back(Gloo::createDeviceForHostname("127.0.0.1"));
    auto gloo = c10::make_intrusive<Gloo>(file, static_cast<int>(rank), static_cast<int>(size),
                                          options);
    return new Group{file, static_cast<int>(rank), static_cast<int>(size), timeout, gloo, {}};
  };
  return guard<void *>(__func__, {}, error, nullptr, join, CT_GROUP_FAILED);
}

void group_leave(void *handle) { delete &group(handle); }

void group_wait(void *handle, char **error) {
  perform(
      __func__, {}, error, [&] { group(handle).gloo->barrier()->wait(); }, CT_GROUP_FAILED);
}

/// Exchanges all tensors of an element type in one buffer, because each exchange waits for the slowest
/// process.
template <class Exchange>
static void exchange(Group &group, const std::vector<at::Tensor> &all, Exchange &&body) {
  at::NoGradGuard none;
  std::vector<at::Tensor> rest = all;
  while (!rest.empty()) {
    const auto kind = rest.front().scalar_type();
    const bool by_card = has_nccl() && group.takes(rest.front());
    std::vector<at::Tensor> same, others, flat;
    for (const auto &t : rest) (t.scalar_type() == kind ? same : others).push_back(t);
    for (const auto &t : same) {
      auto line = t.detach().reshape({-1});
      flat.push_back(by_card ? line : line.cpu());
    }
    std::vector<at::Tensor> buffer = {at::cat(flat)};
    body(group.backend(by_card), buffer);
    int64_t start = 0;
    for (const auto &t : same) {
      t.detach().copy_(buffer[0].narrow(0, start, t.numel()).view(t.sizes()));
      start += t.numel();
    }
    rest = std::move(others);
  }
}

void group_sum(void *handle, ct_tensor *const *values, ct_int n, char **error) {
  const auto sum = [](c10d::Backend &backend, std::vector<at::Tensor> &buffer) {
    backend.allreduce(buffer)->wait();
  };
  perform(
      __func__, {n > 0 ? values[0] : nullptr}, error,
      [&] { exchange(group(handle), tensors(values, n), sum); }, CT_GROUP_FAILED);
}

void group_broadcast(void *handle, ct_tensor *const *values, ct_int n, char **error) {
  const auto broadcast = [](c10d::Backend &backend, std::vector<at::Tensor> &buffer) {
    backend.broadcast(buffer)->wait();
  };
  perform(
      __func__, {n > 0 ? values[0] : nullptr}, error,
      [&] { exchange(group(handle), tensors(values, n), broadcast); }, CT_GROUP_FAILED);
}

} // namespace cac
