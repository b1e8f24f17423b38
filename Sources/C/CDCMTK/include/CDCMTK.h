// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What this project takes from DCMTK: results as DICOM objects, and reading such objects.
///
/// These functions open libcac-dcmtk (Sources/C/CDCMTKImpl) when the first of them is called. No
/// function throws or prints. Each returns 1 when done, else 0 with a message in `error`, which the
/// caller hands back to cdcmtk_free. Texts are ASCII, which every character set of DICOM contains.

/// A coded concept; `value` is NULL for none.
typedef struct {
  const char *value;
  const char *scheme;
  const char *meaning;
} cdcmtk_code;

/// A plane of the scan.
typedef struct {
  /// The file that it was read from; NULL where it was interpolated.
  const char *path;
  /// Its frame in the file, from 0.
  uint32_t frame;
  /// The centre of its first pixel in LPS mm; the file's own is written where there is a file.
  double position[3];
} cdcmtk_plane;

/// What all objects have: the scan, whose patient and study they take over byte for byte, the
/// program, and their identifiers.
typedef struct {
  const cdcmtk_plane *planes;
  size_t plane_count;
  uint32_t rows;
  uint32_t columns;
  /// The distance of the planes in mm.
  double increment;
  const char *series_uid;
  const char *instance_uid;
  uint32_t series_number;
  uint32_t instance_number;
  const char *description;
  const char *manufacturer;
  const char *model;
  const char *serial;
  const char *version;
  /// YYYYMMDD and HHMMSS.
  const char *date;
  const char *time;
} cdcmtk_object;

/// A segment: the voxels of a mask that have a value.
typedef struct {
  uint8_t value;
  const char *label;
  cdcmtk_code category;
  cdcmtk_code type;
  cdcmtk_code region;
  const char *tracking_id;
  const char *tracking_uid;
  /// The recommended colour, CIELab as DICOM scales it.
  uint16_t lab[3];
} cdcmtk_segment;

/// A segmentation; the mask's order is (plane, row, column).
typedef struct {
  const uint8_t *mask;
  const cdcmtk_segment *segments;
  size_t segment_count;
  /// AUTOMATIC, SEMIAUTOMATIC or MANUAL.
  const char *algorithm_type;
  const char *algorithm_name;
  /// ASCII, upper case: the ContentLabel.
  const char *content_label;
  const char *content_description;
  /// 1 for a label map instead of a frame for each segment and plane.
  int is_label_map;
  const char *dimension_uid;
  const char *frame_of_reference_uid;
} cdcmtk_segmentation;

/// A number of a report.
typedef struct {
  cdcmtk_code concept_name;
  /// A decimal of at most 16 characters.
  const char *value;
  cdcmtk_code unit;
  cdcmtk_code method;
} cdcmtk_measurement;

/// A group of numbers about one place.
typedef struct {
  const char *tracking_id;
  const char *tracking_uid;
  /// The segment that it is about; 0 for all of them together.
  uint16_t segment;
  cdcmtk_code finding;
  cdcmtk_code site;
  const cdcmtk_measurement *measurements;
  size_t count;
} cdcmtk_group;

/// A report by TID 1500.
typedef struct {
  const char *device_uid;
  /// The reader's name (PN), or NULL.
  const char *person;
  cdcmtk_code procedure;
  /// The segmentation that groups refer to (TID 1411); NULL for none (TID 1501).
  const char *segmentation_class;
  const char *segmentation_uid;
  const char *segmentation_series;
  const char *algorithm_name;
  const char *algorithm_parameters;
  const cdcmtk_group *groups;
  size_t group_count;
} cdcmtk_report;

/// The bytes of a Segmentation object.
int cdcmtk_write_segmentation(const cdcmtk_object *object, const cdcmtk_segmentation *segmentation,
                              void **bytes, size_t *length, char **error);

/// The bytes of a Comprehensive SR.
int cdcmtk_write_report(const cdcmtk_object *object, const cdcmtk_report *report, void **bytes,
                        size_t *length, char **error);

/// The bytes of a Secondary Capture; `rgb` has three bytes a pixel, row by row.
int cdcmtk_write_picture(const cdcmtk_object *object, const uint8_t *rgb, uint32_t width,
                         uint32_t height, void **bytes, size_t *length, char **error);

