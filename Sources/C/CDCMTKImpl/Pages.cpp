// SPDX-License-Identifier: Apache-2.0
#include "Source.h"
#include "Writers.h"

namespace {

/// What a picture or a document was made from, where it refers to no image by itself.
void listSources(DcmItem &set, const Source &source) {
  for (const auto &reference : source.instances()) {
    DcmItem &item = append(set, DCM_SourceInstanceSequence);
    put(item, DCM_ReferencedSOPClassUID, reference.storageClass);
    put(item, DCM_ReferencedSOPInstanceUID, reference.instance);
  }
}

} // namespace

void writePicture(const cdcmtk_object &object, const uint8_t *rgb, uint32_t width, uint32_t height,
                  void **bytes, size_t *length) {
  const Source source(object);
  DcmFileFormat file;
  DcmDataset &set = *file.getDataset();
  put(set, DCM_SOPClassUID, UID_SecondaryCaptureImageStorage);
  put(set, DCM_ImageType, "DERIVED\\SECONDARY");
  put(set, DCM_ConversionType, "WSD");
  put(set, DCM_BurnedInAnnotation, "NO");
  put(set, DCM_PatientOrientation, "");
  // An organ that there is one of; else a side would have to be named.
  put(set, DCM_BodyPartExamined, "HEART");
  putWord(set, DCM_SamplesPerPixel, 3);
  put(set, DCM_PhotometricInterpretation, "RGB");
  putWord(set, DCM_PlanarConfiguration, 0);
  putWord(set, DCM_Rows, Uint16(height));
  putWord(set, DCM_Columns, Uint16(width));
  putWord(set, DCM_BitsAllocated, 8);
  putWord(set, DCM_BitsStored, 8);
  putWord(set, DCM_HighBit, 7);
  putWord(set, DCM_PixelRepresentation, 0);
  std::vector<Uint8> pixels(rgb, rgb + size_t(width) * height * 3);
  if (pixels.size() % 2 == 1) pixels.push_back(0);
  require(set.putAndInsertUint8Array(DCM_PixelData, pixels.data(), pixels.size()),
          "the picture cannot be written");
  std::string ratio, method;
  if (source.isLossy(ratio, method)) {
    put(set, DCM_LossyImageCompression, "01");
    put(set, DCM_LossyImageCompressionRatio, ratio);
    put(set, DCM_LossyImageCompressionMethod, method);
  }
  for (const auto &reference : source.instances()) {
    DcmItem &item = append(set, DCM_SourceImageSequence);
    put(item, DCM_ReferencedSOPClassUID, reference.storageClass);
    put(item, DCM_ReferencedSOPInstanceUID, reference.instance);
  }
  source.finish(set, "OT");
  source.listInstances(set);
  encode(file, bytes, length);
}

void writePDF(const cdcmtk_object &object, const void *pdf, size_t pdf_length, const char *title,
              void **bytes, size_t *length) {
  const Source source(object);
  DcmFileFormat file;
  DcmDataset &set = *file.getDataset();
  put(set, DCM_SOPClassUID, UID_EncapsulatedPDFStorage);
  put(set, DCM_ConversionType, "WSD");
  put(set, DCM_BurnedInAnnotation, "NO");
  put(set, DCM_DocumentTitle, title);
  put(set, DCM_AcquisitionDateTime, "");
  put(set, DCM_MIMETypeOfEncapsulatedDocument, "application/pdf");
  // An empty concept: the title in words is enough, and no code fits better.
  delete set.remove(DCM_ConceptNameCodeSequence);
  require(set.insertEmptyElement(DCM_ConceptNameCodeSequence), "the document cannot be written");
  std::vector<Uint8> document(static_cast<const Uint8 *>(pdf),
                              static_cast<const Uint8 *>(pdf) + pdf_length);
  require(set.putAndInsertUint32(DCM_EncapsulatedDocumentLength, Uint32(pdf_length)),
          "the document cannot be written");
  if (document.size() % 2 == 1) document.push_back(0);
  require(set.putAndInsertUint8Array(DCM_EncapsulatedDocument, document.data(), document.size()),
          "the document cannot be written");
  listSources(set, source);
  source.finish(set, "DOC");
  encode(file, bytes, length);
}
