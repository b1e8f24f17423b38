// SPDX-License-Identifier: Apache-2.0
#include "CDCMTKImpl.h"
#include "Acceptor.h"
#include "Guard.h"
#include "Network.h"
#include "Readers.h"
#include "Writers.h"

namespace {

int write_segmentation(const cdcmtk_object *object, const cdcmtk_segmentation *segmentation,
                       void **bytes, size_t *length, char **error) {
  return guard(error, [&] { writeSegmentation(*object, *segmentation, bytes, length); });
}

int write_report(const cdcmtk_object *object, const cdcmtk_report *report, void **bytes,
                 size_t *length, char **error) {
  return guard(error, [&] { writeReport(*object, *report, bytes, length); });
}

int write_picture(const cdcmtk_object *object, const uint8_t *rgb, uint32_t width, uint32_t height,
                  void **bytes, size_t *length, char **error) {
  return guard(error, [&] { writePicture(*object, rgb, width, height, bytes, length); });
}

int write_pdf(const cdcmtk_object *object, const void *pdf, size_t pdf_length, const char *title,
              void **bytes, size_t *length, char **error) {
  return guard(error, [&] { writePDF(*object, pdf, pdf_length, title, bytes, length); });
}

int open_segments(const char *path, cdcmtk_segments **segments, cdcmtk_segments_info *info,
                  char **error) {
  return guard(error, [&] {
    *segments = new cdcmtk_segments(path);
    *info = (*segments)->info;
  });
}

void segment_at(const cdcmtk_segments *segments, size_t index, cdcmtk_segment_info *info) {
  const auto &segment = segments->segments[index];
  *info = {segment.number, segment.label.c_str(), segment.type.c_str(), segment.region.c_str(),
           segment.algorithm.c_str()};
}

int frame_at(const cdcmtk_segments *segments, size_t index, cdcmtk_frame_info *info,
             uint8_t *pixels, char **error) {
  return guard(error, [&] { segments->frame(index, *info, pixels); });
}

void close_segments(cdcmtk_segments *segments) { delete segments; }

int open_numbers(const char *path, cdcmtk_numbers **numbers, size_t *count, char **error) {
  return guard(error, [&] {
    *numbers = new cdcmtk_numbers(path);
    *count = (*numbers)->numbers.size();
  });
}

void number_at(const cdcmtk_numbers *numbers, size_t index, cdcmtk_number *out) {
  const auto &number = numbers->numbers[index];
  *out = {number.group,           number.trackingID.c_str(),   number.site.c_str(),
          number.finding.c_str(), number.concept_name.c_str(), number.meaning.c_str(),
          number.value.c_str(),   number.unit.c_str()};
}

void close_numbers(cdcmtk_numbers *numbers) { delete numbers; }

int echo(const cdcmtk_peer *peer, char **error) {
  return guard(error, [&] { echoPeer(*peer); });
}

int store(const cdcmtk_peer *peer, const char *const *paths, size_t count, uint16_t *status,
          char **error) {
  return guard(error, [&] { storeFiles(*peer, paths, count, status); });
}

int fetch(const cdcmtk_peer *peer, const cdcmtk_query *query, const char *folder, size_t *count,
          char **error) {
  return guard(error, [&] { *count = fetchObjects(*peer, *query, folder); });
}

int move(const cdcmtk_peer *peer, const cdcmtk_query *query, const char *destination, size_t *count,
         char **error) {
  return guard(error, [&] { *count = moveObjects(*peer, *query, destination); });
}

int accept(int socket, const cdcmtk_acceptor *acceptor, cdcmtk_arrived arrived, void *context,
           cdcmtk_accepted *result, char **error) {
  return guard(error, [&] { acceptObjects(socket, *acceptor, arrived, context, *result); });
}

} // namespace

const cdcmtk_api *cdcmtk_table(void) {
  static const cdcmtk_api api = {
      CDCMTK_ABI,   OFFIS_DCMTK_VERSION_STRING, write_segmentation, write_report, write_picture,
      write_pdf,    open_segments,              segment_at,         frame_at,     close_segments,
      open_numbers, number_at,                  close_numbers,      echo,         store,
      fetch,        move,                       accept};
  return &api;
}
