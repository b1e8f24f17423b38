// SPDX-License-Identifier: Apache-2.0
// libxlsxwriter writes an Excel workbook, with the parts that Excel insists on.
#pragma once

#include <xlsxwriter.h>
