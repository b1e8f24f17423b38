// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The meaning of NIfTI-1 headers by nifti_clib, and gzip by libdeflate.
///
/// No function prints, keeps state, or touches a file.

/// The bytes of a NIfTI-1 header with the empty list of extensions behind it.
enum { CNIFTI_HEADER_SIZE = 348, CNIFTI_DATA_OFFSET = 352 };

/// The fields of a NIfTI-1 header that this project reads or writes, in the host's byte order.
typedef struct {
  int32_t sizeof_hdr;
  int16_t dim[8];
  int16_t datatype;
  int16_t bitpix;
  float pixdim[8];
  float vox_offset;
  float scl_slope;
  float scl_inter;
  uint8_t xyzt_units;
  int16_t qform_code;
  int16_t sform_code;
  float quatern[3];
  float qoffset[3];
  /// The rows x, y and z, one after the other.
  float srow[12];
  char magic[4];
  /// Whether the file's byte order is not the host's.
  int32_t swapped;
} cnifti_header;

/// Reads the fields from the first CNIFTI_HEADER_SIZE bytes of a file.
///
/// The byte order is the one in which sizeof_hdr is 348, else the host's. Nothing is judged here.
cnifti_header cnifti_parse(const void *bytes);

/// Fills CNIFTI_DATA_OFFSET bytes with a single-file header in the host's byte order.
void cnifti_serialize(const cnifti_header *header, void *bytes);

/// The upper three rows of the voxel-to-RAS matrix that a quaternion stands for.
void cnifti_matrix(const cnifti_header *header, float rows[12]);

/// Sets quatern, qoffset and pixdim[0] from the upper three rows of an orthonormal matrix.
void cnifti_set_quaternion(cnifti_header *header, const float rows[12]);

enum { CNIFTI_OK = 0, CNIFTI_DAMAGED = 1, CNIFTI_LONGER = 2, CNIFTI_NO_MEMORY = 3 };

/// Decompresses a whole gzip file of one or more members.
///
/// `written` receives the number of bytes that came out. CNIFTI_LONGER says that more than
/// `capacity` would come out.
int cnifti_gunzip(const void *bytes, size_t count, void *out, size_t capacity, size_t *written);

/// Decompresses the beginning of a gzip file of which only the beginning is at hand.
///
/// Returns the number of bytes that came out, at most `capacity`; 0 where it is no gzip.
size_t cnifti_gunzip_head(const void *bytes, size_t count, void *out, size_t capacity);

/// The largest size that `cnifti_gzip` can need for `count` bytes, 0 where memory ran out.
size_t cnifti_gzip_bound(size_t count, int level);

/// Compresses to one gzip member without a name and a time; returns its size, 0 on failure.
///
/// Levels are those of libdeflate, 0 to 12.
size_t cnifti_gzip(const void *bytes, size_t count, int level, void *out, size_t capacity);
