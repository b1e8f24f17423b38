// SPDX-License-Identifier: Apache-2.0
import CZip
import Files
package import Foundation

/// A zip archive on disk, read part by part by libzip, which checks each part's sum.
package final class ZipReader {
  let archive: OpaquePointer
  private let subject: String
  let byteCount: Int
  // libzip reads from it as long as the archive is open.
  private let memory: PartBytes?

  /// Opens an archive; `nil` where the file is none.
  package init?(_ url: URL) {
    var code: Int32 = 0
    guard let opened = zip_open(url.path, Int32(ZIP_RDONLY), &code) else { return nil }
    archive = opened
    subject = url.path
    byteCount = FileState(url)?.size ?? 0
    memory = nil
  }

  /// Opens an archive in memory, such as a part of another one; `nil` where the bytes are none.
  init?(_ bytes: PartBytes, named subject: String) {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard
      let source = zip_source_buffer_create(
        bytes.memory.baseAddress, UInt64(bytes.memory.count), 0, &error)
    else { return nil }
    guard let opened = zip_open_from_source(source, Int32(ZIP_RDONLY), &error) else {
      zip_source_free(source)
      return nil
    }
    archive = opened
    self.subject = subject
    byteCount = bytes.memory.count
    memory = bytes
  }

  deinit { zip_discard(archive) }

  /// The names of the parts, in the archive's order.
  package var names: [String] {
    (0..<max(0, zip_get_num_entries(archive, 0))).compactMap {
      zip_get_name(archive, UInt64($0), 0).map { String(cString: $0) }
    }
  }

  /// The size of a part in bytes, or `nil` where there is none of that name.
  ///
  /// Parts of PyTorch's files are never compressed, which also keeps a small file from unpacking to
  /// a large one.
  func size(of name: String) throws(TorchError) -> Int? {
    var status = zip_stat_t()
    zip_stat_init(&status)
    guard zip_stat(archive, name, 0, &status) == 0 else { return nil }
    guard status.comp_method == UInt16(ZIP_CM_STORE), status.size == status.comp_size,
      let size = Int(exactly: status.size), size <= byteCount
    else {
      throw wrong("its part \(name) is compressed or larger than the file; PyTorch writes no such")
    }
    return size
  }

  /// Copies a part into memory of its size.
  func read(_ name: String, into memory: UnsafeMutableRawBufferPointer) throws(TorchError) {
    guard let file = zip_fopen(archive, name, 0) else { throw wrong("its part \(name) is damaged") }
    try fill(memory, from: file, name)
  }

  /// Reads a part to its end and closes it.
  func fill(
    _ memory: UnsafeMutableRawBufferPointer, from file: OpaquePointer, _ name: String
  ) throws(TorchError) {
    defer { zip_fclose(file) }
    let count = zip_fread(file, memory.baseAddress, UInt64(memory.count))
    // One more byte makes libzip check the sum of what it gave.
    var beyond: UInt8 = 0
    guard count == Int64(memory.count), zip_fread(file, &beyond, 1) == 0 else {
      throw wrong("its part \(name) is damaged or cut off; copy the file again")
    }
  }

  /// The bytes of a part of at most `limit` bytes, or `nil` where there is none of that name.
  func bytes(_ name: String, limit: Int) throws(TorchError) -> [UInt8]? {
    guard let size = try size(of: name) else { return nil }
    guard size <= limit else {
      throw wrong("its part \(name) has \(size) bytes, more than \(limit)")
    }
    var bytes = [UInt8](repeating: 0, count: size)
    // A typed throw does not pass through the closure of an array.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 8)
    defer { memory.deallocate() }
    let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<size])
    try read(name, into: part)
    bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(part)) }
    return bytes
  }

  func wrong(_ detail: String) -> TorchError { TorchError(.file, subject: subject, detail: detail) }
}
