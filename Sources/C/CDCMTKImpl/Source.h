// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Items.h"

#include <map>
#include <memory>
#include <vector>

/// The headers of a scan's files: what objects made from it take over and refer to.
class Source {
public:
  /// One instance, and which of its frames.
  struct Reference {
    std::string storageClass;
    std::string instance;
    /// From 1; 0 where the file has one image.
    uint32_t frame;
  };

  /// Reads the headers; throws where a file cannot be read or names no study, series or instance.
  explicit Source(const cdcmtk_object &object);

  /// Copies patient and study into a data set, byte for byte, with their character set; what has to
  /// be there and is not becomes empty.
  void describe(DcmItem &out) const;

  /// Sets all that tells an object from others: identifiers, times, program, description.
  void finish(DcmItem &out, const char *modality) const;

  /// The instances that a plane was made from: its own, or those beside an interpolated one.
  std::vector<Reference> references(size_t plane) const;

  /// The position of a plane as the file has it.
  std::vector<std::string> position(size_t plane) const;
  /// Direction cosines, pixel spacing (row, column) and slice thickness, as the first file has them.
  std::vector<std::string> orientation() const;
  std::string spacing() const;
  std::string thickness() const;

  std::string seriesUID() const { return text(header(), DCM_SeriesInstanceUID); }
  std::string studyUID() const { return text(header(), DCM_StudyInstanceUID); }
  std::string frameOfReferenceUID() const { return text(header(), DCM_FrameOfReferenceUID); }
  /// Whether a file was compressed with loss, with the ratios and methods of the first such.
  bool isLossy(std::string &ratio, std::string &method) const;

  /// Lists every instance in ReferencedSeriesSequence or its like.
  void listInstances(DcmItem &out) const;
  /// Every instance once, in the order of the planes.
  std::vector<Reference> instances() const;

  const cdcmtk_object &object;

private:
  struct File {
    std::unique_ptr<DcmFileFormat> format;
    bool isMultiFrame = false;
  };
  std::map<std::string, File> files;

  const File &file(size_t plane) const;
  DcmItem &header() const;
  /// The item of a functional group of a plane's frame, or nullptr.
  DcmItem *group(size_t plane, const DcmTagKey &sequence) const;
  std::string value(size_t plane, const DcmTagKey &sequence, const DcmTagKey &tag) const;
};
