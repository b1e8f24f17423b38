// SPDX-License-Identifier: Apache-2.0
#include "Items.h"

#include <cmath>
#include <cstdio>
#include <dcmtk/dcmdata/dcostrmb.h>

void prepareLibrary() {
  static const bool ready = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    // Values of the source are passed on as they are, not as they should be.
    dcmEnableAutomaticInputDataCorrection.set(OFFalse);
    return dcmDataDict.isDictionaryLoaded() == OFTrue;
  }();
  if (!ready)
    throw std::runtime_error(
        "DCMTK finds no dictionary (dicom.dic); install it anew, or name it by DCMDICTPATH");
}

std::string decimal(double value) {
  char out[32];
  if (value == std::round(value) && std::fabs(value) < 1e15) {
    snprintf(out, sizeof out, "%.0f", value == 0 ? 0.0 : value);
    return out;
  }
  for (int digits = 1; digits <= 16; digits++) {
    char shorter[32];
    snprintf(shorter, sizeof shorter, "%.*g", digits, value);
    if (strlen(shorter) > 16) break;
    memcpy(out, shorter, sizeof shorter);
    if (strtod(out, nullptr) == value) break;
  }
  return out;
}

void encode(DcmFileFormat &file, void **bytes, size_t *length) {
  const E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  require(file.validateMetaInfo(syntax), "the head of the file cannot be made");
  const size_t room = size_t(file.calcElementLength(syntax, EET_ExplicitLength)) + 4096;
  void *memory = std::malloc(room);
  if (!memory) throw std::runtime_error("no memory is left to encode the file");
  try {
    DcmOutputBufferStream stream(memory, room);
    file.transferInit();
    require(file.write(stream, syntax, EET_ExplicitLength, nullptr), "the file cannot be encoded");
    file.transferEnd();
    void *start = nullptr;
    offile_off_t made = 0;
    stream.flushBuffer(start, made);
    *bytes = memory;
    *length = size_t(made);
  } catch (...) {
    std::free(memory);
    throw;
  }
}
