// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "../CITK/include/CITK.h"

#include <cstring>
#include <vector>

/// A picture, or a stack of equal pages, with its values as float32.
struct TIFFImage {
  citk_grid grid;
  std::vector<float> voxels;
};

inline bool isTIFF(const char *ending) {
  return strcmp(ending, ".tif") == 0 || strcmp(ending, ".tiff") == 0;
}

/// Reads a TIFF by libtiff: ITK 5.2 takes pages of 32-bit integers for empty, half floats for
/// integers, and nothing of 64 bits. Values are as stored, those of a palette its indices.
TIFFImage readTIFF(const char *path, uint64_t most);
