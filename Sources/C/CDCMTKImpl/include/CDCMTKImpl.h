// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "../../CDCMTK/include/CDCMTK.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The functions of CDCMTK.h over DCMTK; what that header calls CDCMTK_ENTRY_POINT.
const cdcmtk_api *cdcmtk_table(void);

#ifdef __cplusplus
}
#endif