/// The bytes of an Encapsulated PDF.
int cdcmtk_write_pdf(const cdcmtk_object *object, const void *pdf, size_t pdf_length,
                     const char *title, void **bytes, size_t *length, char **error);

/// A segmentation that was read.
typedef struct cdcmtk_segments cdcmtk_segments;

/// What a segmentation holds; texts live as long as it.
typedef struct {
  uint32_t rows;
  uint32_t columns;
  size_t frame_count;
  size_t segment_count;
  /// The largest value of a frame: 1, MaximumFractionalValue, or 255 for a label map.
  uint32_t maximum;
  /// 0 binary, 1 fractional, 2 label map.
  int kind;
  /// 1 where fractions are probabilities, 0 where they are occupied shares.
  int is_probability;
  const char *frame_of_reference_uid;
  /// The series that it was made from; empty where it names none.
  const char *source_series_uid;
} cdcmtk_segments_info;

/// A segment that was read.
typedef struct {
  uint32_t number;
  const char *label;
  const char *type;
  const char *region;
  const char *algorithm_type;
} cdcmtk_segment_info;

/// Where a frame lies.
typedef struct {
  /// The number of its segment; 0 in a label map.
  uint32_t segment;
  double position[3];
  double orientation[6];
  /// The distance of pixels along x (columns) and y (rows) in mm.
  double spacing[2];
} cdcmtk_frame_info;

/// Reads a Segmentation: binary, fractional or a label map.
int cdcmtk_open_segments(const char *path, cdcmtk_segments **segments, cdcmtk_segments_info *info,
                         char **error);
/// A segment by its index from 0.
void cdcmtk_segment_at(const cdcmtk_segments *segments, size_t index, cdcmtk_segment_info *info);
/// A frame by its index from 0; its rows × columns values are written to `pixels`.
int cdcmtk_frame_at(const cdcmtk_segments *segments, size_t index, cdcmtk_frame_info *info,
                    uint8_t *pixels, char **error);
/// Frees a segmentation that was read.
void cdcmtk_close_segments(cdcmtk_segments *segments);

/// The numbers of a report by TID 1500.
typedef struct cdcmtk_numbers cdcmtk_numbers;

/// A number that was read; texts live as long as the numbers, and are empty where there is none.
typedef struct {
  size_t group;
  const char *tracking_id;
  const char *site;
  const char *finding;
  const char *concept_name;
  const char *meaning;
  const char *value;
  const char *unit;
} cdcmtk_number;

/// Reads the numbers of a Comprehensive or Enhanced SR.
int cdcmtk_open_numbers(const char *path, cdcmtk_numbers **numbers, size_t *count, char **error);
/// A number by its index from 0.
void cdcmtk_number_at(const cdcmtk_numbers *numbers, size_t index, cdcmtk_number *number);
/// Frees what was read.
void cdcmtk_close_numbers(cdcmtk_numbers *numbers);

/// Another application that objects are sent to.
typedef struct {
  const char *host;
  uint16_t port;
  /// Its AE title, and this one's.
  const char *called;
  const char *calling;
  /// Seconds to wait for a connection and for each answer.
  uint32_t timeout;
  /// For TLS: files of the trusted certificates, of this side's certificate and key; NULL for none.
  const char *trusted;
  const char *certificate;
  const char *key;
} cdcmtk_peer;

/// Asks whether a peer answers (C-ECHO).
int cdcmtk_echo(const cdcmtk_peer *peer, char **error);
/// Sends files in one association (C-STORE); `status[i]` becomes 0 where file i was stored, else the
/// peer's status, or 0xFFFF where none came.
int cdcmtk_store(const cdcmtk_peer *peer, const char *const *paths, size_t count, uint16_t *status,
                 char **error);

/// Which study is fetched, or which of its series.
typedef struct {
  /// The StudyInstanceUID; NULL where the accession number names the study.
  const char *study_uid;
  const char *accession;
  /// The SeriesInstanceUID; NULL for all series.
  const char *series_uid;
} cdcmtk_query;

/// Fetches objects into a folder (C-FIND where only the accession number is known, C-GET).
int cdcmtk_fetch(const cdcmtk_peer *peer, const cdcmtk_query *query, const char *folder,
                 size_t *count, char **error);

/// Has a peer send objects to another application, by its title there (C-MOVE); the number of objects.
int cdcmtk_move(const cdcmtk_peer *peer, const cdcmtk_query *query, const char *destination,
                size_t *count, char **error);

