// SPDX-License-Identifier: Apache-2.0
import CZip
import Text

extension ZipReader {
  /// One file of an archive.
  package struct Part: Sendable, Hashable {
    /// Its name, which is never used as a path.
    package let name: String
    /// Its size in bytes, as the archive says it.
    package let size: Int
    /// The bytes that it takes in the archive.
    package let packed: Int
    /// Whether it lies in the archive as it is, without compression.
    package let isStored: Bool
    let index: UInt64

    /// The name as a message may hold it.
    var shownName: String { name.shown(atMost: 80) }
  }

  /// The most that compression may save; of numbers it saves a tenth.
  private static let largestRatio = 100
  private static let mostParts = 100_000

  /// The files of an archive that somebody else may have made.
  ///
  /// - Throws: `ZipError` before anything is unpacked, for names that occur twice, encryption, and
  ///   parts that overlap or would unpack to a multiple of the archive.
  package func parts() throws(ZipError) -> [Part] {
    let count = zip_get_num_entries(archive, 0)
    guard count <= Self.mostParts else {
      throw wrong(.refused, "has \(count) parts; no more than \(Self.mostParts) are read")
    }
    var parts: [Part] = []
    var names: Set<String> = []
    var total = 0
    for index in 0..<UInt64(max(0, count)) {
      let part = try part(at: index)
      if part.name.hasSuffix("/") { continue }
      guard names.insert(part.name).inserted else {
        throw wrong(.refused, "has two parts of the name \(part.shownName)")
      }
      try requireReadable(part)
      let sum = total.addingReportingOverflow(part.packed)
      guard !sum.overflow, sum.partialValue <= byteCount,
        !part.isStored || part.size == part.packed,
        part.size / Self.largestRatio <= max(part.packed, 1 << 10)
      else {
        throw wrong(
          .refused,
          "its part \(part.shownName) would unpack to \(counted(part.size, "byte")), which its "
            + "\(counted(part.packed, "byte")) in a file of \(byteCount) cannot hold")
      }
      total = sum.partialValue
      parts.append(part)
    }
    return parts
  }

  /// The part at a place in the archive's directory.
  func part(at index: UInt64) throws(ZipError) -> Part {
    let status = try status(at: index)
    guard let text = status.name, let size = Int(exactly: status.size),
      let packed = Int(exactly: status.comp_size)
    else { throw wrong(.damaged, "its directory of parts is damaged; copy the file again") }
    return Part(
      name: String(cString: text), size: size, packed: packed,
      isStored: Int32(status.comp_method) == ZIP_CM_STORE, index: index)
  }

  private func status(at index: UInt64) throws(ZipError) -> zip_stat_t {
    var status = zip_stat_t()
    zip_stat_init(&status)
    guard zip_stat_index(archive, index, 0, &status) == 0 else {
      throw wrong(.damaged, "its directory of parts is damaged; copy the file again")
    }
    return status
  }

  /// Throws where a part is encrypted or compressed by a method that is not unpacked.
  private func requireReadable(_ part: Part) throws(ZipError) {
    let status = try status(at: part.index)
    guard status.encryption_method == UInt16(ZIP_EM_NONE) else {
      throw wrong(
        .refused, "its part \(part.shownName) is encrypted; unpack it and name the folder")
    }
    guard part.isStored || Int32(status.comp_method) == ZIP_CM_DEFLATE else {
      throw wrong(
        .refused,
        "its part \(part.shownName) is compressed by an unknown method; unpack it and name the "
          + "folder")
    }
  }
}
