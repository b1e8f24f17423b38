// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// Bytes in memory that stays where it is, as C libraries need it; freed with the object.
///
/// ```swift
/// let bytes = OwnedBytes(Data([1, 2, 3]))
/// let sum = bytes.withBytes { $0.reduce(0) { $0 + Int($1) } }  // 6
/// ```
package final class OwnedBytes {
  /// The bytes, which are there as long as this object.
  package let memory: UnsafeRawBufferPointer
  private let owned: UnsafeMutableRawBufferPointer

  /// A copy of the bytes.
  package var data: Data { withBytes { Data($0) } }

  /// Lets `body` look at the bytes.
  package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(memory) }
  }

  /// Memory of a size in bytes, aligned for any number, of which `fill` fills the first bytes.
  ///
  /// - Parameters:
  ///   - capacity: the size in bytes.
  ///   - fill: fills the memory from its start and returns how many bytes there are.
  /// - Throws: what `fill` throws; the memory is freed then.
  package init<Failure: Error>(
    capacity: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    owned = .allocate(byteCount: max(capacity, 1), alignment: 64)
    do throws(Failure) {
      let count = try fill(UnsafeMutableRawBufferPointer(rebasing: owned[..<capacity]))
      memory = UnsafeRawBufferPointer(rebasing: owned[..<count])
    } catch {
      owned.deallocate()
      throw error
    }
  }

  /// Memory of a size in bytes, aligned for any number, that `fill` fills at once.
  ///
  /// - Throws: what `fill` throws; the memory is freed then.
  package convenience init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try self.init(capacity: count) { memory throws(Failure) in
      try fill(memory)
      return count
    }
  }

  /// A copy of bytes.
  package convenience init(_ data: Data) {
    self.init(count: data.count) { memory in _ = data.copyBytes(to: memory) }
  }

  deinit { owned.deallocate() }
}
