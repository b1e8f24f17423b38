// SPDX-License-Identifier: Apache-2.0
#include "Source.h"
#include "Writers.h"

#include <dcmtk/dcmfg/fgderimg.h>
#include <dcmtk/dcmfg/fgfracon.h>
#include <dcmtk/dcmfg/fgpixmsr.h>
#include <dcmtk/dcmfg/fgplanor.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>
#include <dcmtk/dcmseg/segutils.h>

namespace {

const char labelMapStorage[] = "1.2.840.10008.5.1.4.1.1.66.7";

CodeSequenceMacro macro(const cdcmtk_code &code) {
  return CodeSequenceMacro(code.value, code.scheme, code.meaning);
}

DcmSegTypes::E_SegmentAlgoType algorithmType(const std::string &word) {
  return word == "MANUAL"          ? DcmSegTypes::SAT_MANUAL
         : word == "SEMIAUTOMATIC" ? DcmSegTypes::SAT_SEMIAUTOMATIC
                                   : DcmSegTypes::SAT_AUTOMATIC;
}

void addSegment(DcmSegmentation &document, const cdcmtk_segment &segment,
                const cdcmtk_segmentation &request) {
  const auto type = algorithmType(request.algorithm_type);
  DcmSegment *made = nullptr;
  require(DcmSegment::create(made, segment.label, macro(segment.category), macro(segment.type),
                             type,
                             type == DcmSegTypes::SAT_MANUAL ? "" : request.algorithm_name),
          "a segment cannot be made");
  std::unique_ptr<DcmSegment> owned(made);
  made->getGeneralAnatomyCode().getAnatomicRegion().set(
      segment.region.value, segment.region.scheme, segment.region.meaning);
  require(made->setTrackingID(segment.tracking_id), "a segment cannot be named");
  require(made->setTrackingUID(segment.tracking_uid), "a segment cannot be named");
  require(made->setRecommendedDisplayCIELabValue(segment.lab[0], segment.lab[1], segment.lab[2]),
          "a segment cannot be coloured");
  Uint16 number = 0;
  require(document.addSegment(made, number), "a segment cannot be added");
  owned.release();
}

/// What a plane was made from (PS3.3, C.7.6.16.2.6).
std::unique_ptr<FGDerivationImage> derivation(const Source &source, size_t plane) {
  auto group = std::make_unique<FGDerivationImage>();
  DerivationImageItem *item = nullptr;
  require(group->addDerivationImageItem(CodeSequenceMacro("113076", "DCM", "Segmentation"), "",
                                        item),
          "a source cannot be named");
  for (const auto &reference : source.references(plane)) {
    auto image = std::make_unique<SourceImageItem>();
    require(image->getPurposeOfReferenceCode().set(
                "121322", "DCM", "Source image for image processing operation"),
            "a source cannot be named");
    auto &instance = image->getImageSOPInstanceReference();
    require(instance.setReferencedSOPClassUID(reference.storageClass.c_str()),
            "a source cannot be named");
    require(instance.setReferencedSOPInstanceUID(reference.instance.c_str()),
            "a source cannot be named");
    item->getSourceImageItems().push_back(image.release());
  }
  return group;
}

void addShared(DcmSegmentation &document, const Source &source) {
  FGPixelMeasures measures;
  require(measures.setPixelSpacing(source.spacing().c_str(), OFFalse), "no pixel spacing");
  require(measures.setSliceThickness(source.thickness().c_str(), OFFalse), "no slice thickness");
  require(measures.setSpacingBetweenSlices(decimal(source.object.increment).c_str(), OFFalse),
          "no distance of slices");
  require(document.addForAllFrames(measures), "the pixel spacing cannot be written");
  const auto c = source.orientation();
  FGPlaneOrientationPatient turn;
  require(turn.setImageOrientationPatient(c[0].c_str(), c[1].c_str(), c[2].c_str(), c[3].c_str(),
                                          c[4].c_str(), c[5].c_str(), OFFalse),
          "the orientation cannot be written");
  require(document.addForAllFrames(turn), "the orientation cannot be written");
}

void addFrame(DcmSegmentation &document, const Source &source, size_t plane, Uint16 number,
              std::vector<Uint8> &pixels) {
  const auto p = source.position(plane);
  FGPlanePosPatient position;
  require(position.setImagePositionPatient(p[0].c_str(), p[1].c_str(), p[2].c_str(), OFFalse),
          "a position cannot be written");
  FGFrameContent content;
  require(content.setDimensionIndexValues(number, 0), "a frame cannot be numbered");
  require(content.setDimensionIndexValues(Uint32(plane + 1), 1), "a frame cannot be numbered");
  auto made = derivation(source, plane);
  OFVector<FGBase *> groups;
  groups.push_back(&position);
  groups.push_back(&content);
  groups.push_back(made.get());
  require(document.addFrame(pixels.data(), number, groups), "a frame cannot be added");
}

/// Names the frames of sources that have several, which DCMTK 3.6.7 leaves out where it is asked to.
void nameSourceFrames(DcmItem &set, const Source &source) {
  DcmSequenceOfItems *frames = nullptr;
  require(set.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames), "no frames");
  for (unsigned long i = 0; i < frames->card(); i++) {
    const auto references = source.references(i % source.object.plane_count);
    DcmItem *derivation = first(frames->getItem(i), DCM_DerivationImageSequence);
    DcmItem *image = nullptr;
    for (size_t k = 0; k < references.size(); k++)
      if (references[k].frame > 0 && derivation &&
          derivation->findAndGetSequenceItem(DCM_SourceImageSequence, image, long(k)).good())
        put(*image, DCM_ReferencedFrameNumber, std::to_string(references[k].frame));
  }
}

