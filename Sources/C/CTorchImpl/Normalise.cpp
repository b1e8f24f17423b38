// SPDX-License-Identifier: Apache-2.0
//
// Instance normalisation with the operations after it, for inference on a processor, channels last. Two
// passes over memory instead of libtorch's five: the moments, then scale, shift, another image
// added, and the leaky ReLU in place; or, behind the last block, the logits straight away.
//
// Channels beyond the last multiple of sixteen are computed in a copy of sixteen.
#include <ATen/ops/empty.h>

#include <vector>

#include "Guard.h"
#include "Lanes.h"
#include "Parallel.h"

namespace cac {
namespace {

/// Sums of x - shift and of its square, for sixteen channels of some voxels.
template <class T>
CT_INLINE void moments(const T *x, int64_t voxels, int64_t stride, float *shift, float *sum,
                       float *square) {
  floats first, s{}, q{};
  load(first, x);
  // Summed in short parts, because long sums in single precision lose digits.
  for (int64_t begin = 0; begin < voxels; begin += 32) {
    floats part{}, squares{};
    for (int64_t v = begin; v < voxels && v < begin + 32; v++, x += stride) {
      floats d;
      load(d, x);
      d -= first;
      part += d;
      squares += d * d;
    }
    s += part;
    q += squares;
  }
  store(shift, first);
  store(sum, s);
  store(square, q);
}

/// The sums for any number of channels up to sixteen.
template <class T>
CT_INLINE void few_moments(const T *x, int64_t voxels, int64_t stride, int64_t count,
                           float *shift, float *sum, float *square) {
  T row[lanes] = {};
  floats first{}, s{}, q{};
  for (int64_t v = 0; v < voxels; v++, x += stride) {
    memcpy(row, x, count * sizeof(T));
    floats d;
    load(d, row);
    if (v == 0) first = d;
    d -= first;
    s += d;
    q += d * d;
  }
  float all[3][lanes];
  store(all[0], first);
  store(all[1], s);
  store(all[2], q);
  memcpy(shift, all[0], count * sizeof(float));
  memcpy(sum, all[1], count * sizeof(float));
  memcpy(square, all[2], count * sizeof(float));
}

template <class T>
CT_INLINE void all_moments(const T *x, int64_t voxels, int64_t channels, float *out) {
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    moments(x + c, voxels, channels, out + c, out + channels + c, out + 2 * channels + c);
  }
  if (c < channels) {
    few_moments(x + c, voxels, channels, channels - c, out + c, out + channels + c,
                out + 2 * channels + c);
  }
}

/// act(x · scale + shift (+ other)) for sixteen channels.
template <class T>
CT_INLINE void one(floats &y, const T *x, const T *other, const float *scale, const float *shift,
                   const floats &slope) {
  floats a, b;
  load(y, x);
  load(a, scale);
  load(b, shift);
  y = y * a + b;
  if (other) {
    load(a, other);
    y += a;
  }
  leaky_relu(y, slope);
}

/// `scale` and `shift` have room for a multiple of sixteen channels.
template <class T>
CT_INLINE void apply(T *x, const T *other, int64_t voxels, int64_t channels, const float *scale,
                     const float *shift, float negative) {
  floats slope, y;
  fill(slope, negative);
  for (int64_t v = 0; v < voxels; v++, x += channels) {
    const T *o = other ? other + v * channels : nullptr;
    int64_t c = 0;
    for (; c + lanes <= channels; c += lanes) {
      one(y, x + c, o ? o + c : nullptr, scale + c, shift + c, slope);
      store(x + c, y);
    }
    if (c < channels) {
      T row[lanes] = {}, rest[lanes] = {};
      memcpy(row, x + c, (channels - c) * sizeof(T));
      if (o) memcpy(rest, o + c, (channels - c) * sizeof(T));
      one(y, row, o ? rest : nullptr, scale + c, shift + c, slope);
      store(row, y);
      memcpy(x + c, row, (channels - c) * sizeof(T));
    }
  }
}

constexpr int64_t group = 8;

/// Logits of at most eight classes; `weight` has a padded row for each, and `plane` is the distance
/// between the logits of two classes.
template <class T>
CT_INLINE void logits(const T *x, int64_t voxels, int64_t channels, const float *scale,
                      const float *shift, float negative, const float *weight, const float *bias,
                      int64_t classes, float *out, int64_t plane) {
  floats slope, y, w;
  fill(slope, negative);
  int64_t padded = (channels + lanes - 1) / lanes * lanes;
  for (int64_t v = 0; v < voxels; v++, x += channels) {
    floats sum[group] = {};
    for (int64_t c = 0; c < channels; c += lanes) {
      T row[lanes] = {};
      memcpy(row, x + c, (channels - c < lanes ? channels - c : lanes) * sizeof(T));
      one<T>(y, c + lanes <= channels ? x + c : row, nullptr, scale + c, shift + c, slope);
      for (int64_t k = 0; k < classes; k++) {
        load(w, weight + k * padded + c);
        sum[k] += y * w;
      }
    }
    for (int64_t k = 0; k < classes; k++) out[k * plane + v] = total(sum[k]) + bias[k];
  }
}

CT_CLONES void moments_of(const float *x, int64_t voxels, int64_t channels, float *out) {
  all_moments(x, voxels, channels, out);
}
CT_CLONES void moments_of(const uint16_t *x, int64_t voxels, int64_t channels, float *out) {
  all_moments(x, voxels, channels, out);
}
CT_CLONES void apply_to(float *x, const float *other, int64_t voxels, int64_t channels,
                        const float *scale, const float *shift, float slope) {
  apply(x, other, voxels, channels, scale, shift, slope);
}
CT_CLONES void apply_to(uint16_t *x, const uint16_t *other, int64_t voxels, int64_t channels,
                        const float *scale, const float *shift, float slope) {
  apply(x, other, voxels, channels, scale, shift, slope);
}
CT_CLONES void logits_of(const float *x, int64_t voxels, int64_t channels, const float *scale,
                         const float *shift, float slope, const float *weight, const float *bias,
                         int64_t classes, float *out, int64_t plane) {
  logits(x, voxels, channels, scale, shift, slope, weight, bias, classes, out, plane);
}
CT_CLONES void logits_of(const uint16_t *x, int64_t voxels, int64_t channels, const float *scale,
                         const float *shift, float slope, const float *weight, const float *bias,
                         int64_t classes, float *out, int64_t plane) {
  logits(x, voxels, channels, scale, shift, slope, weight, bias, classes, out, plane);
}

/// The scale and shift that give each channel of one image the wanted mean and variance.
struct Scaling {
  std::vector<float> scale, shift;
};

/// The size of chunks depends on the channels alone, so that sums do not depend on the threads.
template <class T>
Scaling scaling(const T *x, int64_t voxels, int64_t channels, const float *weight,
                const float *bias, double epsilon) {
  int64_t size = std::max<int64_t>(16, 32768 / channels), chunks = (voxels + size - 1) / size;
  std::vector<float> parts(chunks * 3 * channels);
  auto length = [&](int64_t i) { return std::min(size, voxels - i * size); };
  parallel(chunks, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      moments_of(x + i * size * channels, length(i), channels, &parts[i * 3 * channels]);
    }
  });
  int64_t padded = (channels + lanes - 1) / lanes * lanes;
  Scaling result{std::vector<float>(padded), std::vector<float>(padded)};
  for (int64_t c = 0; c < channels; c++) {
    // Chan's sum of moments, in double precision.
    double n = 0, mean = 0, square = 0;
    for (int64_t i = 0; i < chunks; i++) {
      const float *part = &parts[i * 3 * channels];
      double m = static_cast<double>(length(i)), sum = part[channels + c];
      double difference = part[c] + sum / m - mean;
      square += part[2 * channels + c] - sum * sum / m + difference * difference * n * m / (n + m);
      mean += difference * m / (n + m);
      n += m;
    }
    double factor = weight[c] / std::sqrt(std::max(0.0, square / n) + epsilon);
    if (!std::isfinite(square)) factor = square - square; // Not a number, which max would hide.
    result.scale[c] = static_cast<float>(factor);
    result.shift[c] = static_cast<float>(bias[c] - mean * factor);
  }
  return result;
}

