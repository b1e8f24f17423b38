// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "CITKImpl.h"

/// Finds the rigid motion that brings `moving` onto `fixed` within a sphere; throws with a sentence.
void registerRigidly(const citk_volume &fixed, const citk_volume &moving, const citk_sphere &region,
                     const double guess[3], citk_motion &motion);
