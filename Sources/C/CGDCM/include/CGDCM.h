// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What this project takes from GDCM: decoding compressed frames and writing files.
///
/// GDCM fills its dictionaries as soon as it is loaded, which takes 15 ms, so no executable links
/// it: these functions open libcac-gdcm (Sources/CGDCMImpl) when the first of them is called.
/// No function throws or prints. Each returns 1 when done, else 0 with a message in `error`, which
/// the caller hands back to cgdcm_free.

/// How the pixels of a frame are laid out; one sample a pixel.
typedef struct {
  uint32_t columns;
  uint32_t rows;
  uint16_t bits_allocated;
  uint16_t bits_stored;
  uint16_t high_bit;
  /// 1 for two's complement.
  uint16_t pixel_representation;
} cgdcm_frame;

/// Frames that are being decoded, one after the other, by other processes.
typedef struct cgdcm_frames cgdcm_frames;

/// Begins to decode frames of one layout and one transfer syntax.
///
/// Frame i lies in the next `counts[i]` of the fragments, which are free again when this returns.
/// So many processes decode as `workers` says.
int cgdcm_decode(const char *transfer_syntax, const cgdcm_frame *layout,
                 const void *const *fragments, const size_t *lengths, const size_t *counts,
                 size_t frame_count, size_t workers, cgdcm_frames **frames, char **error);

/// Gives the samples of the next frame in the host's byte order, or why it cannot be decoded.
///
/// They are columns × rows × bits_allocated / 8 bytes, the caller's to change until the next call.
/// After an error there are no further frames.
int cgdcm_next(cgdcm_frames *frames, void **samples, char **error);

/// Ends the decoding, which may have frames left; frees the frames.
void cgdcm_stop(cgdcm_frames *frames);

/// One element of a data set; the value is padded to an even length by the caller.
typedef struct {
  uint16_t group;
  uint16_t element;
  /// Two letters, for example "DS".
  const char *vr;
  const void *value;
  size_t length;
} cgdcm_element;

/// The bytes of a file with its meta information, from the elements of a data set.
///
/// They stay in memory, because GDCM aborts the process where a disk takes no more of them.
int cgdcm_encode(const char *transfer_syntax, const cgdcm_element *elements, size_t count,
                 void **bytes, size_t *length, char **error);

/// The version of GDCM, which lives as long as the process.
int cgdcm_version(const char **version, char **error);

/// Frees a message or the bytes of a file.
void cgdcm_free(void *memory);

/// What libcac-gdcm exports under the name CGDCM_ENTRY_POINT: the functions above.
typedef struct {
  /// CGDCM_ABI of the header that it was built from.
  int abi;
  const char *version;
  int (*decode)(const char *transfer_syntax, const cgdcm_frame *layout,
                const void *const *fragments, const size_t *lengths, const size_t *counts,
                size_t frame_count, size_t workers, cgdcm_frames **frames, char **error);
  int (*next)(cgdcm_frames *frames, void **samples, char **error);
  void (*stop)(cgdcm_frames *frames);
  int (*encode)(const char *transfer_syntax, const cgdcm_element *elements, size_t count,
                void **bytes, size_t *length, char **error);
} cgdcm_api;

/// Grows with every change of cgdcm_api or of what it points to.
#define CGDCM_ABI 2
#define CGDCM_ENTRY_POINT "cgdcm_table"

#ifdef __cplusplus
}
#endif