/// Turns the frames of the first segment, which stand for all planes, into a label map (Supplement
/// 243), a storage class that this version of DCMTK does not know yet.
void becomeLabelMap(DcmItem &set, const cdcmtk_object &object, const cdcmtk_segmentation &request) {
  const size_t count = size_t(object.rows) * object.columns * object.plane_count;
  std::vector<Uint8> labels(count + count % 2, 0);
  for (size_t i = 0; i < count; i++)
    for (size_t s = 0; s < request.segment_count; s++)
      if (request.mask[i] == request.segments[s].value) labels[i] = Uint8(s + 1);
  put(set, DCM_SOPClassUID, labelMapStorage);
  put(set, DCM_SegmentationType, "LABELMAP");
  putWord(set, DCM_BitsAllocated, 8);
  putWord(set, DCM_BitsStored, 8);
  putWord(set, DCM_HighBit, 7);
  putWord(set, DCM_PixelPaddingValue, 0);
  require(set.putAndInsertUint8Array(DCM_PixelData, labels.data(), labels.size()),
          "the labels cannot be written");

  // The segment of what is no segment (dcmqi and PS3.3 C.8.20.2).
  DcmSequenceOfItems *segments = nullptr;
  require(set.findAndGetSequence(DCM_SegmentSequence, segments), "no segments");
  auto background = std::make_unique<DcmItem>();
  putWord(*background, DCM_SegmentNumber, 0);
  put(*background, DCM_SegmentLabel, "Background");
  put(*background, DCM_SegmentAlgorithmType, request.algorithm_type);
  if (strcmp(request.algorithm_type, "MANUAL") != 0)
    put(*background, DCM_SegmentAlgorithmName, request.algorithm_name);
  const cdcmtk_code nothing = {"125040", "DCM", "Background"};
  putCode(*background, DCM_SegmentedPropertyCategoryCodeSequence, nothing);
  putCode(*background, DCM_SegmentedPropertyTypeCodeSequence, nothing);
  require(segments->prepend(background.release()), "the background cannot be written");

  DcmSequenceOfItems *frames = nullptr;
  require(set.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames), "no frames");
  for (unsigned long i = 0; i < frames->card(); i++) {
    DcmItem *frame = frames->getItem(i);
    delete frame->remove(DCM_SegmentIdentificationSequence);
    const Uint32 place = Uint32(i + 1);
    if (DcmItem *content = first(frame, DCM_FrameContentSequence))
      require(content->putAndInsertUint32Array(DCM_DimensionIndexValues, &place, 1),
              "a frame cannot be numbered");
  }
  DcmSequenceOfItems *dimensions = nullptr;
  require(set.findAndGetSequence(DCM_DimensionIndexSequence, dimensions), "no dimensions");
  delete dimensions->remove(0ul);
}

} // namespace

void writeSegmentation(const cdcmtk_object &object, const cdcmtk_segmentation &request,
                       void **bytes, size_t *length) {
  const Source source(object);
  const IODGeneralEquipmentModule::EquipmentInfo equipment(object.manufacturer, object.model,
                                                           object.serial, object.version);
  ContentIdentificationMacro content("1", request.content_label, request.content_description,
                                     "");
  DcmSegmentation *made = nullptr;
  require(DcmSegmentation::createBinarySegmentation(made, Uint16(object.rows),
                                                    Uint16(object.columns), equipment, content),
          "the segmentation cannot be made");
  std::unique_ptr<DcmSegmentation> document(made);
  // Each would be compared with each: minutes for a thousand frames, and they are right by making.
  document->setCheckDimensionsOnWrite(OFFalse);
  document->setCheckFGOnWrite(OFFalse);
  document->getStudy().setStudyInstanceUID(source.studyUID().c_str(), OFFalse);
  document->getSeries().setSeriesInstanceUID(object.series_uid);
  document->getSeries().setSeriesNumber(std::to_string(object.series_number).c_str());
  document->getFrameOfReference().setFrameOfReferenceUID(
      source.frameOfReferenceUID().empty() ? request.frame_of_reference_uid
                                           : source.frameOfReferenceUID().c_str(),
      OFFalse);
  std::string ratio, method;
  if (source.isLossy(ratio, method))
    require(document->setLossyImageCompressionFlag(ratio.c_str(), method.c_str(), OFFalse),
            "the loss of the source cannot be named");

  for (size_t i = 0; i < request.segment_count; i++)
    addSegment(*document, request.segments[i], request);
  addShared(*document, source);
  auto &dimensions = document->getDimensions();
  require(dimensions.addDimensionIndex(DCM_ReferencedSegmentNumber, request.dimension_uid,
                                       DCM_SegmentIdentificationSequence, "Segment"),
          "the frames cannot be ordered");
  require(dimensions.addDimensionIndex(DCM_ImagePositionPatient, request.dimension_uid,
                                       DCM_PlanePositionSequence, "Position"),
          "the frames cannot be ordered");
  const size_t size = size_t(object.rows) * object.columns;
  std::vector<Uint8> pixels(size);
  const size_t shown = request.is_label_map ? 1 : request.segment_count;
  for (size_t s = 0; s < shown; s++)
    for (size_t plane = 0; plane < object.plane_count; plane++) {
      const uint8_t *from = request.mask + plane * size;
      for (size_t i = 0; i < size; i++) pixels[i] = from[i] == request.segments[s].value;
      addFrame(*document, source, plane, Uint16(s + 1), pixels);
    }

  DcmFileFormat file;
  DcmDataset &set = *file.getDataset();
  require(document->writeDataset(set), "the segmentation cannot be written");
  nameSourceFrames(set, source);
  source.finish(set, "SEG");
  source.listInstances(set);
  if (request.is_label_map) becomeLabelMap(set, object, request);
  encode(file, bytes, length);
}
