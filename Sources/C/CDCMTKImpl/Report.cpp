// SPDX-License-Identifier: Apache-2.0
#include "Source.h"
#include "Writers.h"

#include <dcmtk/dcmsr/cmr/tid1500.h>
#include <dcmtk/dcmsr/dsrdoc.h>

namespace {

DSRCodedEntryValue entry(const cdcmtk_code &code) {
  return DSRCodedEntryValue(code.value, code.scheme, code.meaning);
}

using Units = CID7181_AbstractMultiDimensionalImageModelComponentUnits;

/// Adds the numbers of a group, each with its method.
template <typename Group> void addNumbers(Group &group, const cdcmtk_group &request) {
  require(group.setTrackingIdentifier(request.tracking_id), "a group cannot be named");
  require(group.setTrackingUniqueIdentifier(request.tracking_uid), "a group cannot be named");
  require(group.setFinding(entry(request.finding)), "a finding cannot be written");
  require(group.addFindingSite(entry(request.site)), "a finding site cannot be written");
  for (size_t i = 0; i < request.count; i++) {
    const cdcmtk_measurement &number = request.measurements[i];
    const CMR_SRNumericMeasurementValueWithUnits<Units> value(number.value,
                                                              Units(entry(number.unit)));
    require(group.addMeasurement(
                CID7469_GenericIntensityAndSizeMeasurements(entry(number.concept_name)), value),
            "a number cannot be written");
    if (number.method.value)
      require(group.getMeasurement().setMeasurementMethod(
                  CID6147_ResponseCriteria(entry(number.method))),
              "a method cannot be written");
  }
}

/// Says by which rules the numbers were computed.
template <typename Group> void addRules(Group &group, const cdcmtk_report &report) {
  require(group.addQualitativeEvaluation(DSRCodedEntryValue("111001", "DCM", "Algorithm Name"),
                                         report.algorithm_name),
          "the algorithm cannot be named");
  require(
      group.addQualitativeEvaluation(DSRCodedEntryValue("111002", "DCM", "Algorithm Parameters"),
                                     report.algorithm_parameters),
      "the rules cannot be named");
}

void addGroup(TID1500_MeasurementReport &document, const cdcmtk_group &request,
              const cdcmtk_report &report, const Source &source, bool isLast) {
  if (!report.segmentation_uid) {
    require(document.addIndividualMeasurements(), "a group cannot be added");
    addNumbers(document.getIndividualMeasurements(), request);
    if (isLast) addRules(document.getIndividualMeasurements(), report);
    return;
  }
  require(document.addVolumetricROIMeasurements(), "a group cannot be added");
  auto &group = document.getVolumetricROIMeasurements();
  DSRImageReferenceValue segment(report.segmentation_class, report.segmentation_uid);
  segment.getSegmentList().addItem(request.segment > 0 ? request.segment : 1);
  require(group.setReferencedSegment(segment), "a segment cannot be referred to");
  require(group.setSourceSeriesForSegmentation(source.seriesUID().c_str()),
          "the series cannot be referred to");
  addNumbers(group, request);
  if (isLast) addRules(group, report);
}

/// The last item of a sequence of contents whose value is of a type, or nullptr.
DcmItem *last(DcmItem *parent, const char *type) {
  DcmItem *item = nullptr, *found = nullptr;
  for (long i = 0; parent && parent->findAndGetSequenceItem(DCM_ContentSequence, item, i).good(); i++)
    if (text(*item, DCM_ValueType) == type) found = item;
  return found;
}

/// Lets the last group, which is about no segment alone, refer to all of them; DCMTK's template
/// takes one only.
void referToAll(DcmItem &set, const cdcmtk_report &report) {
  std::vector<Uint16> numbers;
  for (size_t i = 0; i < report.group_count; i++)
    if (report.groups[i].segment > 0) numbers.push_back(report.groups[i].segment);
  DcmItem *group = last(last(&set, "CONTAINER"), "CONTAINER");
  DcmItem *instance = first(last(group, "IMAGE"), DCM_ReferencedSOPSequence);
  require(instance != nullptr, "the segments cannot be referred to");
  require(instance->putAndInsertUint16Array(DCM_ReferencedSegmentNumber, numbers.data(),
                                            static_cast<unsigned long>(numbers.size())),
          "the segments cannot be referred to");
}

} // namespace

void writeReport(const cdcmtk_object &object, const cdcmtk_report &request, void **bytes,
                 size_t *length) {
  const Source source(object);
  TID1500_MeasurementReport report(CMR_CID7021::ImagingMeasurementReport);
  require(report.setLanguage(DSRCodedEntryValue("en", "RFC5646", "English")),
          "the language cannot be written");
  auto &context = report.getObservationContext();
  if (request.person) require(context.addPersonObserver(request.person), "no reader");
  require(context.addDeviceObserver(request.device_uid, "CACScoring", object.manufacturer,
                                    object.model, object.serial),
          "the program cannot be named");
  require(report.addProcedureReported(
              CID100_QuantitativeDiagnosticImagingProcedures(entry(request.procedure))), "no procedure");
  for (size_t i = 0; i < request.group_count; i++)
    addGroup(report, request.groups[i], request, source, i + 1 == request.group_count);
  require(report.isValid() == OFTrue, "the report is not valid by TID 1500");

  DSRDocument document(DSRTypes::DT_ComprehensiveSR);
  require(document.setTreeFromRootTemplate(report), "the report cannot be made");
  require(document.changeDocumentType(DSRTypes::DT_ComprehensiveSR), "the report cannot be made");
  require(document.createNewSeriesInStudy(source.studyUID().c_str()), "the report cannot be made");
  auto &evidence = document.getCurrentRequestedProcedureEvidence();
  if (request.segmentation_uid)
    require(evidence.addItem(source.studyUID().c_str(), request.segmentation_series,
                             request.segmentation_class, request.segmentation_uid),
            "the segmentation cannot be referred to");
  for (const auto &instance : source.instances())
    require(evidence.addItem(source.studyUID().c_str(), source.seriesUID().c_str(),
                             instance.storageClass.c_str(), instance.instance.c_str()),
            "the scan cannot be referred to");
  require(document.completeDocument(), "the report cannot be completed");

  DcmFileFormat file;
  DcmDataset &set = *file.getDataset();
  require(document.write(set), "the report cannot be written");
  if (request.segmentation_uid) referToAll(set, request);
  source.finish(set, "SR");
  encode(file, bytes, length);
}
