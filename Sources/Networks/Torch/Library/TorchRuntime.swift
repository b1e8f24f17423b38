// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// libtorch as a whole: its version, threads and global settings.
public enum TorchRuntime {
  /// libtorch's version, such as "2.13.0".
  public static func version() throws -> String {
    String(cString: try Library.shared().table.pointee.version())
  }

  /// The number of threads of one operation on the processor.
  public static func threads() throws -> Int { try Library.shared().table.pointee.threads() }

  /// Sets the number of threads of one operation on the processor, for the calling thread and for
  /// threads that are started later.
  public static func setThreads(_ count: Int) throws {
    try Library.shared().call { api, error in api.set_threads(count, error) }
  }

  /// Sets whether cuDNN tries its algorithms for each new shape and keeps the fastest.
  public static func setCuDNNBenchmark(_ enabled: Bool) throws {
    try Library.shared().call { api, error in api.set_cudnn_benchmark(enabled ? 1 : 0, error) }
  }

  /// Gives freed memory back to the system, between phases of work whose blocks differ in size.
  ///
  /// Up to 512 MB of freed memory are otherwise kept for the next training step
  /// (`keep_freed_memory` in CTorchImpl). Reading a checkpoint and preprocessing leave blocks of
  /// other sizes behind.
  public static func releaseFreedMemory() { ct_release_freed_memory() }

  /// Makes all threads share one heap, so that a block that one thread frees serves the others.
  ///
  /// By default glibc gives each thread a heap, which takes 120 MB more for a network's
  /// activations. It also maps large blocks anew each time, which takes a fifth of the processor
  /// time of a prediction. The call works only before a second thread has allocated anything.
  public static func shareHeap() { ct_share_heap() }

  /// The number of tensor handles that are alive in this process; tests find leaks with it.
  public static func liveTensors() throws -> Int {
    try Library.shared().table.pointee.live_tensors()
  }
}
