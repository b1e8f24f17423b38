// SPDX-License-Identifier: Apache-2.0
#include "Worker.h"

#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>

Shared::Shared(size_t size) : size(size) {
  void *p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::runtime_error("no memory is left to decode the pixels");
  bytes = static_cast<char *>(p);
}

Shared::~Shared() { munmap(bytes, size); }

Line::~Line() {
  closeEnd(reading);
  closeEnd(writing);
}

void Line::open() {
  int ends[2];
#ifdef __linux__
  bool done = pipe2(ends, O_CLOEXEC) == 0;
#else
  bool done = pipe(ends) == 0;
  for (int i = 0; done && i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
#endif
  if (!done) throw std::runtime_error("too many files are open to decode the pixels");
  reading = ends[0];
  writing = ends[1];
}

void Line::closeEnd(int &end) {
  if (end >= 0) close(end);
  end = -1;
}

bool Line::wait() {
  char byte;
  ssize_t count;
  while ((count = read(reading, &byte, 1)) < 0 && errno == EINTR) {
  }
  return count == 1;
}

bool Line::step() {
  ssize_t count;
  while ((count = write(writing, "", 1)) < 0 && errno == EINTR) {
  }
  return count == 1;
}

bool Worker::isChild() {
  // A child that another thread forks meanwhile would hold the line open that tells of a crash.
  static std::mutex one;
  std::lock_guard<std::mutex> lock(one);
  made.open();
  taken.open();
  child = fork();
  if (child < 0) throw std::runtime_error("no process can be started to decode the pixels");
  if (child == 0) {
    made.closeEnd(made.reading);
    taken.closeEnd(taken.writing);
    return true;
  }
  // The parent keeps both ends of the other, so that no signal meets it when the child has ended.
  made.closeEnd(made.writing);
  return false;
}

void *Worker::next() {
  if (index > 0) taken.step();
  if (made.wait()) return place(index++);
  // What it had to say was written before its line closed.
  if (shared.bytes[0] != 0) throw std::runtime_error(shared.bytes);
  throw std::runtime_error("the compressed pixels are damaged");
}

Worker::~Worker() {
  if (child <= 0) return;
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}
