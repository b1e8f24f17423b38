// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// The library as a whole: its version, threads and global switches.
public enum TorchRuntime {
  /// libtorch's version, such as "2.13.0"; opens the library.
  public static func version() throws -> String {
    String(cString: try Library.shared().table.pointee.version())
  }

  /// How many threads one operation on the processor uses.
  public static func threads() throws -> Int { try Library.shared().table.pointee.threads() }

  /// Sets how many threads one operation on the processor uses, in the calling thread and new ones.
  public static func setThreads(_ count: Int) throws {
    try Library.shared().call { api, error in api.set_threads(count, error) }
  }

  /// Seeds libtorch's global generators; this project's own random tensors take their own seeds.
  public static func seed(_ seed: UInt64) throws {
    try Library.shared().call { api, error in api.manual_seed(seed, error) }
  }

  /// Lets cuDNN try its algorithms for each new shape and keep the fastest.
  public static func setCuDNNBenchmark(_ enabled: Bool) throws {
    try Library.shared().call { api, error in api.set_cudnn_benchmark(enabled ? 1 : 0, error) }
  }

  /// Gives memory that was freed back to the system, after a phase whose blocks the next cannot use.
  ///
  /// Up to 512 MB are kept for the next step (`keep_freed_memory` in CTorchImpl); what reading a
  /// checkpoint or preprocessing leaves behind is of other sizes.
  public static func releaseFreedMemory() { ct_release_freed_memory() }

  /// Lets all threads share one heap, so that a block that one has freed is there for the others.
  ///
  /// By itself glibc gives each thread a heap, which for a network's activations holds 120 MB more,
  /// and maps large blocks anew each time, a fifth of the processor time of a prediction.
  /// Works only before a second thread has allocated anything.
  public static func shareHeap() { ct_share_heap() }

  /// How many tensor handles are alive in this process, to find leaks.
  public static func liveTensors() throws -> Int {
    try Library.shared().table.pointee.live_tensors()
  }
}
