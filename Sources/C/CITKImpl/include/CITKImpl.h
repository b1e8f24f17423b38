// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "../../CITK/include/CITK.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The functions of CITK.h over ITK; what that header calls CITK_ENTRY_POINT.
const citk_api *citk_table(void);

#ifdef __cplusplus
}
#endif
