// SPDX-License-Identifier: Apache-2.0
//
// The table of tensor operations that libcac-torch.so fills, and how to open that library.
// No torch header is needed to read this one; nothing that includes it links libtorch.
//
// To add an operation: a line in CT_OPERATIONS, a body in Sources/C/CTorchImpl, a Swift
// method.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#else
#define _Nonnull
#define _Nullable
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// One tensor; made by an operation, ended by `free_tensor`.
typedef struct ct_tensor ct_tensor;

/// Lengths, extents and indices: the platform's `Int` in Swift.
typedef intptr_t ct_int;

/// Element kinds. The values are part of the table and never change.
enum {
  CT_UINT8 = 0,
  CT_INT16 = 1,
  CT_INT32 = 2,
  CT_INT64 = 3,
  CT_FLOAT16 = 4,
  CT_BFLOAT16 = 5,
  CT_FLOAT32 = 6,
  CT_FLOAT64 = 7,
  CT_BOOL = 8,
};

/// Kinds of device.
enum { CT_CPU = 0, CT_CUDA = 1, CT_MPS = 2 };

/// Orders of the values in memory.
enum { CT_CONTIGUOUS = 0, CT_CHANNELS_LAST = 1 };

/// How values between voxels are interpolated.
enum { CT_NEAREST_EXACT = 0, CT_LINEAR = 1 };

/// How the losses of the voxels are combined.
enum { CT_NONE = 0, CT_MEAN = 1, CT_SUM = 2 };

/// Kinds of failure, for `failure_kind`.
enum {
  /// The operation refused its inputs, or failed otherwise.
  CT_FAILED = 0,
  /// The processor's or the graphics card's memory did not suffice.
  CT_OUT_OF_MEMORY = 1,
  /// The processes of a group did not come together, or one of them did not answer the others.
  CT_GROUP_FAILED = 2,
};

// A result is null (or false, or zero) where the operation failed; then `*error` holds a message
// that `free_string` ends, and `failure_kind` tells the kind of the failure until the next one in
// the same thread. `error` must point at null before the call. Shapes and lists of axes come with
// their count; a shape's order is that of the tensor's axes.
// Nullability does not reach into a macro, so the kinds of arguments have names.
typedef ct_tensor *_Nonnull ct_in;
typedef ct_tensor *_Nullable ct_maybe;
typedef ct_tensor *_Nullable ct_out;
typedef ct_tensor *_Nonnull const *_Nonnull ct_inputs;
typedef const ct_int *_Nonnull ct_list;
typedef const double *_Nonnull ct_numbers;
typedef ct_int *_Nonnull ct_extents;
typedef char *_Nullable *_Nonnull ct_error;
typedef char *_Nonnull ct_message;
typedef const char *_Nonnull ct_text;
typedef const void *_Nullable ct_bytes;
typedef void *_Nullable ct_room;
typedef void *_Nonnull ct_memory;
typedef void *_Nonnull ct_scope;
typedef void *_Nullable ct_scope_out;
typedef void *_Nullable ct_context;
typedef void (*_Nonnull ct_release)(void *_Nullable context);

