// SPDX-License-Identifier: Apache-2.0
import Files
import Zip

/// The parts of PyTorch's files, which are never compressed; that also keeps a small file from
/// unpacking to a large one.
extension ZipReader {
  /// The part of a name, or `nil` where there is none; throws where it is compressed.
  func storedPart(_ name: String) throws(TorchError) -> Part? {
    let part: Part?
    do {
      part = try self.part(named: name)
    } catch {
      throw TorchError(error)
    }
    guard let part else { return nil }
    guard part.isStored, part.size == part.packed, part.size <= byteCount else {
      throw TorchError(
        .file, subject: subject,
        detail: "its part \(name) is compressed or larger than the file; PyTorch writes no such")
    }
    return part
  }

  /// The bytes of a part of at most `limit` bytes, or `nil` where there is none of that name.
  func storedBytes(_ name: String, limit: Int) throws(TorchError) -> [UInt8]? {
    guard let part = try storedPart(name) else { return nil }
    guard part.size <= limit else {
      throw TorchError(
        .file, subject: subject,
        detail: "its part \(name) has \(part.size) bytes, more than \(limit)")
    }
    do {
      return try bytes(part).withBytes { Array($0) }
    } catch {
      throw TorchError(error)
    }
  }

  /// Copies a part into memory of its size.
  func copy(_ part: Part, into memory: UnsafeMutableRawBufferPointer) throws(TorchError) {
    do {
      try read(part, into: memory)
    } catch {
      throw TorchError(error)
    }
  }
}

extension TorchError {
  /// The fault of an archive that holds tensors.
  init(_ error: ZipError) {
    self.init(.file, subject: error.subject, detail: error.detail)
  }
}
