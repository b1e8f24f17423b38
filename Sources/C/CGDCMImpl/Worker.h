// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Confinement.h"
#include "Guard.h"

#include <cstddef>
#include <cstring>
#include <sys/types.h>
#include <unistd.h>

/// Memory that a child process fills and its parent reads.
struct Shared {
  char *bytes;
  size_t size;
  explicit Shared(size_t size);
  ~Shared();
  Shared(const Shared &) = delete;
};

/// A line on which one process tells the other, by a byte, that it has gone a step on.
struct Line {
  int reading = -1, writing = -1;
  ~Line();
  void open();
  void closeEnd(int &end);
  /// Waits for the next step; false when the other process has ended.
  bool wait();
  bool step();
};

/// A child process that decodes frame after frame, so that a decoder that crashes ends only that.
///
/// The codecs behind GDCM stop by a signal on some damaged streams of RLE, JPEG and JPEG 2000. The
/// child runs no Swift and takes no lock but that of malloc, which fork leaves usable. One child
/// serves many frames: a fork and the pages that it makes the child copy cost as much as a frame.
/// It is a few frames ahead of its parent, in memory that is used again and again.
class Worker {
public:
  /// Runs a body in a child that may take so many bytes of memory.
  ///
  /// The body is given a function, which it calls for each of its frames with what fills it.
  template <typename Body> Worker(size_t frame, size_t memory, Body body);
  ~Worker();

  /// The next frame, which stays until the one after it is asked for, or an exception.
  void *next();

private:
  static constexpr size_t text = 256, ahead = 4;
  const size_t frame;
  Shared shared;
  Line made, taken;
  pid_t child = -1;
  size_t index = 0;

  char *place(size_t i) { return shared.bytes + text + i % ahead * frame; }
  /// Forks; true in the child.
  bool isChild();
};

template <typename Body>
Worker::Worker(size_t frame, size_t memory, Body body)
    : frame(frame), shared(text + ahead * frame) {
  if (!isChild()) return;
  confine(memory);
  size_t i = 0;
  char *error;
  int done = guard(&error, [&] {
    body([&](auto fill) {
      // The place is free as soon as the parent has gone on from what is there.
      if (i >= ahead && !taken.wait()) _exit(0);
      // A slice takes 20 milliseconds.
      allowSeconds(20);
      fill(place(i++));
      if (!made.step()) _exit(0);
    });
  });
  if (!done) strncpy(shared.bytes, error, text - 1);
  _exit(0);
}
