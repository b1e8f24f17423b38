// SPDX-License-Identifier: Apache-2.0
import CZip
package import Foundation
import Text

/// The bytes of one part of an archive, in memory that stays where it is.
package final class PartBytes {
  /// The bytes, which are there as long as this object.
  let memory: UnsafeRawBufferPointer
  private let owned: UnsafeMutableRawBufferPointer

  /// A copy of the bytes.
  package var data: Data { withBytes { Data($0) } }

  /// Lets `body` look at the bytes.
  package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(memory) }
  }

  /// Memory of a size, filled in at once.
  package init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    owned = .allocate(byteCount: max(count, 1), alignment: 64)
    memory = UnsafeRawBufferPointer(rebasing: owned[..<count])
    // The deinitialiser frees it where the filling fails, because all properties are set.
    try fill(UnsafeMutableRawBufferPointer(rebasing: owned[..<count]))
  }

  deinit { owned.deallocate() }
}

extension ZipReader {
  /// One file of an archive.
  package struct Part: Sendable, Hashable {
    /// Its name, which is never used as a path.
    package let name: String
    /// Its size in bytes, as the archive says it.
    package let size: Int
    /// The bytes that it takes in the archive.
    package let packed: Int
    let index: UInt64
  }

  /// The most that compression may save; of numbers it saves a tenth.
  private static let largestRatio = 100
  private static let mostParts = 100_000

  /// The files of an archive that somebody else may have made.
  ///
  /// Names that occur twice, encryption, parts that overlap or would unpack to a multiple of the
  /// archive are refused before anything is unpacked.
  package func parts() throws(TorchError) -> [Part] {
    let count = zip_get_num_entries(archive, 0)
    guard count <= Self.mostParts else { throw wrong("has \(count) parts; no model has so many") }
    var parts: [Part] = []
    var names: Set<String> = []
    var total = 0
    for index in 0..<UInt64(max(0, count)) {
      var status = zip_stat_t()
      zip_stat_init(&status)
      guard zip_stat_index(archive, index, 0, &status) == 0, let text = status.name,
        let size = Int(exactly: status.size), let packed = Int(exactly: status.comp_size),
        size >= 0, packed >= 0
      else { throw wrong("its directory of parts is damaged; copy the file again") }
      let name = String(cString: text)
      if name.hasSuffix("/") { continue }
      guard names.insert(name).inserted else {
        throw wrong("has two parts of the name \(name.shownName)")
      }
      guard status.encryption_method == UInt16(ZIP_EM_NONE) else {
        throw wrong("its part \(name.shownName) is encrypted; unpack it and name the folder")
      }
      let method = Int32(status.comp_method)
      guard method == ZIP_CM_STORE || method == ZIP_CM_DEFLATE else {
        throw wrong(
          "its part \(name.shownName) is compressed by an unknown method; unpack it and name the folder"
        )
      }
      let sum = total.addingReportingOverflow(packed)
      guard !sum.overflow, sum.partialValue <= byteCount, method != ZIP_CM_STORE || size == packed,
        size / Self.largestRatio <= max(packed, 1 << 10)
      else {
        throw wrong(
          "its part \(name.shownName) would unpack to \(size) bytes, which its \(packed) bytes in a file of "
            + "\(byteCount) cannot hold")
      }
      total = sum.partialValue
      parts.append(Part(name: name, size: size, packed: packed, index: index))
    }
    return parts
  }

  /// The bytes of a part; its sum in the archive is checked.
  package func bytes(_ part: Part) throws(TorchError) -> PartBytes {
    guard let file = zip_fopen_index(archive, part.index, 0) else {
      throw wrong("its part \(part.name.shownName) is damaged; copy the file again")
    }
    return try PartBytes(count: part.size) { memory throws(TorchError) in
      try fill(memory, from: file, part.name.shownName)
    }
  }
}

extension String {
  /// The name of a part as a message may hold it.
  fileprivate var shownName: String { shown(atMost: 80) }
}
