// SPDX-License-Identifier: Apache-2.0
//
// Making tensors, their properties, and copies in, out and between devices.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>

#include "Guard.h"

namespace cac {

ct_tensor *empty(const ct_int *shape, ct_int n, int dtype, int device, ct_int index, char **error) {
  return make(__func__, {}, error,
              [&] { return at::empty(list(shape, n), options(dtype, device, index)); });
}

ct_tensor *full(const ct_int *shape, ct_int n, double value, int dtype, int device, ct_int index,
                char **error) {
  return make(__func__, {}, error,
              [&] { return at::full(list(shape, n), value, options(dtype, device, index)); });
}

ct_tensor *copy_in(const void *data, ct_int bytes, const ct_int *shape, ct_int n, int dtype,
                   char **error) {
  return make(__func__, {}, error, [&] {
    at::Tensor tensor = at::empty(list(shape, n), options(dtype, CT_CPU, 0));
    TORCH_CHECK(tensor.nbytes() == static_cast<size_t>(bytes), "the shape ", tensor.sizes(),
                " takes ", tensor.nbytes(), " bytes, but ", bytes, " were given");
    if (bytes > 0) std::memcpy(tensor.mutable_data_ptr(), data, tensor.nbytes());
    return tensor;
  });
}

ct_tensor *wrap(void *data, const ct_int *shape, ct_int n, int dtype, void (*release)(void *),
                void *context, char **error) {
  return make(__func__, {}, error, [&] {
    return at::from_blob(
        data, list(shape, n), [=](void *) { release(context); }, options(dtype, CT_CPU, 0));
  });
}

ct_tensor *random_normal(const ct_int *shape, ct_int n, double mean, double deviation,
                         uint64_t seed, int dtype, char **error) {
  return make(__func__, {}, error, [&] {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return at::empty(list(shape, n), options(dtype, CT_CPU, 0)).normal_(mean, deviation, generator);
  });
}

ct_tensor *random_uniform(const ct_int *shape, ct_int n, double low, double high, uint64_t seed,
                          int dtype, char **error) {
  return make(__func__, {}, error, [&] {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return at::empty(list(shape, n), options(dtype, CT_CPU, 0)).uniform_(low, high, generator);
  });
}

ct_int shape(ct_tensor *x, ct_int *extents, ct_int capacity) {
  auto sizes = x->value.sizes();
  std::copy_n(sizes.begin(), std::min<size_t>(sizes.size(), capacity), extents);
  return static_cast<ct_int>(sizes.size());
}

ct_int stride(ct_tensor *x, ct_int axis, char **error) {
  return guard<ct_int>(__func__, {x}, error, 0, [&] { return x->value.stride(axis); });
}

ct_int count(ct_tensor *x) { return x->value.numel(); }

int dtype(ct_tensor *x, char **error) {
  return guard<int>(__func__, {x}, error, -1, [&] { return dtype_code(x->value.scalar_type()); });
}

int device_kind(ct_tensor *x, char **error) {
  return guard<int>(__func__, {x}, error, -1, [&]() -> int {
    if (x->value.is_cpu()) return CT_CPU;
    if (x->value.is_cuda()) return CT_CUDA;
    if (x->value.is_mps()) return CT_MPS;
    TORCH_CHECK(false, "the device ", x->value.device().str(), " is not supported");
  });
}

ct_int device_index(ct_tensor *x) { return x->value.is_cuda() ? x->value.get_device() : 0; }

static at::MemoryFormat memory_format(const at::Tensor &x, int format) {
  if (format == CT_CONTIGUOUS) return at::MemoryFormat::Contiguous;
  TORCH_CHECK(x.dim() == 4 || x.dim() == 5, "channels last needs 4 or 5 axes, not ", x.dim());
  return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::ChannelsLast3d;
}

int is_contiguous(ct_tensor *x, int format) {
  if (format == CT_CHANNELS_LAST && x->value.dim() != 4 && x->value.dim() != 5) return 0;
  return x->value.is_contiguous(memory_format(x->value, format));
}

void copy_out(ct_tensor *x, void *data, ct_int bytes, char **error) {
  perform(__func__, {x}, error, [&] {
    at::NoGradGuard no_grad;
    at::Tensor flat = x->value.detach().to(at::kCPU).contiguous();
    TORCH_CHECK(flat.nbytes() == static_cast<size_t>(bytes), "room for ", bytes,
                " bytes was given, but there are ", flat.nbytes());
    if (bytes > 0) std::memcpy(data, flat.const_data_ptr(), flat.nbytes());
  });
}

double item(ct_tensor *x, char **error) {
  return guard<double>(__func__, {x}, error, 0, [&] {
    TORCH_CHECK(x->value.numel() == 1, "a single value was expected");
    return x->value.item().toDouble();
  });
}

ct_tensor *to(ct_tensor *x, int dtype, int device, ct_int index, int non_blocking, char **error) {
  return make(__func__, {x}, error,
              [&] { return x->value.to(options(dtype, device, index), non_blocking != 0); });
}

ct_tensor *contiguous(ct_tensor *x, int format, char **error) {
  return make(__func__, {x}, error,
              [&] { return x->value.contiguous(memory_format(x->value, format)); });
}

ct_tensor *clone(ct_tensor *x, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.clone(); });
}

ct_tensor *detach(ct_tensor *x, char **error) {
  return make(__func__, {x}, error, [&] { return x->value.detach(); });
}

void copy_into(ct_tensor *x, ct_tensor *source, int non_blocking, char **error) {
  perform(__func__, {x, source}, error,
          [&] { x->value.copy_(source->value, non_blocking != 0); });
}

} // namespace cac
