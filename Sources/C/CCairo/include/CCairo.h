// SPDX-License-Identifier: Apache-2.0
// Cairo draws every figure; libpng writes images with a palette, which Cairo cannot.
#pragma once

#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>
#include <png.h>
