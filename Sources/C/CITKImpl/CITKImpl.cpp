// SPDX-License-Identifier: Apache-2.0
#include "CITKImpl.h"
#include "Child.h"
#include "ITK.h"
#include "Registration.h"
#include "TIFF.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <itkBMPImageIO.h>
#include <itkVersion.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// The grid that a header tells of, checked.
citk_grid gridOf(const itk::ImageIOBase &io) {
  citk_grid grid = {};
  grid.dimensions = io.GetNumberOfDimensions();
  if (grid.dimensions < 2 || grid.dimensions > 4)
    throw std::runtime_error("holds " + std::to_string(grid.dimensions) +
                             " dimensions; 2 to 4 are read");
  grid.components = io.GetNumberOfComponents();
  if (grid.components < 1 || grid.components > 1024)
    throw std::runtime_error("holds " + std::to_string(grid.components) + " values a pixel");
  for (unsigned i = 0; i < grid.dimensions; i++) {
    grid.size[i] = io.GetDimensions(i);
    if (grid.size[i] < 1 || grid.size[i] > 1 << 24)
      throw std::runtime_error("claims " + std::to_string(grid.size[i]) +
                               " voxels along an axis; it is damaged or empty");
    grid.spacing[i] = io.GetSpacing(i);
    if (!(grid.spacing[i] > 0) || !std::isfinite(grid.spacing[i]))
      throw std::runtime_error("claims a spacing of " + std::to_string(grid.spacing[i]) +
                               " mm along an axis; it is damaged");
    grid.origin[i] = io.GetOrigin(i);
    auto direction = io.GetDirection(i);
    for (unsigned j = 0; j < grid.dimensions && j < direction.size(); j++)
      grid.direction[4 * i + j] = direction[j];
  }
  return grid;
}

template <typename T> void widen(const std::vector<char> &raw, std::vector<float> &out) {
  for (size_t i = 0; i < out.size(); i++) {
    T value;
    memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
}

void widen(itk::IOComponentEnum type, const std::vector<char> &raw, std::vector<float> &out) {
  using Type = itk::IOComponentEnum;
  switch (type) {
  case Type::UCHAR: return widen<unsigned char>(raw, out);
  case Type::CHAR: return widen<signed char>(raw, out);
  case Type::USHORT: return widen<unsigned short>(raw, out);
  case Type::SHORT: return widen<short>(raw, out);
  case Type::UINT: return widen<unsigned int>(raw, out);
  case Type::INT: return widen<int>(raw, out);
  case Type::ULONG: return widen<unsigned long>(raw, out);
  case Type::LONG: return widen<long>(raw, out);
  case Type::ULONGLONG: return widen<unsigned long long>(raw, out);
  case Type::LONGLONG: return widen<long long>(raw, out);
  case Type::FLOAT: return widen<float>(raw, out);
  case Type::DOUBLE: return widen<double>(raw, out);
  default: throw std::runtime_error("holds voxels of a kind that is not read");
  }
}

void setWholeRegion(itk::ImageIOBase &io) {
  itk::ImageIORegion region(io.GetNumberOfDimensions());
  for (unsigned i = 0; i < io.GetNumberOfDimensions(); i++) {
    region.SetIndex(i, 0);
    region.SetSize(i, io.GetDimensions(i));
  }
  io.SetIORegion(region);
}

const char *const early = "ends before its voxels do; copy or export the file again";

/// Throws where a BMP ends before its pixels do, which ITK does not look at.
void requireWholeBMP(const std::string &head, double fileSize) {
  auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++)
      value |= uint32_t(static_cast<unsigned char>(head[at + i])) << (8 * i);
    return std::abs(double(static_cast<int32_t>(value)));
  };
  if (head.size() < 54) throw std::runtime_error(early);
  if (number(30) != 0)
    throw std::runtime_error("is a compressed BMP file, which is not read; write it as .png");
  const double bits = static_cast<unsigned char>(head[28]);
  if (fileSize < number(10) + 4 * std::floor((number(18) * bits + 31) / 32) * number(22))
    throw std::runtime_error(early);
}

