// SPDX-License-Identifier: Apache-2.0
//
// Convolutions with weights in oneDNN's own order, images channels last, for inference on a
// processor. libtorch does not export oneDNN; these are the operations that its compiler uses.
#include <ATen/Context.h>
#include <ATen/ops/empty.h>

#include "Dispatch.h"
#include "Guard.h"

namespace cac {
namespace {

/// The image in channels-last order, with the strides of that order also along axes of length 1.
at::Tensor channels_last(const at::Tensor &x) {
  auto shape = x.sizes();
  std::vector<int64_t> strides(x.dim());
  int64_t stride = shape[1];
  for (int64_t d = x.dim() - 1; d >= 2; d--) {
    strides[d] = stride;
    stride *= shape[d];
  }
  strides[0] = stride;
  strides[1] = 1;
  if (x.strides() == at::IntArrayRef(strides)) return x;
  auto format = x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::ChannelsLast3d;
  return x.contiguous(format).as_strided(shape, strides);
}

void check(const at::Tensor &x, ct_int n) {
  TORCH_CHECK((n == 2 || n == 3) && x.dim() == n + 2, "an image with 2 or 3 axes was expected");
  TORCH_CHECK(x.is_cpu(), "an image in the processor's memory was expected");
}

c10::List<std::optional<at::Scalar>> nothing() { return c10::List<std::optional<at::Scalar>>(); }

std::vector<int64_t> repeated(ct_int n, int64_t value) { return std::vector<int64_t>(n, value); }

} // namespace

int packs_convolutions(int dtype) {
  if (!at::globalContext().userEnabledMkldnn() || !at::globalContext().hasMKLDNN()) return 0;
  for (auto name : {"mkldnn::_convolution_pointwise", "mkldnn::_convolution_transpose_pointwise",
                    "mkldnn::_reorder_convolution_weight",
                    "mkldnn::_reorder_convolution_transpose_weight"}) {
    if (!find(name)) return 0;
  }
  if (!find("mkldnn::_convolution_pointwise_", "binary")) return 0;
  if (dtype == CT_FLOAT32) return 1;
#ifdef __x86_64__
  // Without these instructions oneDNN converts to float32 and back, which is slower than float32 alone.
  if (dtype == CT_BFLOAT16) return __builtin_cpu_supports("avx512bf16") ? 1 : 0;
#endif
  return 0;
}

ct_tensor *pack_convolution(ct_tensor *weight, const ct_int *shape, const ct_int *stride,
                            const ct_int *padding, ct_int n, int transposed, char **error) {
  return make(__func__, {weight}, error, [&] {
    at::Tensor w = weight->value.detach().contiguous();
    check(w, n);
    auto s = list(stride, n), p = list(padding, n), input = list(shape, n + 2);
    return transposed
               ? call("mkldnn::_reorder_convolution_transpose_weight", "",
                      {w, p, repeated(n, 0), s, repeated(n, 1), int64_t{1}, input})
               : call("mkldnn::_reorder_convolution_weight", "",
                      {w, p, s, repeated(n, 1), int64_t{1}, input});
  });
}

ct_tensor *packed_convolution(ct_tensor *x, ct_tensor *packed, ct_tensor *bias,
                              const ct_int *stride, const ct_int *padding, ct_int n,
                              int transposed, char **error) {
  return make(__func__, {x, bias}, error, [&] {
    check(x->value, n);
    TORCH_CHECK(packed->value.is_mkldnn(), "the weight is not packed");
    auto s = list(stride, n), p = list(padding, n), ones = repeated(n, 1);
    auto v = channels_last(x->value);
    c10::IValue b = bias ? c10::IValue(bias->value) : c10::IValue();
    return transposed
               ? call("mkldnn::_convolution_transpose_pointwise", "",
                      {v, packed->value, b, p, repeated(n, 0), s, ones, int64_t{1}, "none",
                       nothing(), ""})
               : call("mkldnn::_convolution_pointwise", "",
                      {v, packed->value, b, p, s, ones, int64_t{1}, "none", nothing(), ""});
  });
}

void packed_convolution_onto(ct_tensor *y, ct_tensor *x, ct_tensor *packed, const ct_int *stride,
                             const ct_int *padding, ct_int n, char **error) {
  perform(__func__, {y, x}, error, [&] {
    check(x->value, n);
    check(y->value, n);
    TORCH_CHECK(packed->value.is_mkldnn(), "the weight is not packed");
    call("mkldnn::_convolution_pointwise_", "binary",
         {y->value, channels_last(x->value), packed->value, c10::IValue(), list(padding, n),
          list(stride, n), repeated(n, 1), int64_t{1}, "add", at::Scalar(1.0), c10::IValue(),
          nothing(), c10::IValue()});
  });
}

} // namespace cac
