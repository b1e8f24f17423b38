// SPDX-License-Identifier: Apache-2.0
public import Foundation
package import Files
public import Pickle
import Text
import Zip

/// A file of `torch.save`, as PyTorch writes them since 1.6, read without running anything.
///
/// The file is a zip archive of a pickle, `data.pkl`, and the storages of its tensors,
/// `data/<key>`. Only the storages of tensors that are asked for are read.
public final class PyTorchFile {
  /// What was saved; tensors are calls in it, which `tensor` understands.
  public let tree: PickleTree
  private let subject: String
  private let archive: ZipReader
  private let prefix: String
  private var storages: [String: Storage] = [:]

  /// The memory of one storage, shared by its tensors.
  private final class Storage {
    let memory: UnsafeMutableRawBufferPointer
    init(count: Int) { memory = .allocate(byteCount: max(count, 1), alignment: 64) }
    deinit { memory.deallocate() }
  }

  /// Opens a file and reads its pickle; the error names the file and what is wrong with it.
  public convenience init(contentsOf url: URL) throws {
    func wrong(_ detail: String) -> TorchError {
      TorchError(.file, subject: url.path, detail: detail)
    }
    guard Folder.isFile(url) else { throw wrong("no such file") }
    guard let zip = try? ZipReader(url) else { throw wrong(Self.complaint(about: url)) }
    try self.init(zip, named: url.path)
  }

  /// Opens a file that lies in memory.
  package convenience init(_ bytes: OwnedBytes, named subject: String) throws {
    guard let zip = try? ZipReader(bytes, named: subject) else {
      throw TorchError(
        .file, subject: subject, detail: "is no checkpoint of PyTorch, which would be a zip archive"
      )
    }
    try self.init(zip, named: subject)
  }

  private init(_ zip: ZipReader, named subject: String) throws {
    func wrong(_ detail: String) -> TorchError {
      TorchError(.file, subject: subject, detail: detail)
    }
    let roots = zip.names.filter {
      $0.hasSuffix("/data.pkl") && $0.utf8.filter { $0 == UInt8(ascii: "/") }.count == 1
    }
    guard roots.count == 1, let root = roots.first else {
      throw wrong("is a zip archive, but no checkpoint of PyTorch: it holds no <name>/data.pkl")
    }
    let prefix = String(root.dropLast("data.pkl".count))
    if let order = try zip.storedBytes(prefix + "byteorder", limit: 64),
      !String(decoding: order, as: UTF8.self).hasPrefix("little")
    {
      throw wrong("its numbers are big-endian; save it again on another machine")
    }
    guard let pickle = try zip.storedBytes(root, limit: 64 << 20) else { throw wrong("is damaged") }
    do {
      tree = try Unpickler.read(pickle)
    } catch {
      throw wrong("its pickle \(error)")
    }
    self.subject = subject
    archive = zip
    self.prefix = prefix
  }

  private static func complaint(about url: URL) -> String {
    let start = (try? FileHandle(forReadingFrom: url).read(upToCount: 2)).flatMap { $0 } ?? Data()
    if start.elementsEqual(Data("PK".utf8)) {
      return "is damaged or cut off: its zip directory cannot be read; copy the file again"
    }
    return start.first == 0x80
      ? "is of PyTorch's format from before 1.6; load it there and save it with a newer PyTorch"
      : "is no checkpoint of PyTorch, which would be a zip archive"
  }

  /// Whether two values are tensors at the same location of the same storage.
  public func isSame(_ a: PickleValue, _ b: PickleValue) -> Bool {
    guard let a = try? TensorLocation(a, of: tree), let b = try? TensorLocation(b, of: tree) else {
      return false
    }
    return a == b
  }

  /// The tensor that a value describes, in the processor's memory.
  ///
  /// Tensors of one storage share its memory; copy before changing one in place.
  public func tensor(_ value: PickleValue, named name: String) throws -> Tensor {
    let location: TensorLocation
    do {
      location = try TensorLocation(value, of: tree)
    } catch {
      throw TorchError(.file, subject: subject, detail: "\(name) \(error)")
    }
    if location.count == 0 { return try .zeros(location.shape, dtype: location.dtype) }
    let storage = try storage(location, named: name)
    let size = location.dtype.byteCount
    if location.isContiguous {
      let part = storage.memory[location.offset * size..<(location.offset + location.count) * size]
      return try Tensor(
        borrowing: UnsafeMutableRawBufferPointer(rebasing: part), shape: location.shape,
        dtype: location.dtype, owner: storage)
    }
    let gathered = Self.gathered(storage.memory, location)
    return try gathered.withUnsafeBytes {
      try Tensor(copying: $0, shape: location.shape, dtype: location.dtype)
    }
  }

  private func storage(_ location: TensorLocation, named name: String) throws -> Storage {
    if let storage = storages[location.key], storage.memory.count == byteCount(location) {
      return storage
    }
    let partName = "\(prefix)data/\(location.key)"
    guard let part = try archive.storedPart(partName) else {
      throw TorchError(
        .file, subject: subject, detail: "lacks its part \(partName), which holds \(name)")
    }
    guard part.size == byteCount(location) else {
      throw TorchError(
        .file, subject: subject,
        detail: "its part \(partName) has \(counted(part.size, "byte")), \(name) expects "
          + "\(byteCount(location))")
    }
    let storage = Storage(count: part.size)
    try archive.copy(
      part, into: UnsafeMutableRawBufferPointer(rebasing: storage.memory[..<part.size]))
    storages[location.key] = storage
    return storage
  }

  private func byteCount(_ location: TensorLocation) -> Int {
    location.storageCount.multipliedReportingOverflow(by: location.dtype.byteCount).partialValue
  }

  /// The elements in the order of the axes, where they lie in another one.
  private static func gathered(_ memory: UnsafeMutableRawBufferPointer, _ location: TensorLocation)
    -> [UInt8]
  {
    let size = location.dtype.byteCount
    var index = location.shape.map { _ in 0 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(location.count * size)
    for _ in 0..<location.count {
      let at = zip(index, location.strides).reduce(location.offset) { $0 + $1.0 * $1.1 } * size
      bytes.append(contentsOf: memory[at..<at + size])
      for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < location.shape[axis] { break }
        index[axis] = 0
      }
    }
    return bytes
  }
}
