// SPDX-License-Identifier: Apache-2.0
#include "Source.h"

#include <set>
#include <sstream>

namespace {

/// The modules of patient and study (PS3.3: C.7.1.1, C.7.1.3, C.7.2.1, C.7.2.2, C.7.2.3), with the
/// character set and the time zone in which they are written.
const DcmTagKey takenOver[] = {
    {0x0008, 0x0005}, {0x0008, 0x0201}, {0x0010, 0x0010}, {0x0010, 0x0020}, {0x0010, 0x0021},
    {0x0010, 0x0022}, {0x0010, 0x0024}, {0x0010, 0x0026}, {0x0010, 0x0027}, {0x0010, 0x0028},
    {0x0010, 0x0030}, {0x0010, 0x0032}, {0x0010, 0x0033}, {0x0010, 0x0034}, {0x0010, 0x0035},
    {0x0010, 0x0040}, {0x0010, 0x0200}, {0x0010, 0x0212}, {0x0010, 0x0213}, {0x0010, 0x0214},
    {0x0010, 0x0215}, {0x0010, 0x0216}, {0x0010, 0x0217}, {0x0010, 0x0218}, {0x0010, 0x0219},
    {0x0010, 0x0221}, {0x0010, 0x0222}, {0x0010, 0x0223}, {0x0010, 0x0229}, {0x0010, 0x1000},
    {0x0010, 0x1001}, {0x0010, 0x1002}, {0x0010, 0x1100}, {0x0010, 0x2160}, {0x0010, 0x2201},
    {0x0010, 0x2202}, {0x0010, 0x2292}, {0x0010, 0x2293}, {0x0010, 0x2294}, {0x0010, 0x2297},
    {0x0010, 0x2298}, {0x0010, 0x2299}, {0x0010, 0x4000}, {0x0008, 0x1120}, {0x0012, 0x0010},
    {0x0012, 0x0020}, {0x0012, 0x0021}, {0x0012, 0x0030}, {0x0012, 0x0031}, {0x0012, 0x0040},
    {0x0012, 0x0042}, {0x0012, 0x0050}, {0x0012, 0x0051}, {0x0012, 0x0052}, {0x0012, 0x0053},
    {0x0012, 0x0062}, {0x0012, 0x0063}, {0x0012, 0x0064}, {0x0012, 0x0081}, {0x0012, 0x0082},
    {0x0012, 0x0083}, {0x0028, 0x0303}, {0x0020, 0x000d}, {0x0020, 0x0010}, {0x0008, 0x0020},
    {0x0008, 0x0030}, {0x0008, 0x0050}, {0x0008, 0x0051}, {0x0008, 0x0090}, {0x0008, 0x0096},
    {0x0008, 0x009c}, {0x0008, 0x009d}, {0x0008, 0x1030}, {0x0008, 0x1032}, {0x0008, 0x1048},
    {0x0008, 0x1049}, {0x0008, 0x1060}, {0x0008, 0x1062}, {0x0008, 0x1110}, {0x0032, 0x1033},
    {0x0032, 0x1034}, {0x0040, 0x1012}, {0x0008, 0x1080}, {0x0008, 0x1084}, {0x0010, 0x1010},
    {0x0010, 0x1020}, {0x0010, 0x1021}, {0x0010, 0x1022}, {0x0010, 0x1023}, {0x0010, 0x1024},
    {0x0010, 0x1030}, {0x0010, 0x2000}, {0x0010, 0x2110}, {0x0010, 0x2180}, {0x0010, 0x21a0},
    {0x0010, 0x21b0}, {0x0010, 0x21c0}, {0x0010, 0x21d0}, {0x0010, 0x2203}, {0x0038, 0x0010},
    {0x0038, 0x0014}, {0x0038, 0x0060}, {0x0038, 0x0062}, {0x0038, 0x0064}, {0x0038, 0x0500},
};

/// What has to be there, if only empty (type 2).
const DcmTagKey neededEmpty[] = {DCM_PatientName,      DCM_PatientID, DCM_PatientBirthDate,
                                 DCM_PatientSex,       DCM_StudyDate, DCM_StudyTime,
                                 DCM_StudyID,          DCM_AccessionNumber,
                                 DCM_ReferringPhysicianName};

std::vector<std::string> parts(const std::string &text) {
  std::vector<std::string> out;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, '\\');) out.push_back(part);
  return out;
}

} // namespace