#define CT_OPERATIONS(X) \
  /* What an operation leaves behind. */ \
  X(void, free_tensor, (ct_in x)) \
  X(void, free_string, (ct_message text)) \
  X(int, failure_kind, (void)) \
  X(ct_int, live_tensors, (void)) \
  /* The library and its threads. Grad mode, inference mode and autocast belong to the thread. */ \
  X(ct_text, version, (void)) \
  X(ct_int, threads, (void)) \
  X(void, set_threads, (ct_int count, ct_error error)) \
  X(int, grad_enabled, (void)) \
  X(void, set_grad_enabled, (int enabled)) \
  X(ct_scope_out, inference_begin, (ct_error error)) \
  X(void, inference_end, (ct_scope scope)) \
  X(int, autocast_enabled, (int device)) \
  X(int, autocast_dtype, (int device)) \
  X(void, set_autocast, (int device, int enabled, int dtype, ct_error error)) \
  X(void, clear_autocast_cache, (void)) \
  X(ct_int, device_count, (int kind, ct_error error)) \
  X(void, set_cudnn_benchmark, (int enabled, ct_error error)) \
  /* Making tensors. `copy_in` copies; `wrap` borrows memory until `release(context)`. */ \
  X(ct_out, empty, (ct_list shape, ct_int n, int dtype, int device, ct_int index, ct_error error)) \
  X(ct_out, full, \
    (ct_list shape, ct_int n, double value, int dtype, int device, ct_int index, ct_error error)) \
  X(ct_out, copy_in, \
    (ct_bytes data, ct_int bytes, ct_list shape, ct_int n, int dtype, ct_error error)) \
  X(ct_out, wrap, \
    (ct_memory data, ct_list shape, ct_int n, int dtype, \
     ct_release release, ct_context context, ct_error error)) \
  X(ct_out, random_normal, \
    (ct_list shape, ct_int n, double mean, double deviation, uint64_t seed, int dtype, \
     ct_error error)) \
  X(ct_out, random_uniform, \
    (ct_list shape, ct_int n, double low, double high, uint64_t seed, int dtype, ct_error error)) \
  /* What a tensor is. `shape` fills at most `capacity` extents and returns the rank. */ \
  X(ct_int, shape, (ct_in x, ct_extents extents, ct_int capacity)) \
  X(ct_int, stride, (ct_in x, ct_int axis, ct_error error)) \
  X(ct_int, count, (ct_in x)) \
  X(int, dtype, (ct_in x, ct_error error)) \
  X(int, device_kind, (ct_in x, ct_error error)) \
  X(ct_int, device_index, (ct_in x)) \
  X(int, is_contiguous, (ct_in x, int format)) \
  X(void, copy_out, (ct_in x, ct_room data, ct_int bytes, ct_error error)) \
  X(double, item, (ct_in x, ct_error error)) \
  /* Kinds, devices, memory. */ \
  X(ct_out, to, (ct_in x, int dtype, int device, ct_int index, int non_blocking, ct_error error)) \
  X(ct_out, contiguous, (ct_in x, int format, ct_error error)) \
  X(ct_out, clone, (ct_in x, ct_error error)) \
  X(ct_out, detach, (ct_in x, ct_error error)) \
  X(void, copy_into, (ct_in x, ct_in source, int non_blocking, ct_error error)) \
  /* Shapes and parts. */ \
  X(ct_out, reshape, (ct_in x, ct_list shape, ct_int n, ct_error error)) \
  X(ct_out, expand, (ct_in x, ct_list shape, ct_int n, ct_error error)) \
  X(ct_out, unsqueeze, (ct_in x, ct_int axis, ct_error error)) \
  X(ct_out, squeeze, (ct_in x, ct_int axis, ct_error error)) \
  X(ct_out, narrow, (ct_in x, ct_int axis, ct_int start, ct_int length, ct_error error)) \
  X(ct_out, select, (ct_in x, ct_int axis, ct_int index, ct_error error)) \
  X(ct_out, index_select, (ct_in x, ct_int axis, ct_in indices, ct_error error)) \
  X(ct_out, scatter_value, \
    (ct_in x, ct_int axis, ct_in indices, double value, ct_error error)) \
  X(ct_out, flip, (ct_in x, ct_list axes, ct_int n, ct_error error)) \
  X(ct_out, cat, (ct_inputs parts, ct_int n, ct_int axis, ct_error error)) \
  X(ct_out, stack, (ct_inputs parts, ct_int n, ct_int axis, ct_error error)) \
  X(ct_out, pad, \
    (ct_in x, ct_list amounts, ct_int n, ct_text mode, double value, ct_error error)) \
  /* Arithmetic, with broadcasting. `add` adds `scale` times the other. */ \
  X(ct_out, add, (ct_in x, ct_in y, double scale, ct_error error)) \
  X(ct_out, multiply, (ct_in x, ct_in y, ct_error error)) \
  X(ct_out, divide, (ct_in x, ct_in y, ct_error error)) \
  X(ct_out, add_number, (ct_in x, double y, ct_error error)) \
  X(ct_out, multiply_number, (ct_in x, double y, ct_error error)) \
  X(ct_out, power, (ct_in x, double exponent, ct_error error)) \
  X(ct_out, clip, (ct_in x, double low, double high, ct_error error)) \
  X(ct_out, matmul, (ct_in x, ct_in y, ct_error error)) \
  X(ct_out, equal, (ct_in x, ct_in y, ct_error error)) \
  X(ct_out, equal_number, (ct_in x, double y, ct_error error)) \
  X(ct_out, less_number, (ct_in x, double y, ct_error error)) \
  X(ct_out, greater_number, (ct_in x, double y, ct_error error)) \
  X(ct_out, logical_and, (ct_in x, ct_in y, ct_error error)) \
  X(ct_out, logical_not, (ct_in x, ct_error error)) \
  X(ct_out, masked_fill, (ct_in x, ct_in mask, double value, ct_error error)) \
  X(int, all_finite, (ct_in x, ct_error error)) \
  X(ct_out, absolute, (ct_in x, ct_error error)) \
  X(ct_out, round_half_even, (ct_in x, ct_error error)) \
  X(ct_out, sigmoid, (ct_in x, ct_error error)) \
  X(void, add_in_place, (ct_in x, ct_in y, double scale, ct_error error)) \
  X(void, multiply_in_place, (ct_in x, ct_in y, ct_error error)) \
  X(void, add_number_in_place, (ct_in x, double y, ct_error error)) \
  X(void, multiply_number_in_place, (ct_in x, double y, ct_error error)) \
  X(void, clip_in_place, (ct_in x, double low, double high, ct_error error)) \
  X(void, fill_in_place, (ct_in x, double value, ct_error error)) \
  /* Reductions; no axes means all of them. */ \
  X(ct_out, sum, (ct_in x, ct_list axes, ct_int n, int keep, ct_error error)) \
  X(ct_out, mean, (ct_in x, ct_list axes, ct_int n, int keep, ct_error error)) \
  X(ct_out, largest, (ct_in x, ct_list axes, ct_int n, int keep, ct_error error)) \
  X(ct_out, smallest, (ct_in x, ct_list axes, ct_int n, int keep, ct_error error)) \
  X(ct_out, deviation, (ct_in x, ct_list axes, ct_int n, int unbiased, int keep, \
    ct_error error)) \
  X(ct_out, argmax, (ct_in x, ct_int axis, int keep, ct_error error)) \
  X(ct_out, top_values, (ct_in x, ct_int count, ct_error error)) \
  X(ct_out, log_cumulative_sum, (ct_in x, ct_int axis, ct_error error)) \
  /* Layers. Lists have one entry a spatial axis. */ \
  X(ct_out, convolution, \
    (ct_in x, ct_in weight, ct_maybe bias, ct_list stride, \
     ct_list padding, ct_int n, int transposed, ct_error error)) \
  X(ct_out, dilated_convolution, \
    (ct_in x, ct_in weight, ct_maybe bias, ct_list dilation, ct_int n, ct_error error)) \
  X(ct_out, instance_norm, \
    (ct_in x, ct_maybe weight, ct_maybe bias, double epsilon, \
     ct_error error)) \
  X(ct_out, group_norm, \
    (ct_in x, ct_int groups, ct_maybe weight, ct_maybe bias, \
     double epsilon, ct_error error)) \
  X(void, leaky_relu_in_place, (ct_in x, double slope, ct_error error)) \
  X(ct_out, relu, (ct_in x, ct_error error)) \
  X(ct_out, elu, (ct_in x, ct_error error)) \
  X(ct_out, batch_norm, \
    (ct_in x, ct_in weight, ct_in bias, ct_in mean, ct_in variance, int training, \
     double momentum, double epsilon, ct_error error)) \
  X(ct_out, max_pool, \
    (ct_in x, ct_list kernel, ct_list stride, ct_list padding, ct_int n, \
     ct_error error)) \
  X(ct_out, avg_pool, \
    (ct_in x, ct_list kernel, ct_list stride, ct_list padding, ct_int n, \
     ct_error error)) \
  X(ct_out, softmax, (ct_in x, ct_int axis, ct_error error)) \
  X(ct_out, cross_entropy, \
    (ct_in x, ct_in target, ct_maybe weight, int reduction, \
     ct_int ignored, ct_error error)) \
  X(ct_out, binary_cross_entropy, \
    (ct_in x, ct_in target, int reduction, ct_error error)) \
  X(ct_out, interpolate, \
    (ct_in x, ct_list size, ct_int n, int mode, int align_corners, ct_error error)) \
  /* Inference on a processor, channels last: weights packed for it, normalisation with what */ \
  /* follows, and memory that stays with the work of a thread. `onto` adds; `shape` is the */ \
  /* image's, with n + 2 extents; `other` is added before the activation. */ \
  X(int, packs_convolutions, (int dtype)) \
  X(ct_out, pack_convolution, \
    (ct_in weight, ct_list shape, ct_list stride, ct_list padding, ct_int n, int transposed, \
     ct_error error)) \
  X(ct_out, packed_convolution, \
    (ct_in x, ct_in packed, ct_maybe bias, ct_list stride, ct_list padding, ct_int n, \
     int transposed, ct_error error)) \
  X(void, packed_convolution_onto, \
    (ct_in y, ct_in x, ct_in packed, ct_list stride, ct_list padding, ct_int n, ct_error error)) \
  X(void, normalise_in_place, \
    (ct_in x, ct_in weight, ct_in bias, double epsilon, double slope, ct_maybe other, \
     ct_error error)) \
  X(ct_out, normalise_into_logits, \
    (ct_in x, ct_in weight, ct_in bias, double epsilon, double slope, ct_in head, \
     ct_in head_bias, ct_error error)) \
  /* Inference on a processor with libtorch's bits, channel after channel: normalisation and */ \
  /* activation, in place where that is possible; a transposed convolution with the channels of */ \
  /* the skip connection behind it. */ \
  X(ct_out, normalise_planes, \
    (ct_in x, ct_in weight, ct_in bias, double epsilon, double slope, ct_error error)) \
  X(ct_out, upsampled_beside, \
    (ct_in x, ct_in weight, ct_maybe bias, ct_list stride, ct_int n, ct_in skip, \
     ct_error error)) \
  X(void, pool_begin, (ct_error error)) \
  X(void, pool_end, (void)) \
  X(ct_int, pool_peak, (void)) \
  /* Augmentation. An affine map has n rows of n factors and a shift; `reversed` takes planes */ \
  /* from the last one on. A filter's weights begin with the middle one. `start`, `mirrored` and */ \
  /* `few` have one number an axis. */ \
  X(void, affine_image, \
    (ct_in to, ct_in x, ct_numbers matrix, ct_int n, int reversed, ct_error error)) \
  X(void, affine_labels, \
    (ct_in to, ct_in x, ct_numbers matrix, ct_int n, ct_int outside, int reversed, \
     ct_error error)) \
  X(void, cut_into, \
    (ct_in to, ct_in x, ct_list start, ct_list mirrored, ct_int n, double padding, \
     ct_error error)) \
  X(void, filter_in_place, \
    (ct_in x, ct_int axis, ct_numbers weights, ct_int n, ct_error error)) \
  X(void, coarsen_in_place, \
    (ct_in x, ct_list few, ct_list mirrored, ct_int n, ct_error error)) \
  X(void, contrast_in_place, (ct_in x, double factor, ct_error error)) \
  X(void, gamma_in_place, (ct_in x, double exponent, int inverted, ct_error error)) \
  X(void, noise_in_place, (ct_in x, double deviation, uint64_t seed, ct_error error)) \
  /* Gradients and the steps of an optimiser. */ \
  X(int, requires_grad, (ct_in x)) \
  X(void, set_requires_grad, (ct_in x, int required, ct_error error)) \
  X(void, backward, (ct_in x, ct_error error)) \
  X(int, has_grad, (ct_in x)) \
  X(ct_out, grad, (ct_in x, ct_error error)) \
  X(void, set_grad, (ct_in x, ct_maybe grad, ct_error error)) \
  X(void, sgd_step, \
    (ct_inputs parameters, ct_inputs momenta, ct_int n, double rate, double momentum, \
     double weight_decay, int nesterov, ct_error error)) \
  X(void, adamw_step, \
    (ct_inputs parameters, ct_inputs means, ct_inputs squares, ct_inputs maxima, ct_inputs steps, \
     ct_int n, double rate, double beta1, double beta2, double epsilon, double weight_decay, \
     ct_error error)) \
  X(ct_out, clip_grad_norm, (ct_inputs parameters, ct_int n, double limit, ct_error error)) \
  X(int, unscale_grads, (ct_inputs parameters, ct_int n, double factor, ct_error error)) \
  /* Processes that train together. They find each other by a file; tensors change in place. */ \
  X(ct_scope_out, group_join, \
    (ct_text store, ct_int rank, ct_int size, double seconds, ct_error error)) \
  X(void, group_leave, (ct_scope group)) \
  X(void, group_wait, (ct_scope group, ct_error error)) \
  X(void, group_sum, (ct_scope group, ct_inputs values, ct_int n, ct_error error)) \
  X(void, group_broadcast, (ct_scope group, ct_inputs values, ct_int n, ct_error error))

