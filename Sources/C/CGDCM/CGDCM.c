// SPDX-License-Identifier: Apache-2.0
#include "CGDCM.h"

#include <stdlib.h>

#include "CLibraryLoader.h"

static csibling sibling = {"GDCM", "libcac-gdcm", CGDCM_ENTRY_POINT, CGDCM_ABI, NULL};

static const cgdcm_api *library(char **error) { return csibling_table(&sibling, error); }

int cgdcm_decode(const char *transfer_syntax, const cgdcm_frame *layout,
                 const void *const *fragments, const size_t *lengths, const size_t *counts,
                 size_t frame_count, size_t workers, cgdcm_frames **frames, char **error) {
  const cgdcm_api *api = library(error);
  return api && api->decode(transfer_syntax, layout, fragments, lengths, counts, frame_count,
                            workers, frames, error);
}

// Whoever has frames has opened the library.
static const cgdcm_api *opened(void) { return sibling.table; }

int cgdcm_next(cgdcm_frames *frames, void **samples, char **error) {
  return opened()->next(frames, samples, error);
}

void cgdcm_stop(cgdcm_frames *frames) { opened()->stop(frames); }

int cgdcm_encode(const char *transfer_syntax, const cgdcm_element *elements, size_t count,
                 void **bytes, size_t *length, char **error) {
  const cgdcm_api *api = library(error);
  return api && api->encode(transfer_syntax, elements, count, bytes, length, error);
}

int cgdcm_version(const char **version, char **error) {
  const cgdcm_api *api = library(error);
  if (api) *version = api->version;
  return api != NULL;
}

void cgdcm_free(void *memory) { free(memory); }
