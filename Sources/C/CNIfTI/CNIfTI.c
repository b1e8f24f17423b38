// SPDX-License-Identifier: Apache-2.0
#include "CNIfTI.h"

#include <libdeflate.h>
#include <nifti/nifti1_io.h>
#include <string.h>
#include <zlib.h>

cnifti_header cnifti_parse(const void *bytes) {
  struct nifti_1_header raw;
  memcpy(&raw, bytes, sizeof raw);
  cnifti_header header;
  memset(&header, 0, sizeof header);
  if (raw.sizeof_hdr != CNIFTI_HEADER_SIZE) {
    struct nifti_1_header other = raw;
    swap_nifti_header(&other, 1);
    if (other.sizeof_hdr == CNIFTI_HEADER_SIZE) {
      raw = other;
      header.swapped = 1;
    }
  }
  header.sizeof_hdr = raw.sizeof_hdr;
  memcpy(header.dim, raw.dim, sizeof header.dim);
  header.datatype = raw.datatype;
  header.bitpix = raw.bitpix;
  memcpy(header.pixdim, raw.pixdim, sizeof header.pixdim);
  header.vox_offset = raw.vox_offset;
  header.scl_slope = raw.scl_slope;
  header.scl_inter = raw.scl_inter;
  header.xyzt_units = (uint8_t)raw.xyzt_units;
  header.qform_code = raw.qform_code;
  header.sform_code = raw.sform_code;
  header.quatern[0] = raw.quatern_b;
  header.quatern[1] = raw.quatern_c;
  header.quatern[2] = raw.quatern_d;
  header.qoffset[0] = raw.qoffset_x;
  header.qoffset[1] = raw.qoffset_y;
  header.qoffset[2] = raw.qoffset_z;
  memcpy(header.srow, raw.srow_x, sizeof raw.srow_x);
  memcpy(header.srow + 4, raw.srow_y, sizeof raw.srow_y);
  memcpy(header.srow + 8, raw.srow_z, sizeof raw.srow_z);
  memcpy(header.magic, raw.magic, sizeof header.magic);
  return header;
}

void cnifti_serialize(const cnifti_header *header, void *bytes) {
  struct nifti_1_header raw;
  memset(&raw, 0, sizeof raw);
  raw.sizeof_hdr = CNIFTI_HEADER_SIZE;
  raw.regular = 'r';
  memcpy(raw.dim, header->dim, sizeof raw.dim);
  raw.datatype = header->datatype;
  raw.bitpix = header->bitpix;
  memcpy(raw.pixdim, header->pixdim, sizeof raw.pixdim);
  raw.vox_offset = CNIFTI_DATA_OFFSET;
  raw.scl_slope = header->scl_slope;
  raw.scl_inter = header->scl_inter;
  raw.xyzt_units = (char)header->xyzt_units;
  raw.qform_code = header->qform_code;
  raw.sform_code = header->sform_code;
  raw.quatern_b = header->quatern[0];
  raw.quatern_c = header->quatern[1];
  raw.quatern_d = header->quatern[2];
  raw.qoffset_x = header->qoffset[0];
  raw.qoffset_y = header->qoffset[1];
  raw.qoffset_z = header->qoffset[2];
  memcpy(raw.srow_x, header->srow, sizeof raw.srow_x);
  memcpy(raw.srow_y, header->srow + 4, sizeof raw.srow_y);
  memcpy(raw.srow_z, header->srow + 8, sizeof raw.srow_z);
  memcpy(raw.magic, "n+1", 4);
  memset(bytes, 0, CNIFTI_DATA_OFFSET);
  memcpy(bytes, &raw, sizeof raw);
}

void cnifti_matrix(const cnifti_header *header, float rows[12]) {
  mat44 m = nifti_quatern_to_mat44(
      header->quatern[0], header->quatern[1], header->quatern[2], header->qoffset[0],
      header->qoffset[1], header->qoffset[2], header->pixdim[1], header->pixdim[2],
      header->pixdim[3], header->pixdim[0]);
  memcpy(rows, m.m, 12 * sizeof(float));
}

void cnifti_set_quaternion(cnifti_header *header, const float rows[12]) {
  mat44 m;
  memset(&m, 0, sizeof m);
  memcpy(m.m, rows, 12 * sizeof(float));
  m.m[3][3] = 1;
  nifti_mat44_to_quatern(
      m, &header->quatern[0], &header->quatern[1], &header->quatern[2], &header->qoffset[0],
      &header->qoffset[1], &header->qoffset[2], NULL, NULL, NULL, &header->pixdim[0]);
}

int cnifti_gunzip(const void *bytes, size_t count, void *out, size_t capacity, size_t *written) {
  *written = 0;
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (decompressor == NULL) return CNIFTI_NO_MEMORY;
  int result = CNIFTI_OK;
  const unsigned char *in = bytes;
  do {
    size_t used = 0, made = 0;
    enum libdeflate_result r = libdeflate_gzip_decompress_ex(
        decompressor, in, count, (unsigned char *)out + *written, capacity - *written, &used,
        &made);
    if (r != LIBDEFLATE_SUCCESS) {
      result = r == LIBDEFLATE_INSUFFICIENT_SPACE ? CNIFTI_LONGER : CNIFTI_DAMAGED;
      break;
    }
    in += used;
    count -= used;
    *written += made;
    // Tapes and some archives pad files with zeros, which gzip itself ignores behind a stream.
    while (count > 0 && *in == 0) {
      in++;
      count--;
    }
  } while (count > 0);
  libdeflate_free_decompressor(decompressor);
  return result;
}

size_t cnifti_gunzip_head(const void *bytes, size_t count, void *out, size_t capacity) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (count > UINT32_MAX || capacity > UINT32_MAX) return 0;
  // 16 beyond the window size asks zlib for a gzip wrapper.
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return 0;
  stream.next_in = (Bytef *)bytes;
  stream.avail_in = (uInt)count;
  stream.next_out = out;
  stream.avail_out = (uInt)capacity;
  inflate(&stream, Z_SYNC_FLUSH);
  size_t made = capacity - stream.avail_out;
  inflateEnd(&stream);
  return made;
}

size_t cnifti_gzip_bound(size_t count, int level) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
  if (compressor == NULL) return 0;
  size_t bound = libdeflate_gzip_compress_bound(compressor, count);
  libdeflate_free_compressor(compressor);
  return bound;
}

size_t cnifti_gzip(const void *bytes, size_t count, int level, void *out, size_t capacity) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
  if (compressor == NULL) return 0;
  size_t size = libdeflate_gzip_compress(compressor, bytes, count, out, capacity);
  libdeflate_free_compressor(compressor);
  return size;
}
