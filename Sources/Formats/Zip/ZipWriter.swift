// SPDX-License-Identifier: Apache-2.0
import CZip
import Files
package import Foundation

/// Writes zip archives by libzip, complete or not at all.
///
/// ```swift
/// var zip = ZipWriter(compresses: true)
/// try zip.add("version", Array("3\n".utf8))
/// try zip.write(to: url)
/// ```
package struct ZipWriter {
  /// A part of the archive; it owns its bytes until they are written.
  private final class Part {
    let memory: UnsafeMutableRawBufferPointer
    init(_ count: Int) {
      memory = .allocate(byteCount: max(count, 1), alignment: 64)
    }
    deinit { memory.deallocate() }
  }

  /// Where the bytes of a part come from.
  private enum Origin {
    case memory(Part, Int)
    case file(URL)
  }

  private var parts: [(name: String, origin: Origin)] = []
  private let compresses: Bool

  /// An archive without parts, whose parts will be compressed or stored as they are.
  package init(compresses: Bool) { self.compresses = compresses }

  /// Adds a part, whose bytes are filled in at once.
  package mutating func add(
    _ name: String, count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let part = Part(count)
    try fill(UnsafeMutableRawBufferPointer(rebasing: part.memory[..<count]))
    parts.append((name, .memory(part, count)))
  }

  /// Adds a part from a file, which is read when the archive is written.
  package mutating func add(_ name: String, file: URL) { parts.append((name, .file(file))) }

  /// Adds a part.
  package mutating func add(_ name: String, _ bytes: [UInt8]) throws {
    try add(name, count: bytes.count) { memory in
      bytes.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
  }

  /// Adds all parts of another archive; their bytes are shared.
  package mutating func add(partsOf other: ZipWriter) { parts += other.parts }

  /// Writes the file.
  package func write(to url: URL) throws {
    try StagedFile.write(to: url) { staged in
      try withExtendedLifetime(parts) { try writeParts(to: staged, meaning: url) }
    }
  }

  private func writeParts(to staged: URL, meaning url: URL) throws {
    var code: Int32 = 0
    guard let archive = zip_open(staged.path, Int32(ZIP_CREATE | ZIP_EXCL), &code) else {
      throw FileError(.system, path: url.path, detail: "cannot be written here; check the rights")
    }
    func failed() -> FileError {
      let reason = String(cString: zip_strerror(archive))
      let system = zip_error_code_system(zip_get_error(archive))
      zip_discard(archive)
      if system == ENOSPC || system == EDQUOT {
        return FileError.system(system, path: url.path, doing: "write")
      }
      return FileError(
        .system, path: url.path, detail: "cannot be written (\(reason)); is the disk full?")
    }
    for (name, origin) in parts {
      let source: OpaquePointer? =
        switch origin {
        case .memory(let part, let count):
          zip_source_buffer(archive, part.memory.baseAddress, UInt64(count), 0)
        case .file(let url): zip_source_file(archive, url.path, 0, -1)
        }
      guard let source else { throw failed() }
      let index = zip_file_add(archive, name, source, 0)
      if index < 0 {
        zip_source_free(source)
        throw failed()
      }
      let method = compresses ? ZIP_CM_DEFLATE : ZIP_CM_STORE
      zip_set_file_compression(archive, UInt64(index), Int32(method), 0)
      // Noon of 1 January 1980 in whatever zone: the same content gives the same file everywhere.
      zip_file_set_dostime(archive, UInt64(index), 12 << 11, 1 << 5 | 1, 0)
    }
    if zip_close(archive) != 0 { throw failed() }
  }
}
