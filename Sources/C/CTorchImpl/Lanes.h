// SPDX-License-Identifier: Apache-2.0
//
// Sixteen numbers at once, of float32 or bfloat16, in the registers of the processor at hand.
#pragma once

#include <cstdint>
#include <cstring>

// One body is compiled for three kinds of processor; the dynamic linker (glibc) chooses.
#if defined(__x86_64__) && defined(__GLIBC__)
#define CT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CT_CLONES
#endif
#define CT_INLINE inline __attribute__((always_inline))

namespace cac {

constexpr int64_t lanes = 16;
typedef float floats __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t words __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t halves __attribute__((vector_size(32), aligned(2), may_alias));

// Vectors are passed by reference, because the calling convention for values depends on the processor.
CT_INLINE void load(floats &to, const float *from) { memcpy(&to, from, sizeof to); }
CT_INLINE void store(float *to, const floats &from) { memcpy(to, &from, sizeof from); }

// A bfloat16 is the upper half of a float32.
CT_INLINE void load(floats &to, const uint16_t *from) {
  halves h;
  memcpy(&h, from, sizeof h);
  words w = __builtin_convertvector(h, words) << 16;
  memcpy(&to, &w, sizeof to);
}

/// Rounds to nearest even; NaN stays NaN.
CT_INLINE void store(uint16_t *to, const floats &from) {
  words w;
  memcpy(&w, &from, sizeof w);
  words rounded = (w + 0x7fff + ((w >> 16) & 1)) >> 16;
  rounded = from == from ? rounded : (w >> 16) | 0x40;
  halves h = __builtin_convertvector(rounded, halves);
  memcpy(to, &h, sizeof h);
}

CT_INLINE void fill(floats &to, float value) { to = floats{} + value; }

CT_INLINE void leaky_relu(floats &x, const floats &slope) { x = x > 0 ? x : x * slope; }

CT_INLINE float total(const floats &x) {
  float v[lanes];
  store(v, x);
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; i++) v[i] += v[i + half];
  }
  return v[0];
}

} // namespace cac
