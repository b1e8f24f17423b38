// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "include/CDCMTKImpl.h"

/// The functions of CDCMTK.h without their guards: they throw.
void writeSegmentation(const cdcmtk_object &object, const cdcmtk_segmentation &segmentation,
                       void **bytes, size_t *length);
void writeReport(const cdcmtk_object &object, const cdcmtk_report &report, void **bytes,
                 size_t *length);
void writePicture(const cdcmtk_object &object, const uint8_t *rgb, uint32_t width, uint32_t height,
                  void **bytes, size_t *length);
void writePDF(const cdcmtk_object &object, const void *pdf, size_t pdf_length, const char *title,
              void **bytes, size_t *length);
