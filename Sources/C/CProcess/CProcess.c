// SPDX-License-Identifier: Apache-2.0
#include "CProcess.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void cprocess_confine(int32_t parent, uint64_t memory) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (getppid() != parent) _exit(0);
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (memory > 0) {
    const struct rlimit limit = {memory, memory};
    setrlimit(RLIMIT_DATA, &limit);
  }
}