/// The same of a compressed MetaImage, of which ITK takes what there is.
void requireWholeMetaImage(const std::string &head, double fileSize) {
  const size_t size = head.find("CompressedDataSize = ");
  const size_t local = head.find("ElementDataFile = LOCAL\n");
  if (size == std::string::npos || local == std::string::npos || size > local) return;
  if (fileSize < double(local + 24) + std::strtod(head.c_str() + size + 21, nullptr))
    throw std::runtime_error(early);
}

void requireWhole(const char *path, const std::string &ending) {
  std::ifstream file(path, std::ios::binary);
  std::string head(1 << 16, 0);
  file.read(&head[0], static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(file.gcount()));
  file.clear();
  file.seekg(0, std::ios::end);
  const double size = static_cast<double>(file.tellg());
  if (ending == ".bmp") requireWholeBMP(head, size);
  if (ending == ".mha") requireWholeMetaImage(head, size);
}

/// Lets grey pictures with a palette, which BMP always has, stay grey; others become colours.
void expandPalette(itk::ImageIOBase &io) {
  auto bmp = dynamic_cast<itk::BMPImageIO *>(&io);
  if (bmp == nullptr) return;
  io.SetExpandRGBPalette(false);
  io.ReadImageInformation();
  const auto palette = bmp->GetColorPalette();
  bool isGrey = io.GetIsReadAsScalarPlusPalette();
  for (size_t i = 0; i < palette.size(); i++)
    isGrey = isGrey && palette[i].GetRed() == i && palette[i].GetGreen() == i &&
             palette[i].GetBlue() == i;
  if (isGrey) return;
  io.SetExpandRGBPalette(true);
  io.ReadImageInformation();
}

/// Begins to read a file whose image may take so many bytes; its grid, and room for its voxels.
citk_grid begin(itk::ImageIOBase &io, const char *path, const char *ending, uint64_t most,
                std::vector<char> &raw) {
  if (!io.CanReadFile(path))
    throw std::runtime_error("is no " + std::string(ending).substr(1) + " file, or it is damaged");
  io.SetFileName(path);
  requireWhole(path, ending);
  io.ReadImageInformation();
  expandPalette(io);
  citk_grid grid = gridOf(io);
  double values = grid.components;
  for (unsigned i = 0; i < grid.dimensions; i++) values *= static_cast<double>(grid.size[i]);
  allowVoxels(values, io.GetComponentSize(), most);
  setWholeRegion(io);
  raw.resize(static_cast<size_t>(values) * io.GetComponentSize());
  return grid;
}

/// Reads all voxels; throws where the file ends before them, which some of ITK's readers ignore.
///
/// They fill the voxels from the first to the last, so the last one tells: a byte of it that stays
/// as it was, for two different values, has not been read. The header is read again for the second
/// value, because the reader of GIPL otherwise goes on where it has stopped.
void readWhole(itk::ImageIOBase &io, std::vector<char> &raw) {
  const size_t size = io.GetComponentSize();
  std::vector<bool> stays(size, true);
  for (unsigned char mark : {0xa5, 0x5a}) {
    if (mark == 0x5a) {
      io.ReadImageInformation();
      setWholeRegion(io);
    }
    std::fill(raw.end() - static_cast<ptrdiff_t>(std::min<size_t>(raw.size(), 1024)), raw.end(),
              static_cast<char>(mark));
    io.Read(raw.data());
    for (size_t i = 0; i < size; i++)
      if (raw[raw.size() - size + i] != static_cast<char>(mark)) stays[i] = false;
    if (std::find(stays.begin(), stays.end(), true) == stays.end()) return;
  }
  throw std::runtime_error(early);
}

