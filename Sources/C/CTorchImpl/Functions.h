// SPDX-License-Identifier: Apache-2.0
//
// Elementary functions of sixteen numbers at once. Errors are a few units in the last place over
// the ranges given; nothing here handles infinities or NaN.
#pragma once

#include "Lanes.h"

namespace cac {

typedef int32_t integers __attribute__((vector_size(64), aligned(4), may_alias));

/// log2 of positive normal numbers.
CT_INLINE void log2_of(floats &y, const floats &x) {
  words bits;
  memcpy(&bits, &x, sizeof bits);
  // The mantissa is brought to √½ ..< √2, where the logarithm is an odd series in (m − 1) / (m + 1).
  words shifted = bits - 0x3f3504f3u;
  integers exponent;
  memcpy(&exponent, &shifted, sizeof exponent);
  exponent >>= 23;
  bits = (shifted & 0x007fffffu) + 0x3f3504f3u;
  floats m;
  memcpy(&m, &bits, sizeof m);
  floats s = (m - 1) / (m + 1), q = s * s;
  floats p = 0.22222222f + q * 0.18181818f;
  p = 0.28571429f + q * p;
  p = 0.4f + q * p;
  p = 0.66666667f + q * p;
  p = 2 + q * p;
  y = __builtin_convertvector(exponent, floats) + s * p * 1.44269504f;
}

/// 2 to a power between −126 and 126.
CT_INLINE void exp2_of(floats &y, const floats &x) {
  // Adding and subtracting 1.5 · 2²³ rounds to whole numbers.
  floats whole = (x + 12582912.0f) - 12582912.0f, f = x - whole;
  floats p = 0.00133336f + f * 0.000154035f;
  p = 0.00961813f + f * p;
  p = 0.05550411f + f * p;
  p = 0.24022651f + f * p;
  p = 0.69314718f + f * p;
  p = 1 + f * p;
  integers exponent = (__builtin_convertvector(whole, integers) + 127) << 23;
  floats scale;
  memcpy(&scale, &exponent, sizeof scale);
  y = p * scale;
}

/// Cosine and sine of whole turns between 0 and 1.
CT_INLINE void circle(floats &cosine, floats &sine, const floats &turns) {
  floats v = turns * 4, whole = (v + 12582912.0f) - 12582912.0f;
  floats a = (v - whole) * 1.57079633f, q = a * a;
  integers quarter = __builtin_convertvector(whole, integers);
  floats s = 0.00833333f + q * -0.000198413f;
  s = -0.16666667f + q * s;
  s = a + a * q * s;
  floats c = -0.00138889f + q * 2.48016e-5f;
  c = 0.04166667f + q * c;
  c = -0.5f + q * c;
  c = 1 + q * c;
  integers odd = (quarter & 1) != 0;
  floats x = odd ? s : c, z = odd ? c : s;
  // Quarters 1 and 2 have a negative cosine, 2 and 3 a negative sine.
  cosine = ((quarter + 1) & 2) != 0 ? -x : x;
  sine = (quarter & 2) != 0 ? -z : z;
}

} // namespace cac
