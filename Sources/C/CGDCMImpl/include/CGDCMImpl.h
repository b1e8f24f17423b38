// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "../../CGDCM/include/CGDCM.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The functions of CGDCM.h over GDCM; what that header calls CGDCM_ENTRY_POINT.
const cgdcm_api *cgdcm_table(void);

#ifdef __cplusplus
}
#endif
