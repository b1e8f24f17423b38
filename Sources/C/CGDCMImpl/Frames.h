// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "../CGDCM/include/CGDCM.h"

#include <memory>
#include <vector>

/// Compressed frames of one layout: what `cgdcm_decode` is given.
struct Stream {
  const char *transfer_syntax;
  cgdcm_frame layout;
  const void *const *fragments;
  const size_t *lengths;
  /// How many fragments each frame takes.
  const size_t *counts;
  size_t frame_count;

  size_t frameSize() const {
    return size_t(layout.columns) * layout.rows * (layout.bits_allocated / 8);
  }
};

class Worker;

/// Frames in their order, dealt in turns to processes that decode them.
struct cgdcm_frames {
  cgdcm_frames(const Stream &stream, size_t workers);
  ~cgdcm_frames();
  cgdcm_frames(const cgdcm_frames &) = delete;

  /// The samples of the next frame, or an exception that says why there are none.
  void *next();

private:
  std::vector<std::unique_ptr<Worker>> workers;
  size_t index = 0, count;
};