at::Tensor plain(const at::Tensor &x, int64_t count, const char *what) {
  TORCH_CHECK(x.numel() == count, what, " must have ", count, " numbers, not ", x.numel());
  return x.to(at::kCPU, at::kFloat).contiguous();
}

/// Whether the values are in channels-last order, in either of libtorch's formats, by their strides.
bool has_channels_last(const at::Tensor &x) {
  int64_t expected = x.dim() > 1 ? x.size(1) : 0;
  for (int64_t d = x.dim() - 1; d >= 2; d--) {
    if (x.size(d) != 1 && x.stride(d) != expected) return false;
    expected *= x.size(d);
  }
  return x.dim() >= 3 && (x.size(1) == 1 || x.stride(1) == 1) &&
         (x.size(0) == 1 || x.stride(0) == expected);
}

void check(const at::Tensor &x) {
  TORCH_CHECK(x.is_cpu() && x.layout() == at::kStrided && x.numel() > 0 && has_channels_last(x),
              "an image with its channels last in the processor's memory was expected");
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16,
              "float32 or bfloat16 was expected");
}

template <class Body> void for_type(const at::Tensor &x, Body &&body) {
  if (x.scalar_type() == at::kFloat) {
    body(static_cast<float *>(x.data_ptr()));
  } else {
    body(static_cast<uint16_t *>(x.data_ptr()));
  }
}

} // namespace