Source::Source(const cdcmtk_object &object) : object(object) {
  for (size_t i = 0; i < object.plane_count; i++) {
    const char *path = object.planes[i].path;
    if (!path || files.count(path)) continue;
    File file;
    file.format = std::make_unique<DcmFileFormat>();
    require(file.format->loadFileUntilTag(path, EXS_Unknown, EGL_noChange, 1 << 20, ERM_autoDetect,
                                          DCM_PixelData),
            "a file of the scan cannot be read");
    DcmDataset &set = *file.format->getDataset();
    require(set.loadAllDataIntoMemory(), "a file of the scan cannot be read");
    file.isMultiFrame = set.tagExists(DCM_PerFrameFunctionalGroupsSequence) ||
                        atoi(text(set, DCM_NumberOfFrames).c_str()) > 1;
    files[path] = std::move(file);
  }
  require(!files.empty(), "the scan has no file to take patient and study from");
  for (const auto &entry : files) {
    DcmDataset &set = *entry.second.format->getDataset();
    for (const DcmTagKey &tag : {DCM_StudyInstanceUID, DCM_SeriesInstanceUID, DCM_SOPInstanceUID,
                                 DCM_SOPClassUID})
      require(!text(set, tag).empty(),
              "a file of the scan names no study, series, instance or class (UID), so that nothing "
              "can refer to it");
  }
}

const Source::File &Source::file(size_t plane) const { return files.at(object.planes[plane].path); }

DcmItem &Source::header() const {
  for (size_t i = 0; i < object.plane_count; i++)
    if (object.planes[i].path) return *file(i).format->getDataset();
  throw std::runtime_error("the scan has no file");
}

void Source::describe(DcmItem &out) const {
  DcmItem &from = header();
  for (const DcmTagKey &tag : takenOver) {
    delete out.remove(tag);
    DcmElement *element = nullptr;
    if (from.findAndGetElement(tag, element, OFFalse, OFTrue).good() && element)
      require(out.insert(element, OFTrue), "patient and study cannot be taken over");
  }
  for (const DcmTagKey &tag : neededEmpty)
    if (!out.tagExists(tag)) put(out, tag, "");
}

void Source::finish(DcmItem &out, const char *modality) const {
  describe(out);
  put(out, DCM_Modality, modality);
  put(out, DCM_SeriesInstanceUID, object.series_uid);
  put(out, DCM_SOPInstanceUID, object.instance_uid);
  put(out, DCM_SeriesNumber, std::to_string(object.series_number));
  put(out, DCM_InstanceNumber, std::to_string(object.instance_number));
  put(out, DCM_SeriesDescription, object.description);
  put(out, DCM_Manufacturer, object.manufacturer);
  put(out, DCM_ManufacturerModelName, object.model);
  put(out, DCM_DeviceSerialNumber, object.serial);
  put(out, DCM_SoftwareVersions, object.version);
  for (const DcmTagKey &tag : {DCM_SeriesDate, DCM_ContentDate, DCM_InstanceCreationDate})
    put(out, tag, object.date);
  for (const DcmTagKey &tag : {DCM_SeriesTime, DCM_ContentTime, DCM_InstanceCreationTime})
    put(out, tag, object.time);
}

std::vector<Source::Reference> Source::references(size_t plane) const {
  std::vector<size_t> planes;
  if (object.planes[plane].path) {
    planes = {plane};
  } else {
    for (size_t i = plane; i-- > 0;)
      if (object.planes[i].path) {
        planes.push_back(i);
        break;
      }
    for (size_t i = plane + 1; i < object.plane_count; i++)
      if (object.planes[i].path) {
        planes.push_back(i);
        break;
      }
  }
  std::vector<Reference> out;
  for (size_t i : planes) {
    DcmItem &set = *file(i).format->getDataset();
    out.push_back({text(set, DCM_SOPClassUID), text(set, DCM_SOPInstanceUID),
                   file(i).isMultiFrame ? object.planes[i].frame + 1 : 0});
  }
  return out;
}

