// SPDX-License-Identifier: Apache-2.0
public import Foundation
package import Files
import Text

/// Named tensors in one file, in the safetensors format.
///
/// Unlike PyTorch's own format it cannot contain code, and other languages can read it.
public struct Safetensors {
  /// The tensors by name, in the processor's memory.
  public var tensors: [String: Tensor]
  /// Texts about the file.
  public var metadata: [String: String]

  /// A set of tensors and texts about them.
  public init(tensors: [String: Tensor] = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Reads a file; the tensors are copies.
  ///
  /// - Throws: `TorchError` with the path for every file that breaks a rule of the format: that is
  ///   cut off, has gaps or overlaps, unknown types, or lengths that do not fit the shapes.
  public init(contentsOf url: URL) throws {
    guard Folder.isFile(url) else {
      throw TorchError(.file, subject: url.path, detail: "no such file")
    }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw TorchError(
        .file, subject: url.path, detail: "cannot be read: permission denied or broken")
    }
    try self.init(bytes, named: url.path)
  }

  /// Reads a file that is in memory.
  package init(_ bytes: OwnedBytes, named subject: String) throws {
    // The memory is copied to tensors before this returns.
    let read = try bytes.withBytes { memory in
      let data = memory.baseAddress.map {
        Data(
          bytesNoCopy: UnsafeMutableRawPointer(mutating: $0), count: memory.count,
          deallocator: .none)
      }
      return try Self(data ?? Data(), named: subject)
    }
    (tensors, metadata) = (read.tensors, read.metadata)
  }

  private init(_ bytes: Data, named subject: String) throws {
    let header: SafetensorsHeader
    let start: Int
    do {
      (header, start) = try Self.header(of: bytes)
    } catch {
      throw TorchError(
        .file, subject: subject, detail: "is not a safetensors file: \(error.sentence)")
    }
    metadata = header.metadata
    tensors = try bytes.withUnsafeBytes { memory in
      try header.entries.mapValues { entry in
        // The header was checked: the type is known and the ranges are inside the file.
        guard let dtype = DType(safetensorsName: entry.dtype) else {
          throw TorchError(.file, subject: subject, detail: "unknown kind \(entry.dtype)")
        }
        let range = start + entry.dataOffsets[0]..<start + entry.dataOffsets[1]
        return try Tensor(
          copying: UnsafeRawBufferPointer(rebasing: memory[range]), shape: entry.shape, dtype: dtype
        )
      }
    }
  }

  /// The header of a file and the offset of its data.
  private static func header(of bytes: Data) throws(SafetensorsHeader.Defect) -> (
    SafetensorsHeader, Int
  ) {
    guard bytes.count >= 8 else { throw .init("it has only \(counted(bytes.count, "byte"))") }
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsHeader.limit else {
      throw .init("its header would have \(length) bytes, more than \(SafetensorsHeader.limit)")
    }
    let start = 8 + Int(length)
    guard start <= bytes.count else {
      throw .init(
        "its header of \(counted(Int(length), "byte")) was cut off: the file has \(bytes.count)")
    }
    let json = bytes.subdata(in: bytes.startIndex + 8..<bytes.startIndex + start)
    return (try SafetensorsHeader(json: json, dataCount: bytes.count - start), start)
  }

  /// Writes a file, complete or not at all.
  ///
  /// Tensors are ordered by the size of their elements, largest first, so that a reader may map the
  /// file; those of one size by their names.
  public func write(to url: URL) throws {
    let ordered = try tensors.map { (name: $0, tensor: $1, dtype: try $1.dtype) }.sorted {
      ($1.dtype.byteCount, $0.name) < ($0.dtype.byteCount, $1.name)
    }
    if tensors["__metadata__"] != nil {
      throw TorchError(
        .file, subject: url.path, detail: "a tensor cannot be called __metadata__")
    }
    var entries: [String: SafetensorsHeader.Entry] = [:]
    var end = 0
    for (name, tensor, dtype) in ordered {
      let count = tensor.count * dtype.byteCount
      entries[name] = .init(
        dtype: dtype.safetensorsName, shape: tensor.shape, dataOffsets: [end, end + count])
      end += count
    }
    let header = try SafetensorsHeader(entries: entries, metadata: metadata).data()
    var file = Data(capacity: 8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(header)
    let start = file.count
    file.count += end
    try file.withUnsafeMutableBytes { memory in
      for (name, tensor, _) in ordered {
        guard let offsets = entries[name]?.dataOffsets else { continue }
        let range = start + offsets[0]..<start + offsets[1]
        try tensor.copy(to: UnsafeMutableRawBufferPointer(rebasing: memory[range]))
      }
    }
    try StagedFile.write(file, to: url)
  }
}
