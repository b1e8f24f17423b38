// SPDX-License-Identifier: Apache-2.0
//
// Loops on libtorch's threads. `at::parallel_for` is serial where the compiler has no OpenMP, as Swift's
// clang; so libgomp, which comes with libtorch, is called directly.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

#ifdef __ELF__
extern "C" {
__attribute__((weak)) void GOMP_parallel(void (*body)(void *), void *data, unsigned threads,
                                         unsigned flags);
__attribute__((weak)) int omp_get_thread_num(void);
__attribute__((weak)) int omp_get_num_threads(void);
}
#endif

namespace cac {

/// Runs body(begin, end) over parts of 0..<count, one for each thread. The body must not throw.
template <class Body> void parallel(int64_t count, const Body &body) {
#ifdef __ELF__
  int threads = at::get_num_threads();
  if (GOMP_parallel && omp_get_thread_num && omp_get_num_threads && threads > 1 && count > 1) {
    struct Job {
      const Body &body;
      int64_t count;
    } job{body, count};
    auto part = [](void *data) {
      auto &job = *static_cast<Job *>(data);
      int64_t index = omp_get_thread_num(), parts = omp_get_num_threads();
      int64_t begin = job.count * index / parts, end = job.count * (index + 1) / parts;
      if (begin < end) job.body(begin, end);
    };
    GOMP_parallel(part, &job, static_cast<unsigned>(threads), 0);
    return;
  }
#endif
  if (count > 0) body(int64_t{0}, count);
}

} // namespace cac
