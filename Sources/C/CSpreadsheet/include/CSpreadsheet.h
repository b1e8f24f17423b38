// SPDX-License-Identifier: Apache-2.0
// libzip opens the container of an Excel workbook; libxlsxwriter writes one, with the parts that
// Excel insists on. Foundation has no zip, and neither format is this project's domain.
#pragma once

#include <xlsxwriter.h>
#include <zip.h>
