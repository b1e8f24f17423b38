// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Guard.h"

#include <dcmtk/dcmdata/dcostrma.h>

/// Writes a stream to a file that is made anew, by system calls whose errors are kept.
///
/// A disk that is full does not end the stream: the rest of an object is taken and thrown away, so that its
/// sender gets a status instead of a broken connection.
class FileConsumer : public DcmConsumer {
public:
  FileConsumer() = default;
  FileConsumer(const FileConsumer &) = delete;
  ~FileConsumer() override;

  /// Makes the file; the path must not exist.
  void open(const char *path);
  /// Brings all to the disk and closes; whether every byte is there.
  bool finish();
  /// Takes and throws away from here on.
  void refuse() { failed_ = true; }

  OFBool good() const override { return OFTrue; }
  OFCondition status() const override { return EC_Normal; }
  OFBool isFlushed() const override { return OFTrue; }
  offile_off_t avail() const override { return OFstatic_cast(offile_off_t, 1) << 40; }
  offile_off_t write(const void *bytes, offile_off_t count) override;
  void flush() override {}

private:
  int file_ = -1;
  bool failed_ = false;
};

/// The stream in front of it.
class FileStream : public DcmOutputStream {
public:
  explicit FileStream(FileConsumer &consumer) : DcmOutputStream(&consumer) {}
};
