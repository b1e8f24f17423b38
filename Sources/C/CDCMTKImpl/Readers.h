// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Items.h"

#include <memory>
#include <vector>

/// A segmentation that was read.
struct cdcmtk_segments {
  struct Segment {
    uint32_t number;
    std::string label, type, region, algorithm;
  };
  std::unique_ptr<DcmFileFormat> file;
  std::vector<Segment> segments;
  std::string frameOfReference, sourceSeries;
  cdcmtk_segments_info info;
  uint32_t bits = 1;
  const Uint8 *pixels = nullptr;
  size_t length = 0;

  explicit cdcmtk_segments(const char *path);
  /// Writes the values of a frame.
  void frame(size_t index, cdcmtk_frame_info &place, uint8_t *out) const;
};

/// The numbers of a report that was read.
struct cdcmtk_numbers {
  struct Number {
    size_t group;
    std::string trackingID, site, finding, concept_name, meaning, value, unit;
  };
  std::vector<Number> numbers;

  explicit cdcmtk_numbers(const char *path);
};
