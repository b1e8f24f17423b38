// SPDX-License-Identifier: Apache-2.0
//
// Layers of networks that predict on a processor with libtorch's own bits, in fewer passes over
// memory; float32, channel after channel, nothing recorded for gradients.
#include <ATen/ops/cat.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/conv_transpose3d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>

#include <cmath>

#include "Dispatch.h"
#include "Guard.h"
#include "Lanes.h"
#include "Parallel.h"

namespace cac {
namespace {

typedef double doubles __attribute__((vector_size(128), may_alias));

CT_INLINE double total(const doubles &x) {
  double sum = 0;
  for (int64_t i = 0; i < lanes; i++) sum += x[i];
  return sum;
}

/// The sum of a plane, in double precision.
CT_INLINE double sum(const float *x, int64_t count) {
  doubles all{};
  floats v;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    load(v, x + i);
    all += __builtin_convertvector(v, doubles);
  }
  double rest = total(all);
  for (; i < count; i++) rest += x[i];
  return rest;
}

/// The sum of squared distances from the mean; squares are in single precision, as in libtorch.
CT_INLINE double squares(const float *x, int64_t count, float mean) {
  doubles all{};
  floats v;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    load(v, x + i);
    v -= mean;
    v *= v;
    all += __builtin_convertvector(v, doubles);
  }
  double rest = total(all);
  for (; i < count; i++) {
    float d = x[i] - mean;
    rest += static_cast<double>(d * d);
  }
  return rest;
}

/// Normalises one plane to mean 0 and variance 1, then scales, shifts and applies the leaky ReLU.
///
/// Intermediate results are rounded as in libtorch's batch normalisation (native/cpu/
/// batch_norm_kernel.cpp): sums in double, mean, variance, scale and shift in single precision.
CT_INLINE void normalise(float *x, int64_t count, float weight, float bias, double epsilon,
                         float slope) {
  float mean = static_cast<float>(sum(x, count) / static_cast<double>(count));
  float variance = static_cast<float>(squares(x, count, mean)) / static_cast<float>(count);
  float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(variance) + epsilon)) * weight;
  float shift = std::fma(-mean, scale, bias);
  floats v, a, b, negative;
  fill(a, scale);
  fill(b, shift);
  fill(negative, slope);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    load(v, x + i);
    v = v * a + b;
    leaky_relu(v, negative);
    store(x + i, v);
  }
  for (; i < count; i++) {
    float y = x[i] * scale + shift;
    x[i] = y > 0 ? y : y * slope;
  }
}

CT_CLONES void normalise_planes_of(float *x, int64_t planes, int64_t count, int64_t channels,
                                   int64_t first, const float *weight, const float *bias,
                                   double epsilon, float slope) {
  for (int64_t p = 0; p < planes; p++) {
    int64_t c = (first + p) % channels;
    normalise(x + p * count, count, weight[c], bias[c], epsilon, slope);
  }
}

/// Copies voxels of an image in channels-last order into planes.
CT_CLONES void into_planes(const float *x, int64_t begin, int64_t end, int64_t channels, float *out,
                           int64_t plane) {
  constexpr int64_t block = 64;
  for (int64_t v = begin; v < end; v += block) {
    int64_t stop = v + block < end ? v + block : end;
    for (int64_t c = 0; c < channels; c++) {
      for (int64_t i = v; i < stop; i++) out[c * plane + i] = x[i * channels + c];
    }
  }
}

bool has_planes(const at::Tensor &x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous() && x.numel() > 0;
}

} // namespace

ct_tensor *normalise_planes(ct_tensor *x, ct_tensor *weight, ct_tensor *bias, double epsilon,
                            double slope, char **error) {
  return make(__func__, {x, weight, bias}, error, [&] {
    at::Tensor v = x->value;
    const at::Tensor &w = weight->value, &b = bias->value;
    TORCH_CHECK(v.dim() >= 3 && w.numel() == v.size(1) && b.numel() == v.size(1),
                "one scale and one shift for each channel were expected");
    if (!has_planes(v) || !has_planes(w) || !has_planes(b)) {
      auto y = at::instance_norm(v, w, b, {}, {}, true, 0.1, epsilon, true);
      return slope == 1 ? y : at::leaky_relu_(y, slope);
    }
    int64_t channels = v.size(1), planes = v.size(0) * channels, count = v.numel() / planes;
    auto *data = v.data_ptr<float>();
    const auto *scales = w.data_ptr<float>(), *shifts = b.data_ptr<float>();
    parallel(planes, [&](int64_t begin, int64_t end) {
      normalise_planes_of(data + begin * count, end - begin, count, channels, begin, scales, shifts,
                          epsilon, static_cast<float>(slope));
    });
    return v;
  });
}

ct_tensor *upsampled_beside(ct_tensor *x, ct_tensor *weight, ct_tensor *bias, const ct_int *stride,
                            ct_int n, ct_tensor *skip, char **error) {
  return make(__func__, {x, weight, bias, skip}, error, [&] {
    const at::Tensor &v = x->value, &w = weight->value, &other = skip->value;
    TORCH_CHECK((n == 2 || n == 3) && v.dim() == n + 2 && other.dim() == n + 2,
                "images with 2 or 3 axes were expected");
    auto s = list(stride, n);
    std::vector<int64_t> none(n, 0), ones(n, 1);
    // libtorch computes smaller images without oneDNN, and rounds differently.
    bool is_large = v.size(0) * v.size(1) * v.size(2) * v.size(3) > 20480;
    if (!is_large || v.size(0) != 1 || !has_planes(v) || !has_planes(other) ||
        !packs_convolutions(CT_FLOAT32)) {
      auto b = maybe(bias);
      auto y = n == 2 ? at::conv_transpose2d(v, w, b, s, none)
                      : at::conv_transpose3d(v, w, b, s, none);
      return at::cat({y, other}, 1);
    }
    auto packed = call("mkldnn::_reorder_convolution_transpose_weight", "",
                       {w.contiguous(), none, none, s, ones, int64_t{1}, v.sizes().vec()});
    auto format = n == 2 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::ChannelsLast3d;
    c10::IValue b = bias ? c10::IValue(bias->value) : c10::IValue();
    auto y = call("mkldnn::_convolution_transpose_pointwise", "",
                  {v.contiguous(format), packed, b, none, none, s, ones, int64_t{1}, "none",
                   c10::List<std::optional<at::Scalar>>(), ""});
    auto shape = other.sizes().vec();
    int64_t channels = y.size(1), plane = other.numel() / other.size(1);
    TORCH_CHECK(y.numel() == channels * plane && y.is_contiguous(format),
                "both images must have the same extents");
    shape[1] += channels;
    auto out = at::empty(shape, other.options());
    auto *to = out.data_ptr<float>();
    const auto *from = y.data_ptr<float>(), *beside = other.data_ptr<float>();
    parallel(plane, [&](int64_t begin, int64_t end) {
      into_planes(from, begin, end, channels, to, plane);
    });
    parallel(other.numel(), [&](int64_t begin, int64_t end) {
      memcpy(to + channels * plane + begin, beside + begin, (end - begin) * sizeof(float));
    });
    return out;
  });
}

} // namespace cac
