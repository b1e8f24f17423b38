// SPDX-License-Identifier: Apache-2.0
#include "TIFF.h"
#include "Child.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <tiffio.h>

namespace {

/// What the pages of a stack have in common.
struct Page {
  uint32_t columns = 0, rows = 0;
  uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, planes = PLANARCONFIG_CONTIG;
  uint16_t photometric = PHOTOMETRIC_MINISBLACK;

  explicit Page(TIFF *file) {
    TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &columns);
    TIFFGetField(file, TIFFTAG_IMAGELENGTH, &rows);
    TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(file, TIFFTAG_PLANARCONFIG, &planes);
    TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &photometric);
  }

  bool operator==(const Page &other) const {
    return columns == other.columns && rows == other.rows && bits == other.bits &&
           samples == other.samples && format == other.format && planes == other.planes;
  }

  /// The planes that lie one behind the other: tifffile writes a stack of few slices so.
  uint16_t planeCount() const { return planes == PLANARCONFIG_CONTIG ? 1 : samples; }
  /// The values of a pixel that lie beside each other.
  uint16_t depth() const { return samples / planeCount(); }

  void check() const {
    if (columns < 1 || rows < 1 || columns > 1 << 24 || rows > 1 << 24)
      throw std::runtime_error("claims " + std::to_string(columns) + " by " +
                               std::to_string(rows) + " pixels; it is damaged or empty");
    if (samples < 1 || samples > 1024)
      throw std::runtime_error("holds " + std::to_string(samples) + " values a pixel");
    if (photometric > PHOTOMETRIC_PALETTE)
      throw std::runtime_error("holds colours that are not RGB; write it as RGB or grey");
    const bool isReal = format == SAMPLEFORMAT_IEEEFP;
    if ((format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_INT && !isReal) ||
        !(bits == 8 || bits == 16 || bits == 32 || bits == 64 || (bits == 1 && samples == 1)) ||
        (isReal && bits < 16))
      throw std::runtime_error("holds values of " + std::to_string(bits) +
                               " bits and format " + std::to_string(format) +
                               ", which are not read; write 8, 16, 32 or 64 bits");
  }
};

float half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const float fraction = static_cast<float>(bits & 1023);
  float value;
  if (exponent == 31)
    value = fraction == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else
    value = std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -value : value;
}

template <typename T> float as(const unsigned char *bytes) {
  T value;
  memcpy(&value, bytes, sizeof value);
  return static_cast<float>(value);
}

/// One value of a row of samples.
float value(const Page &page, const unsigned char *row, size_t i) {
  if (page.bits == 1) return row[i / 8] >> (7 - i % 8) & 1;
  const unsigned char *at = row + i * (page.bits / 8);
  const bool isSigned = page.format == SAMPLEFORMAT_INT;
  const bool isReal = page.format == SAMPLEFORMAT_IEEEFP;
  switch (page.bits) {
  case 8: return isSigned ? as<int8_t>(at) : as<uint8_t>(at);
  case 16: {
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    return isReal ? half(bits) : isSigned ? as<int16_t>(at) : as<uint16_t>(at);
  }
  case 32: return isReal ? as<float>(at) : isSigned ? as<int32_t>(at) : as<uint32_t>(at);
  default: return isReal ? as<double>(at) : isSigned ? as<int64_t>(at) : as<uint64_t>(at);
  }
}

/// Fills the values of one plane of a page from its strips or tiles.
void readPlane(TIFF *file, const Page &page, uint16_t plane, float *out) {
  const size_t width = size_t(page.columns) * page.depth();
  const bool isTiled = TIFFIsTiled(file);
  uint32_t columns = page.columns, rows = page.rows;
  if (isTiled) {
    TIFFGetField(file, TIFFTAG_TILEWIDTH, &columns);
    TIFFGetField(file, TIFFTAG_TILELENGTH, &rows);
  } else {
    TIFFGetFieldDefaulted(file, TIFFTAG_ROWSPERSTRIP, &rows);
    rows = std::min(rows, page.rows);
  }
  const tmsize_t size = isTiled ? TIFFTileSize(file) : TIFFStripSize(file);
  const size_t stride = (size_t(columns) * page.depth() * page.bits + 7) / 8;
  if (size <= 0 || columns < 1 || rows < 1 || static_cast<size_t>(size) / stride < rows)
    throw std::runtime_error("has damaged strips or tiles");
  std::vector<unsigned char> bytes(static_cast<size_t>(size));
  for (uint32_t y = 0; y < page.rows; y += rows)
    for (uint32_t x = 0; x < page.columns; x += columns) {
      const uint32_t height = std::min(rows, page.rows - y);
      const tmsize_t got =
          isTiled ? TIFFReadEncodedTile(file, TIFFComputeTile(file, x, y, 0, plane), bytes.data(), size)
                  : TIFFReadEncodedStrip(file, TIFFComputeStrip(file, y, plane), bytes.data(), size);
      if (got < 0 || static_cast<size_t>(got) < stride * height)
        throw std::runtime_error("ends early or is damaged: a part of its pixels cannot be read");
      const size_t count = size_t(std::min(columns, page.columns - x)) * page.depth();
      for (uint32_t r = 0; r < height; r++) {
        float *to = out + (y + r) * width + size_t(x) * page.depth();
        for (size_t i = 0; i < count; i++) to[i] = value(page, bytes.data() + r * stride, i);
      }
    }
}

} // namespace

TIFFImage readTIFF(const char *path, uint64_t most) {
  TIFFSetErrorHandler(nullptr);
  TIFFSetWarningHandler(nullptr);
  std::unique_ptr<TIFF, void (*)(TIFF *)> file(TIFFOpen(path, "r"), TIFFClose);
  if (!file) throw std::runtime_error("is no TIFF file, or it is damaged");
  const Page page(file.get());
  page.check();
  const size_t count = size_t(page.columns) * page.rows * page.samples;
  TIFFImage image;
  size_t pages = 0;
  do {
    uint32_t kind = 0;
    TIFFGetField(file.get(), TIFFTAG_SUBFILETYPE, &kind);
    if (pages > 0 && kind & FILETYPE_REDUCEDIMAGE) continue;
    if (!(Page(file.get()) == page))
      throw std::runtime_error("holds pages of different sizes or kinds; write one image a file");
    allowVoxels(static_cast<double>(count) * static_cast<double>(pages + 1), page.bits / 8, most);
    image.voxels.resize(count * (pages + 1));
    for (uint16_t plane = 0; plane < page.planeCount(); plane++)
      readPlane(file.get(), page, plane,
                image.voxels.data() + count * pages + count / page.planeCount() * plane);
    pages++;
  } while (TIFFReadDirectory(file.get()));
  if (page.planeCount() > 1 && pages > 1)
    throw std::runtime_error("holds pages of several planes each; write one value a pixel");
  const size_t slices = pages * page.planeCount();
  citk_grid &grid = image.grid = {};
  grid.dimensions = slices > 1 ? 3 : 2;
  grid.components = page.depth();
  grid.size[0] = page.columns;
  grid.size[1] = page.rows;
  grid.size[2] = slices;
  for (int i = 0; i < 3; i++) grid.spacing[i] = grid.direction[5 * i] = 1;
  return image;
}