std::vector<Source::Reference> Source::instances() const {
  std::vector<Reference> out;
  std::set<std::string> seen;
  for (size_t i = 0; i < object.plane_count; i++) {
    if (!object.planes[i].path) continue;
    Reference reference = references(i)[0];
    reference.frame = 0;
    if (seen.insert(reference.instance).second) out.push_back(reference);
  }
  return out;
}

void Source::listInstances(DcmItem &out) const {
  delete out.remove(DCM_ReferencedSeriesSequence);
  DcmItem &series = append(out, DCM_ReferencedSeriesSequence);
  put(series, DCM_SeriesInstanceUID, seriesUID());
  for (const Reference &reference : instances()) {
    DcmItem &item = append(series, DCM_ReferencedInstanceSequence);
    put(item, DCM_ReferencedSOPClassUID, reference.storageClass);
    put(item, DCM_ReferencedSOPInstanceUID, reference.instance);
  }
}

DcmItem *Source::group(size_t plane, const DcmTagKey &sequence) const {
  DcmItem &set = *file(plane).format->getDataset();
  DcmItem *frame = nullptr;
  if (set.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame,
                                 long(object.planes[plane].frame))
          .good())
    if (DcmItem *found = first(frame, sequence)) return found;
  return first(first(&set, DCM_SharedFunctionalGroupsSequence), sequence);
}

std::string Source::value(size_t plane, const DcmTagKey &sequence, const DcmTagKey &tag) const {
  if (DcmItem *found = group(plane, sequence)) return text(*found, tag);
  return text(*file(plane).format->getDataset(), tag);
}

std::vector<std::string> Source::position(size_t plane) const {
  const cdcmtk_plane &place = object.planes[plane];
  if (place.path) {
    auto found = parts(value(plane, DCM_PlanePositionSequence, DCM_ImagePositionPatient));
    if (found.size() == 3) return found;
  }
  return {decimal(place.position[0]), decimal(place.position[1]), decimal(place.position[2])};
}

namespace {
size_t firstFile(const cdcmtk_object &object) {
  for (size_t i = 0; i < object.plane_count; i++)
    if (object.planes[i].path) return i;
  return 0;
}
} // namespace

std::vector<std::string> Source::orientation() const {
  auto found = parts(value(firstFile(object), DCM_PlaneOrientationSequence,
                           DCM_ImageOrientationPatient));
  require(found.size() == 6, "a file of the scan has no ImageOrientationPatient");
  return found;
}

std::string Source::spacing() const {
  return value(firstFile(object), DCM_PixelMeasuresSequence, DCM_PixelSpacing);
}

std::string Source::thickness() const {
  std::string found = value(firstFile(object), DCM_PixelMeasuresSequence, DCM_SliceThickness);
  return atof(found.c_str()) > 0 ? found : decimal(object.increment);
}

bool Source::isLossy(std::string &ratio, std::string &method) const {
  for (const auto &entry : files) {
    DcmDataset &set = *entry.second.format->getDataset();
    const E_TransferSyntax syntax = set.getOriginalXfer();
    const DcmXfer xfer(syntax);
    const std::string uid = xfer.getXferID();
    const bool isLossySyntax = uid == UID_JPEGProcess1TransferSyntax ||
                               uid == UID_JPEGProcess2_4TransferSyntax ||
                               uid == UID_JPEGLSLossyTransferSyntax;
    if (text(set, DCM_LossyImageCompression) != "01" && !isLossySyntax) continue;
    ratio = text(set, DCM_LossyImageCompressionRatio);
    method = text(set, DCM_LossyImageCompressionMethod);
    if (ratio.empty()) ratio = "1";
    if (method.empty()) method = uid.find("1.2.4.8") != std::string::npos ? "ISO_14495_1"
                                 : uid.find("1.2.4.9") != std::string::npos ? "ISO_15444_1"
                                                                            : "ISO_10918_1";
    return true;
  }
  return false;
}