/// What an association is served as.
typedef struct {
  /// The AE title that callers must name.
  const char *title;
  /// The AE titles that may call; any where there is none.
  const char *const *callers;
  size_t caller_count;
  /// Seconds to wait for bytes. A message must be whole in 20 times, a request to associate in twice the time;
  /// else SIGALRM ends the process.
  uint32_t timeout;
  /// The largest PDU in bytes, 4096 to 131072.
  uint32_t max_pdu;
  /// For TLS: the files of this side's certificate and key; NULL for none. With trusted certificates, callers
  /// must show one that these vouch for.
  const char *certificate;
  const char *key;
  const char *trusted;
  /// The folder for files that arrive, and the bytes that its disk keeps free.
  const char *folder;
  uint64_t reserve;
} cdcmtk_acceptor;

/// A file that arrived and is on the disk.
typedef struct {
  const char *path;
  const char *study_uid;
  const char *series_uid;
  const char *instance_uid;
  const char *class_uid;
  /// Where its data set begins, after the meta information.
  uint64_t offset;
} cdcmtk_arrival;

/// Keeps a file; returns the status that its sender gets, 0 where it is kept. Else the file is removed.
typedef uint16_t (*cdcmtk_arrived)(void *context, const cdcmtk_arrival *arrival);

/// What became of an association.
typedef struct {
  /// The caller's AE title as it was given: any bytes.
  char caller[17];
  int is_accepted;
  int is_released;
  size_t echoes;
  size_t stored;
  size_t refused;
  uint16_t last_refusal;
} cdcmtk_accepted;

/// Serves one association (C-ECHO, C-STORE) on a socket that is connected and not 0. It sets the alarm and
/// DCMTK's global settings, so it is for a process of its own. `result` is filled in on failure, too.
int cdcmtk_accept(int socket, const cdcmtk_acceptor *acceptor, cdcmtk_arrived arrived, void *context,
                  cdcmtk_accepted *result, char **error);

/// The version of DCMTK, which lives as long as the process.
int cdcmtk_version(const char **version, char **error);

/// Frees a message or the bytes of a file.
void cdcmtk_free(void *memory);

/// What libcac-dcmtk exports under the name CDCMTK_ENTRY_POINT: the functions above.
typedef struct {
  /// CDCMTK_ABI of the header that it was built from.
  int abi;
  const char *version;
  int (*write_segmentation)(const cdcmtk_object *, const cdcmtk_segmentation *, void **, size_t *,
                            char **);
  int (*write_report)(const cdcmtk_object *, const cdcmtk_report *, void **, size_t *, char **);
  int (*write_picture)(const cdcmtk_object *, const uint8_t *, uint32_t, uint32_t, void **, size_t *,
                       char **);
  int (*write_pdf)(const cdcmtk_object *, const void *, size_t, const char *, void **, size_t *,
                   char **);
  int (*open_segments)(const char *, cdcmtk_segments **, cdcmtk_segments_info *, char **);
  void (*segment_at)(const cdcmtk_segments *, size_t, cdcmtk_segment_info *);
  int (*frame_at)(const cdcmtk_segments *, size_t, cdcmtk_frame_info *, uint8_t *, char **);
  void (*close_segments)(cdcmtk_segments *);
  int (*open_numbers)(const char *, cdcmtk_numbers **, size_t *, char **);
  void (*number_at)(const cdcmtk_numbers *, size_t, cdcmtk_number *);
  void (*close_numbers)(cdcmtk_numbers *);
  int (*echo)(const cdcmtk_peer *, char **);
  int (*store)(const cdcmtk_peer *, const char *const *, size_t, uint16_t *, char **);
  int (*fetch)(const cdcmtk_peer *, const cdcmtk_query *, const char *, size_t *, char **);
  int (*move)(const cdcmtk_peer *, const cdcmtk_query *, const char *, size_t *, char **);
  int (*accept)(int, const cdcmtk_acceptor *, cdcmtk_arrived, void *, cdcmtk_accepted *, char **);
} cdcmtk_api;

/// Grows with every change of cdcmtk_api or of what it points to.
#define CDCMTK_ABI 3
#define CDCMTK_ENTRY_POINT "cdcmtk_table"

#ifdef __cplusplus
}
#endif
