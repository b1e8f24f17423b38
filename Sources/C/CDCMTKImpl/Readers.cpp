// SPDX-License-Identifier: Apache-2.0
#include "Readers.h"

#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpls/djdecode.h>

namespace {

/// The item of a functional group of a frame, else the shared one, or nullptr.
DcmItem *group(DcmItem &set, size_t frame, const DcmTagKey &sequence) {
  DcmItem *item = nullptr;
  if (set.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, item, long(frame)).good())
    if (DcmItem *found = first(item, sequence)) return found;
  return first(first(&set, DCM_SharedFunctionalGroupsSequence), sequence);
}

uint32_t word(DcmItem &set, const DcmTagKey &tag) {
  Uint16 value = 0;
  set.findAndGetUint16(tag, value);
  return value;
}

void numbers(DcmItem *item, const DcmTagKey &tag, double *out, unsigned long count,
             const char *what) {
  require(item != nullptr, what);
  for (unsigned long i = 0; i < count; i++)
    require(item->findAndGetFloat64(tag, out[i], i), what);
}

std::string code(DcmItem *item, const DcmTagKey &sequence) {
  DcmItem *found = first(item, sequence);
  return found ? text(*found, DCM_CodeValue) : "";
}

} // namespace

cdcmtk_segments::cdcmtk_segments(const char *path)
    : file(std::make_unique<DcmFileFormat>()), info() {
  static const bool decoders = [] {
    DcmRLEDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    return true;
  }();
  (void)decoders;
  require(file->loadFile(path), "the file cannot be read");
  DcmDataset &set = *file->getDataset();
  const std::string kind = text(set, DCM_SegmentationType);
  require(kind == "BINARY" || kind == "FRACTIONAL" || kind == "LABELMAP",
          "the file is no Segmentation (SegmentationType)");
  info.kind = kind == "BINARY" ? 0 : kind == "FRACTIONAL" ? 1 : 2;
  info.is_probability = text(set, DCM_SegmentationFractionalType) == "PROBABILITY";
  info.rows = word(set, DCM_Rows);
  info.columns = word(set, DCM_Columns);
  bits = word(set, DCM_BitsAllocated);
  require(info.rows > 0 && info.columns > 0, "the segmentation has no rows or columns");
  require(bits == 1 || bits == 8 || (bits == 16 && info.kind == 2),
          "the segmentation has other pixels than of 1, 8 or 16 bits");
  info.maximum = info.kind == 0 ? 1 : info.kind == 2 ? 255 : word(set, DCM_MaximumFractionalValue);
  require(info.maximum > 0, "the segmentation has no MaximumFractionalValue");
  require(set.chooseRepresentation(EXS_LittleEndianExplicit, nullptr),
          "the pixels are compressed in a way that is not read; decompress the file first");
  const long frames = atol(text(set, DCM_NumberOfFrames).c_str());
  require(frames > 0, "the segmentation has no frames");
  info.frame_count = size_t(frames);
  unsigned long found = 0;
  if (bits == 16) {
    const Uint16 *words = nullptr;
    require(set.findAndGetUint16Array(DCM_PixelData, words, &found), "there are no pixels");
    pixels = reinterpret_cast<const Uint8 *>(words);
    length = found * 2;
  } else if (set.findAndGetUint8Array(DCM_PixelData, pixels, &found).good() && pixels) {
    length = found;
  } else {
    const Uint16 *words = nullptr;
    require(set.findAndGetUint16Array(DCM_PixelData, words, &found), "there are no pixels");
    pixels = reinterpret_cast<const Uint8 *>(words);
    length = found * 2;
  }
  const size_t size = size_t(info.rows) * info.columns;
  require(length >= (info.frame_count * size * bits + 7) / 8,
          "the file is truncated: pixels are missing");

  DcmItem *item = nullptr;
  for (long i = 0; set.findAndGetSequenceItem(DCM_SegmentSequence, item, i).good(); i++)
    segments.push_back({word(*item, DCM_SegmentNumber), text(*item, DCM_SegmentLabel),
                        code(item, DCM_SegmentedPropertyTypeCodeSequence),
                        code(item, DCM_AnatomicRegionSequence),
                        text(*item, DCM_SegmentAlgorithmType)});
  info.segment_count = segments.size();
  frameOfReference = text(set, DCM_FrameOfReferenceUID);
  if (DcmItem *series = first(&set, DCM_ReferencedSeriesSequence))
    sourceSeries = text(*series, DCM_SeriesInstanceUID);
  info.frame_of_reference_uid = frameOfReference.c_str();
  info.source_series_uid = sourceSeries.c_str();
}

