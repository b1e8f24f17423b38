// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <initializer_list>
#include <sys/resource.h>
#include <unistd.h>

/// Lets this process take no more than some bytes beyond what it has, where Linux says what that is.
///
/// A damaged file may claim an image of any size, for which a decoder then asks memory.
inline void limitMemory(size_t bytes) {
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[32] = {};
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return;
  // The first number is the address space in pages.
  rlim_t most = strtoull(text, nullptr, 10) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || most >= limit.rlim_max) return;
  limit.rlim_cur = most;
  setrlimit(RLIMIT_AS, &limit);
}

/// Makes a child process silent, lets it end by its own faults, and bounds its memory.
inline void confine(size_t memory) {
  for (int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) signal(number, SIG_DFL);
  rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  limitMemory(memory);
  int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

/// Lets this process compute for so many seconds more.
inline void allowSeconds(rlim_t more) {
  rusage used;
  rlimit seconds;
  if (getrusage(RUSAGE_SELF, &used) != 0 || getrlimit(RLIMIT_CPU, &seconds) != 0) return;
  rlim_t most = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + more;
  seconds.rlim_cur = most < seconds.rlim_max ? most : seconds.rlim_max;
  setrlimit(RLIMIT_CPU, &seconds);
}
