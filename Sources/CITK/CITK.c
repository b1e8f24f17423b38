// SPDX-License-Identifier: Apache-2.0
#include "CITK.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#define NAME "libcac-itk.dylib"
#define PLACE "@rpath/" NAME
#else
#define NAME "libcac-itk.so"
// The run path of the executable names its own folder.
#define PLACE NAME
#endif

/// The functions of libcac-itk, which is never unloaded, or why there are none; set once.
static const citk_api *opened;
static char reason[512];

static void open_library(void) {
  void *library = dlopen(PLACE, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *detail = dlerror();
    snprintf(reason, sizeof reason,
             "ITK cannot be used: %s; put " NAME " beside the executable (make build makes it)",
             detail ? detail : NAME " cannot be opened");
    return;
  }
  const citk_api *(*table)(void) = (const citk_api *(*)(void))dlsym(library, CITK_ENTRY_POINT);
  if (!table || table()->abi != CITK_ABI) {
    snprintf(reason, sizeof reason,
             "ITK cannot be used: " NAME " is of another version; run make build to build it anew");
    return;
  }
  opened = table();
}

static const citk_api *library(char **error) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  *error = opened ? NULL : strdup(reason);
  return opened;
}

int citk_read(const char *path, const char *ending, uint64_t most, citk_grid *grid, float **voxels,
              char **error) {
  const citk_api *api = library(error);
  return api && api->read(path, ending, most, grid, voxels, error);
}

int citk_write(const char *path, const char *ending, const citk_grid *grid, const void *voxels,
               size_t bytes_per_voxel, char **error) {
  const citk_api *api = library(error);
  return api && api->write(path, ending, grid, voxels, bytes_per_voxel, error);
}

int citk_version(const char **version, char **error) {
  const citk_api *api = library(error);
  if (api) *version = api->version;
  return api != NULL;
}

void citk_free(void *memory) { free(memory); }
