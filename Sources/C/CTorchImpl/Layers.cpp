// SPDX-License-Identifier: Apache-2.0
//
// The layers of networks and their losses. Images are (batch, channels, spatial axes…).
#include <ATen/ops/_upsample_nearest_exact1d.h>
#include <ATen/ops/_upsample_nearest_exact2d.h>
#include <ATen/ops/_upsample_nearest_exact3d.h>
#include <ATen/ops/avg_pool1d.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/conv_transpose1d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/conv_transpose3d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/max_pool1d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_linear1d.h>
#include <ATen/ops/upsample_trilinear3d.h>

#include "Guard.h"

namespace cac {

/// Throws where lists do not have one entry for each spatial axis.
static void check_axes(const at::Tensor &x, ct_int n) {
  TORCH_CHECK(x.dim() == n + 2, "one entry for each of the ", x.dim() - 2,
              " spatial axes was expected, ", n, " were given");
}

ct_tensor *convolution(ct_tensor *x, ct_tensor *weight, ct_tensor *bias, const ct_int *stride,
                       const ct_int *padding, ct_int n, int transposed, char **error) {
  return make(__func__, {x, weight, bias}, error, [&]() -> at::Tensor {
    check_axes(x->value, n);
    auto s = list(stride, n), p = list(padding, n);
    std::vector<int64_t> none(n, 0);
    auto b = maybe(bias);
    const at::Tensor &v = x->value, &w = weight->value;
    // at::convolution computes the same, but autocast on the processor does not support it.
    switch (transposed ? -n : n) {
    case 1: return at::conv1d(v, w, b, s, p);
    case 2: return at::conv2d(v, w, b, s, p);
    case 3: return at::conv3d(v, w, b, s, p);
    case -1: return at::conv_transpose1d(v, w, b, s, p, none);
    case -2: return at::conv_transpose2d(v, w, b, s, p, none);
    case -3: return at::conv_transpose3d(v, w, b, s, p, none);
    }
    TORCH_CHECK(false, "1 to 3 spatial axes are supported, not ", n);
  });
}

ct_tensor *dilated_convolution(ct_tensor *x, ct_tensor *weight, ct_tensor *bias,
                               const ct_int *dilation, ct_int n, char **error) {
  return make(__func__, {x, weight, bias}, error, [&]() -> at::Tensor {
    check_axes(x->value, n);
    auto d = list(dilation, n);
    std::vector<int64_t> once(n, 1), none(n, 0);
    auto b = maybe(bias);
    const at::Tensor &v = x->value, &w = weight->value;
    switch (n) {
    case 1: return at::conv1d(v, w, b, once, none, d);
    case 2: return at::conv2d(v, w, b, once, none, d);
    case 3: return at::conv3d(v, w, b, once, none, d);
    }
    TORCH_CHECK(false, "1 to 3 spatial axes are supported, not ", n);
  });
}

ct_tensor *instance_norm(ct_tensor *x, ct_tensor *weight, ct_tensor *bias, double epsilon,
                         char **error) {
  return make(__func__, {x, weight, bias}, error, [&] {
    return at::instance_norm(x->value, maybe(weight), maybe(bias), {}, {}, true, 0.1, epsilon,
                             true);
  });
}

ct_tensor *group_norm(ct_tensor *x, ct_int groups, ct_tensor *weight, ct_tensor *bias,
                      double epsilon, char **error) {
  return make(__func__, {x, weight, bias}, error, [&] {
    return at::group_norm(x->value, groups, maybe(weight), maybe(bias), epsilon, true);
  });
}

void leaky_relu_in_place(ct_tensor *x, double slope, char **error) {
  perform(__func__, {x}, error, [&] { at::leaky_relu_(x->value, slope); });
}

ct_tensor *relu(ct_tensor *x, char **error) {
  return make(__func__, {x}, error, [&] { return at::relu(x->value); });
}

ct_tensor *elu(ct_tensor *x, char **error) {
  return make(__func__, {x}, error, [&] { return at::elu(x->value); });
}

ct_tensor *batch_norm(ct_tensor *x, ct_tensor *weight, ct_tensor *bias, ct_tensor *mean,
                      ct_tensor *variance, int training, double momentum, double epsilon,
                      char **error) {
  return make(__func__, {x, weight, bias, mean, variance}, error, [&] {
    return at::batch_norm(x->value, weight->value, bias->value, mean->value, variance->value,
                          training != 0, momentum, epsilon, false);
  });
}

ct_tensor *max_pool(ct_tensor *x, const ct_int *kernel, const ct_int *stride,
                    const ct_int *padding, ct_int n, char **error) {
  return make(__func__, {x}, error, [&]() -> at::Tensor {
    check_axes(x->value, n);
    auto k = list(kernel, n), s = list(stride, n), p = list(padding, n);
    switch (n) {
    case 1: return at::max_pool1d(x->value, k, s, p);
    case 2: return at::max_pool2d(x->value, k, s, p);
    case 3: return at::max_pool3d(x->value, k, s, p);
    }
    TORCH_CHECK(false, "1 to 3 spatial axes are supported, not ", n);
  });
}

ct_tensor *avg_pool(ct_tensor *x, const ct_int *kernel, const ct_int *stride,
                    const ct_int *padding, ct_int n, char **error) {
  return make(__func__, {x}, error, [&]() -> at::Tensor {
    check_axes(x->value, n);
    auto k = list(kernel, n), s = list(stride, n), p = list(padding, n);
    switch (n) {
    case 1: return at::avg_pool1d(x->value, k, s, p);
    case 2: return at::avg_pool2d(x->value, k, s, p);
    case 3: return at::avg_pool3d(x->value, k, s, p);
    }
    TORCH_CHECK(false, "1 to 3 spatial axes are supported, not ", n);
  });
}

ct_tensor *softmax(ct_tensor *x, ct_int axis, char **error) {
  return make(__func__, {x}, error, [&] { return at::softmax(x->value, axis); });
}

ct_tensor *cross_entropy(ct_tensor *x, ct_tensor *target, ct_tensor *weight, int reduction,
                         ct_int ignored, char **error) {
  return make(__func__, {x, target, weight}, error, [&] {
    return at::cross_entropy_loss(x->value, target->value, maybe(weight), reduction, ignored);
  });
}

ct_tensor *binary_cross_entropy(ct_tensor *x, ct_tensor *target, int reduction, char **error) {
  return make(__func__, {x, target}, error, [&] {
    return at::binary_cross_entropy_with_logits(x->value, target->value, {}, {}, reduction);
  });
}

ct_tensor *interpolate(ct_tensor *x, const ct_int *size, ct_int n, int mode, int align_corners,
                       char **error) {
  return make(__func__, {x}, error, [&]() -> at::Tensor {
    check_axes(x->value, n);
    auto s = list(size, n);
    at::IntArrayRef to(s);
    bool linear = mode == CT_LINEAR, align = align_corners != 0;
    switch (n) {
    case 1: return linear ? at::upsample_linear1d(x->value, to, align)
                          : at::_upsample_nearest_exact1d(x->value, to);
    case 2: return linear ? at::upsample_bilinear2d(x->value, to, align)
                          : at::_upsample_nearest_exact2d(x->value, to);
    case 3: return linear ? at::upsample_trilinear3d(x->value, to, align)
                          : at::_upsample_nearest_exact3d(x->value, to);
    }
    TORCH_CHECK(false, "1 to 3 spatial axes are supported, not ", n);
  });
}

} // namespace cac
