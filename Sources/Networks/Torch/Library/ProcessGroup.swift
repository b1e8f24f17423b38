// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
public import Foundation

/// A group of processes that share one training and exchange tensors.
///
/// The exchange is libtorch's c10d. It uses NCCL for tensors on graphics cards where each process
/// has the card with its number and the library was built with NCCL, and else Gloo over loopback by
/// way of the processor's memory. Every process has to make the same calls in the same order; a
/// missing one makes the others fail after the timeout, with a `TorchError` of the code `group`.
/// Only one task at a time may use a group.
public final class ProcessGroup {
  private let handle: UnsafeMutableRawPointer
  private let library: Library
  /// The number of this process, from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int

  /// Waits until all processes have joined.
  ///
  /// - Parameters:
  ///   - store: a new file by which the processes find each other, the same for all.
  ///   - rank: the number of this process, from 0.
  ///   - size: the number of processes.
  ///   - timeout: how long a process waits for another one, here and in each exchange, in
  ///     seconds.
  public init(store: URL, rank: Int, size: Int, timeout: Double = 600) throws {
    library = try Library.shared()
    let joined = try library.call { api, error in
      store.path.withCString { api.group_join($0, rank, size, timeout, error) }
    }
    guard let joined else {
      throw TorchError(.operation, subject: "group_join", detail: "gave no group of processes")
    }
    handle = joined
    self.rank = rank
    self.size = size
  }

  deinit { library.table.pointee.group_leave(handle) }

  /// Waits until every process has made this call.
  public func wait() throws {
    try library.call { api, error in api.group_wait(handle, error) }
  }

  /// Replaces each tensor by its sum over all processes.
  public func sum(_ tensors: [Tensor]) throws {
    guard !tensors.isEmpty else { return }
    let handles = tensors.map(\.handle)
    try library.call { api, error in
      withExtendedLifetime(tensors) { api.group_sum(handle, handles, handles.count, error) }
    }
  }

  /// Replaces each tensor by that of process 0.
  public func broadcast(_ tensors: [Tensor]) throws {
    guard !tensors.isEmpty else { return }
    let handles = tensors.map(\.handle)
    try library.call { api, error in
      withExtendedLifetime(tensors) { api.group_broadcast(handle, handles, handles.count, error) }
    }
  }
}