void cdcmtk_segments::frame(size_t index, cdcmtk_frame_info &place, uint8_t *out) const {
  require(index < info.frame_count, "there are no further frames");
  DcmItem &set = *file->getDataset();
  place.segment = 0;
  if (DcmItem *item = group(set, index, DCM_SegmentIdentificationSequence))
    place.segment = word(*item, DCM_ReferencedSegmentNumber);
  require(info.kind == 2 || place.segment > 0, "a frame names no segment");
  numbers(group(set, index, DCM_PlanePositionSequence), DCM_ImagePositionPatient, place.position, 3,
          "a frame has no position");
  numbers(group(set, index, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient,
          place.orientation, 6, "a frame has no orientation");
  double spacing[2];
  numbers(group(set, index, DCM_PixelMeasuresSequence), DCM_PixelSpacing, spacing, 2,
          "a frame has no pixel spacing");
  // DICOM orders the spacing (row, column), which is (y, x).
  place.spacing[0] = spacing[1];
  place.spacing[1] = spacing[0];

  const size_t size = size_t(info.rows) * info.columns;
  const size_t start = index * size;
  if (bits == 1) {
    // Frames follow each other without padding, the lowest bit first.
    for (size_t i = 0; i < size; i++)
      out[i] = pixels[(start + i) / 8] >> ((start + i) % 8) & 1;
  } else if (bits == 8) {
    memcpy(out, pixels + start, size);
  } else {
    const Uint16 *words = reinterpret_cast<const Uint16 *>(pixels) + start;
    for (size_t i = 0; i < size; i++) {
      require(words[i] < 256, "the label map has more than 255 labels");
      out[i] = Uint8(words[i]);
    }
  }
}

namespace {

bool isConcept(DcmItem &item, const char *value) {
  return code(&item, DCM_ConceptNameCodeSequence) == value;
}

/// Reads the groups below an item of a report's tree.
void collect(DcmItem &parent, std::vector<cdcmtk_numbers::Number> &out, size_t &groups,
             cdcmtk_numbers::Number *within, int depth) {
  if (depth > 32) return;
  DcmItem *item = nullptr;
  for (long i = 0; parent.findAndGetSequenceItem(DCM_ContentSequence, item, i).good(); i++) {
    const std::string kind = text(*item, DCM_ValueType);
    if (kind == "CONTAINER" && isConcept(*item, "125007")) {
      cdcmtk_numbers::Number made;
      made.group = groups++;
      collect(*item, out, groups, &made, depth + 1);
    } else if (kind == "CONTAINER") {
      collect(*item, out, groups, within, depth + 1);
    } else if (within && kind == "TEXT" && isConcept(*item, "112039")) {
      within->trackingID = text(*item, DCM_TextValue);
    } else if (within && kind == "CODE" && isConcept(*item, "121071")) {
      within->finding = code(item, DCM_ConceptCodeSequence);
    } else if (within && kind == "CODE" &&
               (isConcept(*item, "363698007") || isConcept(*item, "G-C0E3"))) {
      within->site = code(item, DCM_ConceptCodeSequence);
    } else if (within && kind == "NUM") {
      cdcmtk_numbers::Number made = *within;
      made.concept_name = code(item, DCM_ConceptNameCodeSequence);
      if (DcmItem *name = first(item, DCM_ConceptNameCodeSequence))
        made.meaning = text(*name, DCM_CodeMeaning);
      if (DcmItem *value = first(item, DCM_MeasuredValueSequence)) {
        made.value = text(*value, DCM_NumericValue);
        made.unit = code(value, DCM_MeasurementUnitsCodeSequence);
      }
      out.push_back(made);
    }
  }
}

} // namespace

cdcmtk_numbers::cdcmtk_numbers(const char *path) {
  DcmFileFormat file;
  require(file.loadFile(path), "the file cannot be read");
  DcmDataset &set = *file.getDataset();
  require(text(set, DCM_ValueType) == "CONTAINER", "the file is no structured report");
  size_t groups = 0;
  collect(set, numbers, groups, nullptr, 0);
}