void normalise_in_place(ct_tensor *x, ct_tensor *weight, ct_tensor *bias, double epsilon,
                        double slope, ct_tensor *other, char **error) {
  perform(__func__, {x, weight, bias, other}, error, [&] {
    const at::Tensor &v = x->value;
    check(v);
    int64_t channels = v.size(1), voxels = v.numel() / channels / v.size(0);
    auto w = plain(weight->value, channels, "the scale");
    auto b = plain(bias->value, channels, "the shift");
    if (other) {
      check(other->value);
      TORCH_CHECK(other->value.sizes() == v.sizes() &&
                      other->value.scalar_type() == v.scalar_type(),
                  "the image to be added must be of one kind and size with the other");
    }
    for_type(v, [&](auto *data) {
      auto *added = other ? static_cast<decltype(data)>(other->value.data_ptr()) : nullptr;
      for (int64_t i = 0; i < v.size(0); i++) {
        auto *image = data + i * voxels * channels;
        auto *more = added ? added + i * voxels * channels : nullptr;
        auto s = scaling(image, voxels, channels, w.template data_ptr<float>(),
                         b.template data_ptr<float>(), epsilon);
        parallel(voxels, [&](int64_t begin, int64_t end) {
          apply_to(image + begin * channels, more ? more + begin * channels : nullptr,
                   end - begin, channels, s.scale.data(), s.shift.data(),
                   static_cast<float>(slope));
        });
      }
    });
  });
}

ct_tensor *normalise_into_logits(ct_tensor *x, ct_tensor *weight, ct_tensor *bias,
                                 double epsilon, double slope, ct_tensor *head,
                                 ct_tensor *head_bias, char **error) {
  return make(__func__, {x, weight, bias, head, head_bias}, error, [&] {
    const at::Tensor &v = x->value;
    check(v);
    int64_t channels = v.size(1), voxels = v.numel() / channels / v.size(0);
    int64_t classes = head->value.size(0), padded = (channels + lanes - 1) / lanes * lanes;
    auto w = plain(weight->value, channels, "the scale");
    auto b = plain(bias->value, channels, "the shift");
    auto h = plain(head->value, classes * channels, "the head's weight");
    auto hb = plain(head_bias->value, classes, "the head's bias");
    std::vector<float> rows(classes * padded);
    for (int64_t k = 0; k < classes; k++) {
      const float *from = h.template data_ptr<float>() + k * channels;
      std::copy(from, from + channels, &rows[k * padded]);
    }
    auto shape = v.sizes().vec();
    shape[1] = classes;
    auto out = at::empty(shape, v.options().dtype(at::kFloat));
    float *to = out.template data_ptr<float>();
    for_type(v, [&](auto *data) {
      for (int64_t i = 0; i < v.size(0); i++) {
        auto *image = data + i * voxels * channels;
        auto s = scaling(image, voxels, channels, w.template data_ptr<float>(),
                         b.template data_ptr<float>(), epsilon);
        parallel(voxels, [&](int64_t begin, int64_t end) {
          for (int64_t k = 0; k < classes; k += group) {
            logits_of(image + begin * channels, end - begin, channels, s.scale.data(),
                      s.shift.data(), static_cast<float>(slope), &rows[k * padded],
                      hb.template data_ptr<float>() + k, std::min(group, classes - k),
                      to + (i * classes + k) * voxels + begin, voxels);
          }
        });
      }
    });
    return out;
  });
}

} // namespace cac
