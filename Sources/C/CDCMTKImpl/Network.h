// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "include/CDCMTKImpl.h"

/// The functions of CDCMTK.h without their guards: they throw.
void echoPeer(const cdcmtk_peer &peer);
size_t fetchObjects(const cdcmtk_peer &peer, const cdcmtk_query &query, const char *folder);
size_t moveObjects(const cdcmtk_peer &peer, const cdcmtk_query &query, const char *destination);
void storeFiles(const cdcmtk_peer &peer, const char *const *paths, size_t count, uint16_t *status);
