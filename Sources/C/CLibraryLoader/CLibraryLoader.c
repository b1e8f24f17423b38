// SPDX-License-Identifier: Apache-2.0
#include "CLibraryLoader.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#ifdef __APPLE__
#define LIBRARY_PATH "@rpath/%s.dylib"
#else
// The run path of the executable names its own folder.
#define LIBRARY_PATH "%s.so"
#endif

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void open_library(csibling *library, char *reason, size_t count) {
  char path[64];
  snprintf(path, sizeof path, LIBRARY_PATH, library->file);
  const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    const char *detail = dlerror();
    snprintf(reason, count,
             "%s cannot be used: %s; put %s beside the executable (make build makes it)",
             library->title, detail ? detail : "it cannot be opened", name);
    return;
  }
  const void *(*table)(void) = (const void *(*)(void))dlsym(opened, library->entry);
  if (!table || *(const int *)table() != library->abi) {
    snprintf(reason, count,
             "%s cannot be used: %s is of another version; run make build to build it anew",
             library->title, name);
    return;
  }
  library->table = table();
}

const void *csibling_table(csibling *library, char **error) {
  char reason[512] = "";
  pthread_mutex_lock(&turn);
  if (!library->table) open_library(library, reason, sizeof reason);
  pthread_mutex_unlock(&turn);
  *error = library->table ? NULL : strdup(reason);
  return library->table;
}
