// SPDX-License-Identifier: Apache-2.0
import CSpreadsheet
import Foundation

/// A zip archive in memory.
final class Archive {
  private let archive: OpaquePointer
  // libzip reads from it as long as the archive is open.
  private let bytes: UnsafeMutableRawPointer
  private let path: String

  /// The largest part that is unpacked, in bytes; COCA's has some ten thousand.
  private static let largestPart: UInt64 = 64 << 20

  init(_ data: Data, path: String) throws(SpreadsheetError) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(data.count, 1), alignment: 16)
    data.withUnsafeBytes {
      if let base = $0.baseAddress { bytes.copyMemory(from: base, byteCount: $0.count) }
    }
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(bytes, UInt64(data.count), 0, &error) else {
      bytes.deallocate()
      throw SpreadsheetError(.damaged, path: path, detail: "libzip has no memory for it")
    }
    guard let opened = zip_open_from_source(source, Int32(ZIP_RDONLY), &error) else {
      let reason = String(cString: zip_error_strerror(&error))
      zip_source_free(source)
      bytes.deallocate()
      throw SpreadsheetError(
        .notAWorkbook, path: path,
        detail: "is no Excel workbook (\(reason)); restore it from the release")
    }
    self.path = path
    self.bytes = bytes
    archive = opened
  }

  deinit {
    zip_discard(archive)
    bytes.deallocate()
  }

  /// The bytes of a part, or `nil` where there is none of that name.
  func part(_ name: String) throws(SpreadsheetError) -> Data? {
    let index = zip_name_locate(archive, name, 0)
    guard index >= 0 else { return nil }
    var status = zip_stat_t()
    zip_stat_init(&status)
    guard zip_stat_index(archive, UInt64(index), 0, &status) == 0, status.size <= Self.largestPart
    else {
      throw SpreadsheetError(
        .tooLarge, path: path, detail: "its part \(name) is too large for a table of scores")
    }
    guard let file = zip_fopen_index(archive, UInt64(index), 0) else { throw damaged(name) }
    defer { zip_fclose(file) }
    var data = Data(count: Int(status.size))
    let read = data.withUnsafeMutableBytes { zip_fread(file, $0.baseAddress, UInt64($0.count)) }
    // One more byte makes libzip check the sum of what it gave.
    var beyond: UInt8 = 0
    guard read == Int64(status.size), zip_fread(file, &beyond, 1) == 0 else { throw damaged(name) }
    return data
  }

  private func damaged(_ name: String) -> SpreadsheetError {
    SpreadsheetError(
      .damaged, path: path, detail: "its part \(name) is damaged; restore it from the release")
  }
}