#define CT_FIELD(result, name, arguments) result(*_Nonnull name) arguments;

/// The operations. `abi` is `ct_abi()` of the header that the library was compiled with.
typedef struct ct_api {
  uint64_t abi;
  CT_OPERATIONS(CT_FIELD)
} ct_api;

/// A fingerprint (FNV-1a, 64 bits) of every name and signature in the table, in order.
static inline uint64_t ct_abi(void) {
#define CT_SIGNATURE(result, name, arguments) #result " " #name #arguments ";"
  static const char text[] = CT_OPERATIONS(CT_SIGNATURE);
#undef CT_SIGNATURE
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i + 1 < sizeof text; i++) {
    hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
  }
  return hash;
}

/// The name of the one function that libcac-torch.so exports: `const ct_api *(*)(void)`.
#define CT_ENTRY_POINT "ct_table"

/// Opens the library at a path, which stays open, and returns its table.
///
/// Null on failure; then `message`, of `capacity` bytes, says why.
const ct_api *_Nullable ct_open(const char *path, char *message, size_t capacity);

/// Gives freed memory, which the allocator keeps, back to the system.
void ct_release_freed_memory(void);

/// Makes all threads share one heap, also for large blocks; call it before a second thread has
/// allocated anything.
void ct_share_heap(void);

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang assume_nonnull end
#endif
