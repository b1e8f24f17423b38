// SPDX-License-Identifier: Apache-2.0
import CZip
import Files
import Foundation

/// A zip archive on disk, read part by part by libzip, which checks each part's sum.
final class ZipReader {
  private let archive: OpaquePointer
  private let url: URL

  /// Opens an archive; `nil` where the file is none.
  init?(_ url: URL) {
    var code: Int32 = 0
    guard let opened = zip_open(url.path, Int32(ZIP_RDONLY), &code) else { return nil }
    archive = opened
    self.url = url
  }

  deinit { zip_discard(archive) }

  /// The names of the parts, in the archive's order.
  var names: [String] {
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
      let size = Int(exactly: status.size), size <= FileState(url)?.size ?? 0
    else {
      throw wrong("its part \(name) is compressed or larger than the file; PyTorch writes no such")
    }
    return size
  }

  /// Copies a part into memory of its size.
  func read(_ name: String, into memory: UnsafeMutableRawBufferPointer) throws(TorchError) {
    guard let file = zip_fopen(archive, name, 0) else { throw wrong("its part \(name) is damaged") }
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

  /// The bytes of a part that may be compressed, or `nil` where there is none of that name.
  ///
  /// Deflate makes at most 1,032 bytes of one, so a part that claims more is refused.
  func unpacked(_ name: String) throws(TorchError) -> [UInt8]? {
    var status = zip_stat_t()
    zip_stat_init(&status)
    guard zip_stat(archive, name, 0, &status) == 0 else { return nil }
    guard let size = Int(exactly: status.size), status.comp_size <= FileState(url)?.size ?? 0,
      status.size <= (status.comp_size + 64) &* 1032
    else { throw wrong("its part \(name) claims a size that it cannot have") }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 8)
    defer { memory.deallocate() }
    let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<size])
    try read(name, into: part)
    return [UInt8](part)
  }

  private func wrong(_ detail: String) -> TorchError {
    TorchError(.file, subject: url.path, detail: detail)
  }
}
