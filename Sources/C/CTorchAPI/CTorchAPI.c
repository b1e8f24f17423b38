// SPDX-License-Identifier: Apache-2.0
#include "CTorchAPI.h"

#include <dlfcn.h>
#include <stdio.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

const ct_api *ct_open(const char *path, char *message, size_t capacity) {
  // RTLD_LOCAL keeps libtorch's own copies of oneDNN, Gloo and others apart from those of others.
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    snprintf(message, capacity, "%s", reason ? reason : "it cannot be opened");
    return NULL;
  }
  const ct_api *(*table)(void) = (const ct_api *(*)(void))dlsym(library, CT_ENTRY_POINT);
  if (!table) {
    snprintf(message, capacity, "it does not export " CT_ENTRY_POINT);
    dlclose(library);
    return NULL;
  }
  const ct_api *api = table();
  if (api->abi != ct_abi()) {
    // Not closed: unloading libtorch after its static initialisers ran is not safe.
    snprintf(message, capacity, "it was built from another version of CTorchAPI.h");
    return NULL;
  }
  return api;
}

void ct_release_freed_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void ct_share_heap(void) {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  // Mapped blocks are new pages each time, which the system has to clear first.
  mallopt(M_MMAP_MAX, 0);
#endif
}
