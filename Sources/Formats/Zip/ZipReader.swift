// SPDX-License-Identifier: Apache-2.0
import CZip
package import Files
package import Foundation
import Text

/// A zip archive, read part by part by libzip, which checks each part's sum.
///
/// ```swift
/// let zip = try ZipReader(url)
/// if let part = try zip.part(named: "xl/workbook.xml"), part.size <= 1 << 20 {
///   let bytes = try zip.bytes(part).data
/// }
/// ```
///
/// A small archive can unpack to any size: whoever reads one that somebody else made looks at the
/// size of a part first, or takes the parts from `parts()`.
package final class ZipReader {
  let archive: OpaquePointer
  /// What errors call the archive: its path, or the name that it was given.
  package let subject: String
  /// The size of the whole archive in bytes.
  package let byteCount: Int
  // libzip reads from it as long as the archive is open.
  private let memory: OwnedBytes?

  /// Opens a file.
  ///
  /// - Throws: `ZipError` `.notAnArchive` where it is no zip archive or cannot be read.
  package init(_ url: URL) throws(ZipError) {
    var code: Int32 = 0
    guard let opened = zip_open(url.path, Int32(ZIP_RDONLY), &code) else {
      var error = zip_error_t()
      zip_error_init_with_code(&error, code)
      throw Self.notAnArchive(&error, url.path)
    }
    archive = opened
    subject = url.path
    byteCount = FileState(url)?.size ?? 0
    memory = nil
  }

  /// Opens an archive in memory, such as a part of another one; the subject names it in errors.
  ///
  /// - Throws: `ZipError` `.notAnArchive` where the bytes are none.
  package init(_ bytes: OwnedBytes, named subject: String) throws(ZipError) {
    var error = zip_error_t()
    zip_error_init(&error)
    let source = zip_source_buffer_create(
      bytes.memory.baseAddress, UInt64(bytes.memory.count), 0, &error)
    guard let source else { throw Self.notAnArchive(&error, subject) }
    guard let opened = zip_open_from_source(source, Int32(ZIP_RDONLY), &error) else {
      zip_source_free(source)
      throw Self.notAnArchive(&error, subject)
    }
    zip_error_fini(&error)
    archive = opened
    self.subject = subject
    byteCount = bytes.memory.count
    memory = bytes
  }

  deinit { zip_discard(archive) }

  private static func notAnArchive(_ error: inout zip_error_t, _ subject: String) -> ZipError {
    defer { zip_error_fini(&error) }
    return ZipError(
      .notAnArchive, subject: subject, detail: String(cString: zip_error_strerror(&error)))
  }

  /// The names of the parts, in the archive's order.
  package var names: [String] {
    (0..<max(0, zip_get_num_entries(archive, 0))).compactMap {
      zip_get_name(archive, UInt64($0), 0).map { String(cString: $0) }
    }
  }

  /// The part of a name, or `nil` where there is none.
  package func part(named name: String) throws(ZipError) -> Part? {
    let index = zip_name_locate(archive, name, 0)
    return index < 0 ? nil : try part(at: UInt64(index))
  }

  /// The bytes of a part; its sum in the archive is checked.
  package func bytes(_ part: Part) throws(ZipError) -> OwnedBytes {
    let stream = try open(part)
    return try OwnedBytes(count: part.size) { memory throws(ZipError) in
      try stream.finish(into: memory)
    }
  }

  /// Copies a part into memory of its size; its sum in the archive is checked.
  package func read(
    _ part: Part, into memory: UnsafeMutableRawBufferPointer
  ) throws(ZipError) {
    try open(part).finish(into: memory)
  }

  /// Opens a part to be read in pieces.
  package func open(_ part: Part) throws(ZipError) -> ZipStream {
    guard let file = zip_fopen_index(archive, part.index, 0) else {
      throw wrong(.damaged, "its part \(part.shownName) is damaged; copy the file again")
    }
    return ZipStream(file, of: self, part)
  }

  func wrong(_ code: ZipError.Code, _ detail: String) -> ZipError {
    ZipError(code, subject: subject, detail: detail)
  }
}

/// A part of an archive that is read from its beginning to its end.
package final class ZipStream {
  private let file: OpaquePointer
  private let archive: ZipReader
  private let part: ZipReader.Part

  fileprivate init(_ file: OpaquePointer, of archive: ZipReader, _ part: ZipReader.Part) {
    self.file = file
    self.archive = archive
    self.part = part
  }

  deinit { zip_fclose(file) }

  /// Fills memory with the next bytes.
  package func read(into memory: UnsafeMutableRawBufferPointer) throws(ZipError) {
    guard zip_fread(file, memory.baseAddress, UInt64(memory.count)) == Int64(memory.count) else {
      throw damaged
    }
  }

  /// Fills memory with the last bytes; the part's sum in the archive is checked.
  package func finish(into memory: UnsafeMutableRawBufferPointer) throws(ZipError) {
    try read(into: memory)
    // One more byte makes libzip check the sum of what it gave.
    var beyond: UInt8 = 0
    guard zip_fread(file, &beyond, 1) == 0 else { throw damaged }
  }

  private var damaged: ZipError {
    archive.wrong(
      .damaged, "its part \(part.shownName) is damaged or cut off; copy the file again")
  }
}
