// SPDX-License-Identifier: Apache-2.0
#include "Child.h"
#include "ITK.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>
#include <sys/wait.h>

int guard(char **error, const std::function<void()> &body) {
  *error = nullptr;
  std::string what;
  try {
    body();
    return 1;
  } catch (const itk::ExceptionObject &e) {
    what = e.GetDescription();
    // ITK puts the object's class and address before the sentence.
    size_t place = what.rfind("): ");
    if (place != std::string::npos) what = what.substr(place + 3);
    // Of NRRD's chain of calls the last says why.
    place = what.rfind("[nrrd] ");
    if (place != std::string::npos) what = "is damaged: " + what.substr(place + 7);
    std::replace(what.begin(), what.end(), '\n', ' ');
    while (!what.empty() && (what.back() == ' ' || what.back() == '.')) what.pop_back();
  } catch (const std::bad_alloc &) {
    what = "claims far more memory than its image takes, or no memory is left";
  } catch (const std::exception &e) {
    what = e.what();
  } catch (...) {
    what = "an unknown fault in ITK";
  }
  *error = strdup(what.c_str());
  return 0;
}

void allowVoxels(double values, size_t bytes_per_value, uint64_t most) {
  const double bytes = values * static_cast<double>(bytes_per_value + sizeof(float));
  if (bytes > static_cast<double>(most))
    throw std::runtime_error("claims " + std::to_string(static_cast<uint64_t>(values)) +
                             " voxels, more than the memory holds; it is damaged or too large");
  // What is compressed lies in memory as well.
  limitMemory((size_t(1) << 30) + 2 * static_cast<size_t>(bytes));
  allowSeconds(60 + static_cast<rlim_t>(bytes / 5e6));
}

namespace {

bool writeAll(int file, const void *bytes, size_t count) {
  auto at = static_cast<const char *>(bytes);
  while (count > 0) {
    ssize_t done = write(file, at, count);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    count -= static_cast<size_t>(done);
  }
  return true;
}

} // namespace

Child::Child(const std::string &fault, const std::function<void(const Send &)> &body)
    : fault(fault) {
  int ends[2];
  {
    // A child that another thread forks meanwhile would hold the line open that tells of a crash.
    static std::mutex one;
    std::lock_guard<std::mutex> lock(one);
#ifdef __linux__
    bool done = pipe2(ends, O_CLOEXEC) == 0;
#else
    bool done = pipe(ends) == 0;
    for (int i = 0; done && i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
#endif
    if (!done) throw std::runtime_error("too many files are open to start a process for it");
    child = fork();
    if (child != 0) close(ends[1]);
  }
  if (child < 0) {
    close(ends[0]);
    throw std::runtime_error("no process can be started for it");
  }
  if (child > 0) {
    reading = ends[0];
    return;
  }
  close(ends[0]);
  confine(size_t(1) << 30);
  signal(SIGPIPE, SIG_DFL);
  allowSeconds(60);
  bool begun = false;
  char *error;
  int done = guard(&error, [&] {
    body([&](const void *bytes, size_t count) {
      if (!begun && !writeAll(ends[1], "r", 1)) return false;
      begun = true;
      return writeAll(ends[1], bytes, count);
    });
  });
  if (!done && !begun) {
    writeAll(ends[1], "e", 1);
    writeAll(ends[1], error, strlen(error));
  }
  _exit(0);
}

size_t Child::take(void *bytes, size_t count) {
  auto at = static_cast<char *>(bytes);
  size_t left = count;
  while (left > 0) {
    ssize_t done = read(reading, at, left);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) break;
    at += done;
    left -= static_cast<size_t>(done);
  }
  return count - left;
}

void Child::receive(void *bytes, size_t count) {
  if (!hasResult) {
    char kind = 0;
    take(&kind, 1);
    if (kind == 'e') {
      char text[512];
      throw std::runtime_error(std::string(text, take(text, sizeof text)));
    }
    hasResult = kind == 'r';
  }
  if (!hasResult || take(bytes, count) != count) throw std::runtime_error(fault);
}

Child::~Child() {
  if (reading >= 0) close(reading);
  if (child <= 0) return;
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}
