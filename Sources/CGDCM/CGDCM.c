// SPDX-License-Identifier: Apache-2.0
#include "CGDCM.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#define NAME "libcac-gdcm.dylib"
#define PLACE "@rpath/" NAME
#else
#define NAME "libcac-gdcm.so"
// The run path of the executable names its own folder.
#define PLACE NAME
#endif

/// The functions of libcac-gdcm, which is never unloaded, or why there are none; set once.
static const cgdcm_api *opened;
static char reason[512];

static void open_library(void) {
  void *library = dlopen(PLACE, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *detail = dlerror();
    snprintf(reason, sizeof reason,
             "GDCM cannot be used: %s; put " NAME " beside the executable (make build makes it)",
             detail ? detail : NAME " cannot be opened");
    return;
  }
  const cgdcm_api *(*table)(void) = (const cgdcm_api *(*)(void))dlsym(library, CGDCM_ENTRY_POINT);
  if (!table || table()->abi != CGDCM_ABI) {
    snprintf(reason, sizeof reason,
             "GDCM cannot be used: " NAME " is of another version; run make build to build it anew");
    return;
  }
  opened = table();
}

static const cgdcm_api *library(char **error) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  *error = opened ? NULL : strdup(reason);
  return opened;
}

int cgdcm_decode(const char *transfer_syntax, const cgdcm_frame *layout,
                 const void *const *fragments, const size_t *lengths, const size_t *counts,
                 size_t frame_count, size_t workers, cgdcm_frames **frames, char **error) {
  const cgdcm_api *api = library(error);
  return api && api->decode(transfer_syntax, layout, fragments, lengths, counts, frame_count,
                            workers, frames, error);
}

// Whoever has frames has opened the library.
int cgdcm_next(cgdcm_frames *frames, void **samples, char **error) {
  return opened->next(frames, samples, error);
}

void cgdcm_stop(cgdcm_frames *frames) { opened->stop(frames); }

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
