// SPDX-License-Identifier: Apache-2.0
import CZip
import Files
package import Foundation

/// Writes zip archives by libzip, complete or not at all.
package struct ZipWriter {
  /// A part of the archive; it owns its bytes until they are written.
  private final class Part {
    let name: String
    let memory: UnsafeMutableRawBufferPointer
    init(_ name: String, _ count: Int) {
      self.name = name
      memory = .allocate(byteCount: max(count, 1), alignment: 64)
    }
    deinit { memory.deallocate() }
  }

  private var parts: [(part: Part, count: Int)] = []
  private let compresses: Bool

  /// An archive without parts, whose parts will be compressed or stored as they are.
  package init(compresses: Bool) { self.compresses = compresses }

  /// Adds a part, whose bytes are filled in at once.
  package mutating func add(
    _ name: String, count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let part = Part(name, count)
    try fill(UnsafeMutableRawBufferPointer(rebasing: part.memory[..<count]))
    parts.append((part, count))
  }

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
    for (part, count) in parts {
      guard
        let source = zip_source_buffer(archive, part.memory.baseAddress, UInt64(count), 0)
      else { throw failed() }
      let index = zip_file_add(archive, part.name, source, 0)
      if index < 0 {
        zip_source_free(source)
        throw failed()
      }
      let method = compresses ? ZIP_CM_DEFLATE : ZIP_CM_STORE
      zip_set_file_compression(archive, UInt64(index), Int32(method), 0)
      // A fixed time: the same content gives the same file.
      zip_file_set_mtime(archive, UInt64(index), 315_532_800, 0)
    }
    if zip_close(archive) != 0 { throw failed() }
  }
}
