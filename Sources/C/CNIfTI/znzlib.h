// SPDX-License-Identifier: Apache-2.0
// nifti1_io.h asks for this file by a name that is only found with the library's own search path.
#include <nifti/znzlib.h>
