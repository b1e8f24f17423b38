// SPDX-License-Identifier: Apache-2.0
//
// Libraries of this package that lie beside the executable and are opened on first use.
#ifndef CLIBRARY_LOADER_H
#define CLIBRARY_LOADER_H

#ifdef __cplusplus
extern "C" {
#endif

/// A library beside the executable; a static one starts with the four names and zeros.
typedef struct {
  /// What it holds, for messages.
  const char *title;
  /// The name of its file without the system's ending.
  const char *file;
  /// The function that gives its table.
  const char *entry;
  /// The version of the table that is understood; the table begins with its own, an int.
  int abi;
  /// The table once it is open; the library is never closed.
  const void *table;
} csibling;

/// The table of a library, opened if it is not yet; NULL and a message to be freed where it cannot be.
const void *csibling_table(csibling *library, char **error);

#ifdef __cplusplus
}
#endif
#endif
