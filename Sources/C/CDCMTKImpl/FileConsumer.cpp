// SPDX-License-Identifier: Apache-2.0
#include "FileConsumer.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

FileConsumer::~FileConsumer() {
  if (file_ >= 0) ::close(file_);
}

void FileConsumer::open(const char *path) {
  file_ = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  failed_ = file_ < 0;
}

offile_off_t FileConsumer::write(const void *bytes, offile_off_t count) {
  const char *from = static_cast<const char *>(bytes);
  offile_off_t left = failed_ ? 0 : count;
  while (left > 0) {
    const ssize_t written = ::write(file_, from, size_t(left));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      failed_ = true;
      break;
    }
    from += written;
    left -= written;
  }
  return count;
}

bool FileConsumer::finish() {
  if (file_ >= 0) {
    // What a disk cannot take may show here only.
    if (!failed_ && ::fsync(file_) != 0) failed_ = true;
    if (::close(file_) != 0) failed_ = true;
    file_ = -1;
  }
  return !failed_;
}
