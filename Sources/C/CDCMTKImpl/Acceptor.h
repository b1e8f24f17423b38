// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "include/CDCMTKImpl.h"

/// The function of CDCMTK.h without its guard: it throws.
void acceptObjects(int socket, const cdcmtk_acceptor &acceptor, cdcmtk_arrived arrived,
                   void *context, cdcmtk_accepted &result);
