// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The seconds that this process and those that it waited for used of the processors, all threads.
///
/// On a machine with other work to do this says more of a step than the time on the wall.
func processorTime() -> Double {
  var own = rusage()
  var waitedFor = rusage()
  // RUSAGE_SELF and RUSAGE_CHILDREN; their Swift types differ between C libraries, not their values.
  getrusage(0, &own)
  getrusage(-1, &waitedFor)
  return [own.ru_utime, own.ru_stime, waitedFor.ru_utime, waitedFor.ru_stime].reduce(0) {
    $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6
  }
}