/// Reads a file and sends its grid and its voxels.
void readAndSend(const char *path, const char *ending, uint64_t most, const Child::Send &send) {
  if (isTIFF(ending)) {
    TIFFImage image = readTIFF(path, most);
    send(&image.grid, sizeof image.grid);
    send(image.voxels.data(), image.voxels.size() * sizeof(float));
    return;
  }
  auto io = imageIO(ending);
  std::vector<char> raw;
  citk_grid grid = begin(*io, path, ending, most, raw);
  readWhole(*io, raw);
  std::vector<float> voxels(raw.size() / io->GetComponentSize());
  widen(io->GetComponentType(), raw, voxels);
  send(&grid, sizeof grid);
  send(voxels.data(), voxels.size() * sizeof(float));
}

int read(const char *path, const char *ending, uint64_t most, citk_grid *grid, float **voxels,
         char **error) {
  *voxels = nullptr;
  int done = guard(error, [&] {
    Child child("is damaged: ITK does not survive reading it",
                [&](const Child::Send &send) { readAndSend(path, ending, most, send); });
    child.receive(grid, sizeof *grid);
    size_t count = grid->components;
    for (unsigned i = 0; i < grid->dimensions; i++) count *= grid->size[i];
    *voxels = static_cast<float *>(std::malloc(count * sizeof(float)));
    if (*voxels == nullptr) throw std::runtime_error("no memory is left to read it");
    child.receive(*voxels, count * sizeof(float));
  });
  if (!done) {
    std::free(*voxels);
    *voxels = nullptr;
  }
  return done;
}

/// Writes a file and says that it is written.
void writeAndSay(const char *path, const char *ending, const citk_grid &grid, const void *voxels,
                 size_t bytes_per_voxel, const Child::Send &send) {
  size_t bytes = bytes_per_voxel;
  for (unsigned i = 0; i < grid.dimensions; i++) bytes *= grid.size[i];
  limitMemory((size_t(1) << 30) + 4 * bytes);
  allowSeconds(60 + bytes / 1000000);
  auto io = imageIO(ending);
  io->SetNumberOfDimensions(grid.dimensions);
  for (unsigned i = 0; i < grid.dimensions; i++) {
    io->SetDimensions(i, grid.size[i]);
    io->SetSpacing(i, grid.spacing[i]);
    io->SetOrigin(i, grid.origin[i]);
    io->SetDirection(i, std::vector<double>(grid.direction + 4 * i,
                                            grid.direction + 4 * i + grid.dimensions));
  }
  io->SetPixelType(itk::IOPixelEnum::SCALAR);
  io->SetNumberOfComponents(1);
  io->SetComponentType(bytes_per_voxel == 1 ? itk::IOComponentEnum::UCHAR
                                            : itk::IOComponentEnum::USHORT);
  io->SetFileName(path);
  io->SetUseCompression(true);
  setWholeRegion(*io);
  io->Write(voxels);
  // Some of its writers close their file only here.
  io = nullptr;
  // Some of ITK's writers do not look whether the disk took what they wrote; of a TIFF the reader
  // here is ITK's as well, which is right for what it writes.
  auto again = imageIO(ending);
  std::vector<char> raw;
  begin(*again, path, ending, UINT64_MAX, raw);
  readWhole(*again, raw);
  if (raw.size() != bytes || memcmp(raw.data(), voxels, bytes) != 0)
    throw std::runtime_error("was not written whole; free some space");
  send("", 1);
}

int write(const char *path, const char *ending, const citk_grid *grid, const void *voxels,
          size_t bytes_per_voxel, char **error) {
  return guard(error, [&] {
    Child child("cannot be written", [&](const Child::Send &send) {
      writeAndSay(path, ending, *grid, voxels, bytes_per_voxel, send);
    });
    char said;
    child.receive(&said, 1);
  });
}

int align(const citk_volume *fixed, const citk_volume *moving, const citk_sphere *region,
          const double guess[3], citk_motion *motion, char **error) {
  return guard(error, [&] { registerRigidly(*fixed, *moving, *region, guess, *motion); });
}

} // namespace

const citk_api *citk_table(void) {
  static const citk_api api = {CITK_ABI, ITK_VERSION_STRING, read, write, align};
  return &api;
}
