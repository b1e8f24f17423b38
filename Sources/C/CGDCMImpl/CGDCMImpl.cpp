// SPDX-License-Identifier: Apache-2.0
#include "CGDCMImpl.h"
#include "Frames.h"
#include "Guard.h"

#include <cstdlib>
#include <cstring>
#include <gdcm-3.0/gdcmVersion.h>
#include <gdcm-3.0/gdcmWriter.h>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

int decode(const char *transfer_syntax, const cgdcm_frame *layout, const void *const *fragments,
           const size_t *lengths, const size_t *counts, size_t frame_count, size_t workers,
           cgdcm_frames **frames, char **error) {
  return guard(error, [&] {
    Stream stream = {transfer_syntax, *layout, fragments, lengths, counts, frame_count};
    *frames = new cgdcm_frames(stream, workers);
  });
}

int next(cgdcm_frames *frames, void **samples, char **error) {
  return guard(error, [&] { *samples = frames->next(); });
}

void stop(cgdcm_frames *frames) { delete frames; }

int encode(const char *transfer_syntax, const cgdcm_element *elements, size_t count, void **bytes,
           size_t *length, char **error) {
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
    std::ostringstream stream;
    writer.SetStream(stream);
    if (!writer.Write()) throw std::runtime_error("GDCM could not encode the file");
    const std::string text = stream.str();
    *bytes = std::malloc(text.size());
    if (*bytes == nullptr) throw std::runtime_error("no memory is left to encode the file");
    memcpy(*bytes, text.data(), text.size());
    *length = text.size();
  });
}

} // namespace

const cgdcm_api *cgdcm_table(void) {
  static const cgdcm_api api = {CGDCM_ABI, gdcm::Version::GetVersion(), decode, next, stop, encode};
  return &api;
}
