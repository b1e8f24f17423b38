// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What this project takes from ITK: NRRD, MetaImage, GIPL, PNG, BMP and TIFF, as SimpleITK reads
/// and writes them, and rigid registration.
///
/// ITK is twenty libraries, so no executable links it: these functions open libcac-itk
/// (Sources/CITKImpl) when the first of them is called. Its readers do not survive every damaged
/// file, so each file is read and written by a process of its own.
/// No function throws or prints. Each returns 1 when done, else 0 with a message in `error`, which
/// the caller hands back to citk_free.

/// A grid of 2 to 4 axes, x first and fastest; positions in mm, LPS.
typedef struct {
  uint32_t dimensions;
  /// The values of one pixel, which lie beside each other: 3 for colours.
  uint32_t components;
  uint64_t size[4];
  double spacing[4];
  double origin[4];
  /// The unit vector of axis i is direction[4 * i...].
  double direction[16];
} citk_grid;

/// Reads an image as float32, whatever is stored; the voxels are the caller's, for citk_free.
///
/// The ending, for example ".nrrd", names the format. More than `most` bytes of voxels are refused.
int citk_read(const char *path, const char *ending, uint64_t most, citk_grid *grid, float **voxels,
              char **error);

/// Writes an image of one uint8 or uint16 a pixel, compressed where the format can.
int citk_write(const char *path, const char *ending, const citk_grid *grid, const void *voxels,
               size_t bytes_per_voxel, char **error);

/// A CT in HU, x first and fastest; positions in mm, LPS.
typedef struct {
  uint64_t size[3];
  double spacing[3];
  double origin[3];
  /// The unit vector of axis i is direction[3 * i...].
  double direction[9];
  const int16_t *voxels;
} citk_volume;

/// A part of space, in mm, LPS.
typedef struct {
  double centre[3];
  double radius;
} citk_sphere;

/// A rigid motion: a point p of the first scan lies at matrix * p + offset in the second.
typedef struct {
  /// Row by row.
  double matrix[9];
  double offset[3];
  /// The correlation of both scans after it, 0 to 1.
  double correlation;
} citk_motion;

/// Finds the rigid motion of what lies in a region of the first scan to the second.
///
/// `guess` is where about the region's centre went, in mm; 40 mm on each side are searched. It runs in
/// this process, on one core, so that equal scans give equal numbers.
int citk_register(const citk_volume *fixed, const citk_volume *moving, const citk_sphere *region,
                  const double guess[3], citk_motion *motion, char **error);

/// The version of ITK, which lives as long as the process.
int citk_version(const char **version, char **error);

/// Frees a message or the voxels of an image.
void citk_free(void *memory);

/// What libcac-itk exports under the name CITK_ENTRY_POINT: the functions above.
typedef struct {
  /// CITK_ABI of the header that it was built from.
  int abi;
  const char *version;
  int (*read)(const char *path, const char *ending, uint64_t most, citk_grid *grid, float **voxels,
              char **error);
  int (*write)(const char *path, const char *ending, const citk_grid *grid, const void *voxels,
               size_t bytes_per_voxel, char **error);
  int (*align)(const citk_volume *fixed, const citk_volume *moving, const citk_sphere *region,
               const double guess[3], citk_motion *motion, char **error);
} citk_api;

/// Grows with every change of citk_api or of what it points to.
#define CITK_ABI 2
#define CITK_ENTRY_POINT "citk_table"

#ifdef __cplusplus
}
#endif
