// SPDX-License-Identifier: Apache-2.0
#include "CGDCM.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <gdcm-3.0/gdcmFragment.h>
#include <gdcm-3.0/gdcmImage.h>
#include <gdcm-3.0/gdcmSequenceOfFragments.h>
#include <gdcm-3.0/gdcmTrace.h>
#include <gdcm-3.0/gdcmWriter.h>
#include <stdexcept>
#include <string>

namespace {

/// Runs a body that may throw; what it throws becomes the message.
template <typename Body> int guard(char **error, Body body) {
  static const bool silent = [] {
    gdcm::Trace::DebugOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    return true;
  }();
  (void)silent;
  *error = nullptr;
  try {
    body();
    return 1;
  } catch (const std::exception &e) {
    *error = strdup(e.what());
  } catch (...) {
    *error = strdup("an unknown fault in GDCM");
  }
  return 0;
}

gdcm::TransferSyntax syntax(const char *uid) {
  auto type = gdcm::TransferSyntax::GetTSType(uid);
  if (type == gdcm::TransferSyntax::TS_END)
    throw std::runtime_error(std::string("the transfer syntax ") + uid + " is unknown");
  return gdcm::TransferSyntax(type);
}

} // namespace

int cgdcm_decode(const char *transfer_syntax, const cgdcm_frame *frame, const void *const *fragments,
                 const size_t *lengths, size_t fragment_count, void *out, size_t capacity,
                 char **error) {
  return guard(error, [&] {
    auto sequence = gdcm::SequenceOfFragments::New();
    for (size_t i = 0; i < fragment_count; i++) {
      gdcm::Fragment fragment;
      fragment.SetByteValue(static_cast<const char *>(fragments[i]),
                            gdcm::VL(static_cast<uint32_t>(lengths[i])));
      sequence->AddFragment(fragment);
    }
    gdcm::DataElement pixels(gdcm::Tag(0x7fe0, 0x0010));
    pixels.SetVR(gdcm::VR::OB);
    pixels.SetValue(*sequence);

    gdcm::Image image;
    image.SetNumberOfDimensions(2);
    image.SetDimension(0, frame->columns);
    image.SetDimension(1, frame->rows);
    image.SetPixelFormat(gdcm::PixelFormat(1, frame->bits_allocated, frame->bits_stored,
                                           frame->high_bit, frame->pixel_representation));
    image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    image.SetTransferSyntax(syntax(transfer_syntax));
    image.SetDataElement(pixels);
    if (image.GetBufferLength() != capacity)
      throw std::runtime_error("the decoded size differs from rows x columns");
    if (!image.GetBuffer(static_cast<char *>(out)))
      throw std::runtime_error("the compressed pixels cannot be decoded");
  });
}

int cgdcm_write(const char *path, const char *transfer_syntax, const cgdcm_element *elements,
                size_t count, char **error) {
  return guard(error, [&] {
    gdcm::Writer writer;
    gdcm::File &file = writer.GetFile();
    for (size_t i = 0; i < count; i++) {
      gdcm::DataElement element(gdcm::Tag(elements[i].group, elements[i].element));
      element.SetVR(gdcm::VR::GetVRTypeFromFile(elements[i].vr));
      element.SetByteValue(static_cast<const char *>(elements[i].value),
                           gdcm::VL(static_cast<uint32_t>(elements[i].length)));
      file.GetDataSet().Replace(element);
    }
    file.GetHeader().SetDataSetTransferSyntax(syntax(transfer_syntax));
    writer.SetFileName(path);
    if (!writer.Write()) throw std::runtime_error("GDCM could not write the file");
  });
}

void cgdcm_free(char *message) { std::free(message); }
