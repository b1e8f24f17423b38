// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// The bytes of one part of an archive, in memory that stays where it is.
package final class PartBytes {
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

  /// Memory of a size in bytes, aligned for any number, that `fill` fills at once.
  package init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    owned = .allocate(byteCount: max(count, 1), alignment: 64)
    memory = UnsafeRawBufferPointer(rebasing: owned[..<count])
    // The deinitialiser frees it where the filling fails, because all properties are set.
    try fill(UnsafeMutableRawBufferPointer(rebasing: owned[..<count]))
  }

  /// A copy of bytes.
  package convenience init(_ data: Data) {
    self.init(count: data.count) { memory in _ = data.copyBytes(to: memory) }
  }

  deinit { owned.deallocate() }
}
