// SPDX-License-Identifier: Apache-2.0
#include "CSibling.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#ifdef __APPLE__
#define PLACE "@rpath/%s.dylib"
#else
// The run path of the executable names its own folder.
#define PLACE "%s.so"
#endif

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void open_library(csibling *library, char *reason, size_t count) {
  char place[64];
  snprintf(place, sizeof place, PLACE, library->file);
  const char *name = strrchr(place, '/') ? strrchr(place, '/') + 1 : place;
  void *opened = dlopen(place, RTLD_NOW | RTLD_LOCAL);
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
