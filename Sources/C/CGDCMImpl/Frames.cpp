// SPDX-License-Identifier: Apache-2.0
#include "Frames.h"
#include "Guard.h"
#include "Worker.h"

#include <algorithm>
#include <gdcm-3.0/gdcmFragment.h>
#include <gdcm-3.0/gdcmImage.h>
#include <gdcm-3.0/gdcmSequenceOfFragments.h>
#include <new>

namespace {

/// Decodes the frame whose fragments begin at one of them.
void decodeHere(const Stream &stream, size_t first, size_t count, char *out) {
  auto sequence = gdcm::SequenceOfFragments::New();
  for (size_t i = first; i < first + count; i++) {
    gdcm::Fragment fragment;
    fragment.SetByteValue(static_cast<const char *>(stream.fragments[i]),
                          gdcm::VL(static_cast<uint32_t>(stream.lengths[i])));
    sequence->AddFragment(fragment);
  }
  gdcm::DataElement pixels(gdcm::Tag(0x7fe0, 0x0010));
  pixels.SetVR(gdcm::VR::OB);
  pixels.SetValue(*sequence);

  const cgdcm_frame &layout = stream.layout;
  gdcm::Image image;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, layout.columns);
  image.SetDimension(1, layout.rows);
  image.SetPixelFormat(gdcm::PixelFormat(1, layout.bits_allocated, layout.bits_stored,
                                         layout.high_bit, layout.pixel_representation));
  image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
  image.SetTransferSyntax(syntax(stream.transfer_syntax));
  image.SetDataElement(pixels);
  if (image.GetBufferLength() != stream.frameSize())
    throw std::runtime_error("the decoded size differs from rows x columns");
  if (!image.GetBuffer(out)) throw std::runtime_error("the compressed pixels cannot be decoded");
}

/// The same, where the only memory that may be lacking is what a damaged stream asks for.
void decodeBounded(const Stream &stream, size_t first, size_t count, char *out) {
  try {
    decodeHere(stream, first, count, out);
  } catch (const std::bad_alloc &) {
    throw std::runtime_error("the compressed pixels claim far more memory than their image takes");
  }
}

} // namespace

cgdcm_frames::cgdcm_frames(const Stream &stream, size_t wanted) : count(stream.frame_count) {
  const size_t size = stream.frameSize();
  // JPEG 2000 takes the most: some words of 4 bytes a pixel, and its tables.
  const size_t memory = (size_t(256) << 20) + 32 * size;
  const size_t width = std::max<size_t>(1, std::min(wanted, count));
  for (size_t turn = 0; turn < width; turn++)
    workers.push_back(std::make_unique<Worker>(size, memory, [&](auto place) {
      size_t first = 0;
      for (size_t i = 0; i < stream.frame_count; first += stream.counts[i], i++)
        if (i % width == turn)
          place([&](char *out) { decodeBounded(stream, first, stream.counts[i], out); });
    }));
}

cgdcm_frames::~cgdcm_frames() = default;

void *cgdcm_frames::next() {
  if (index == count) throw std::runtime_error("there are no further frames");
  return workers[index++ % workers.size()]->next();
}
