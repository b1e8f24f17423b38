// SPDX-License-Identifier: Apache-2.0
#include "CDCMTK.h"

#include <stdlib.h>

#include "CLibraryLoader.h"

static csibling sibling = {"DCMTK", "libcac-dcmtk", CDCMTK_ENTRY_POINT, CDCMTK_ABI, NULL};

static const cdcmtk_api *library(char **error) { return csibling_table(&sibling, error); }

// Whoever holds what the library made has opened it.
static const cdcmtk_api *opened(void) { return sibling.table; }

int cdcmtk_write_segmentation(const cdcmtk_object *object, const cdcmtk_segmentation *segmentation,
                              void **bytes, size_t *length, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->write_segmentation(object, segmentation, bytes, length, error);
}

int cdcmtk_write_report(const cdcmtk_object *object, const cdcmtk_report *report, void **bytes,
                        size_t *length, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->write_report(object, report, bytes, length, error);
}

int cdcmtk_write_picture(const cdcmtk_object *object, const uint8_t *rgb, uint32_t width,
                         uint32_t height, void **bytes, size_t *length, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->write_picture(object, rgb, width, height, bytes, length, error);
}

int cdcmtk_write_pdf(const cdcmtk_object *object, const void *pdf, size_t pdf_length,
                     const char *title, void **bytes, size_t *length, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->write_pdf(object, pdf, pdf_length, title, bytes, length, error);
}

int cdcmtk_open_segments(const char *path, cdcmtk_segments **segments, cdcmtk_segments_info *info,
                         char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->open_segments(path, segments, info, error);
}

void cdcmtk_segment_at(const cdcmtk_segments *segments, size_t index, cdcmtk_segment_info *info) {
  opened()->segment_at(segments, index, info);
}

int cdcmtk_frame_at(const cdcmtk_segments *segments, size_t index, cdcmtk_frame_info *info,
                    uint8_t *pixels, char **error) {
  return opened()->frame_at(segments, index, info, pixels, error);
}

void cdcmtk_close_segments(cdcmtk_segments *segments) { opened()->close_segments(segments); }

int cdcmtk_open_numbers(const char *path, cdcmtk_numbers **numbers, size_t *count, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->open_numbers(path, numbers, count, error);
}

void cdcmtk_number_at(const cdcmtk_numbers *numbers, size_t index, cdcmtk_number *number) {
  opened()->number_at(numbers, index, number);
}

void cdcmtk_close_numbers(cdcmtk_numbers *numbers) { opened()->close_numbers(numbers); }

int cdcmtk_echo(const cdcmtk_peer *peer, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->echo(peer, error);
}

int cdcmtk_store(const cdcmtk_peer *peer, const char *const *paths, size_t count, uint16_t *status,
                 char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->store(peer, paths, count, status, error);
}

int cdcmtk_fetch(const cdcmtk_peer *peer, const cdcmtk_query *query, const char *folder,
                 size_t *count, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->fetch(peer, query, folder, count, error);
}

int cdcmtk_move(const cdcmtk_peer *peer, const cdcmtk_query *query, const char *destination,
                size_t *count, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->move(peer, query, destination, count, error);
}

int cdcmtk_accept(int socket, const cdcmtk_acceptor *acceptor, cdcmtk_arrived arrived, void *context,
                  cdcmtk_accepted *result, char **error) {
  const cdcmtk_api *api = library(error);
  return api && api->accept(socket, acceptor, arrived, context, result, error);
}

int cdcmtk_version(const char **version, char **error) {
  const cdcmtk_api *api = library(error);
  if (api) *version = api->version;
  return api != NULL;
}

void cdcmtk_free(void *memory) { free(memory); }
