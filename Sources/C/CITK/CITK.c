// SPDX-License-Identifier: Apache-2.0
#include "CITK.h"

#include <stdlib.h>

#include "CLibraryLoader.h"

static csibling sibling = {"ITK", "libcac-itk", CITK_ENTRY_POINT, CITK_ABI, NULL};

static const citk_api *library(char **error) { return csibling_table(&sibling, error); }

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

int citk_register(const citk_volume *fixed, const citk_volume *moving, const citk_sphere *region,
                  const double guess[3], citk_motion *motion, char **error) {
  const citk_api *api = library(error);
  return api && api->align(fixed, moving, region, guess, motion, error);
}

int citk_version(const char **version, char **error) {
  const citk_api *api = library(error);
  if (api) *version = api->version;
  return api != NULL;
}

void citk_free(void *memory) { free(memory); }
