// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
import Synchronization
import Text
import Zip

/// A zip archive of Wavefront OBJ files, such as BodyParts3D's.
///
/// ```swift
/// let body = try MeshArchive(zip: url)  // isa_BP3D_4.0_obj_99.zip
/// let psoas = try body.mesh(named: "FJ1431")
/// ```
///
/// Several tasks may read from one archive at a time.
public struct MeshArchive: Sendable {
  /// What the tasks that read share.
  private final class Archive: Sendable {
    let url: URL
    let zip: Mutex<ZipReader>
    let parts: [String: ZipReader.Part]

    init(_ url: URL, _ zip: sending ZipReader, _ parts: [String: ZipReader.Part]) {
      self.url = url
      self.zip = Mutex(zip)
      self.parts = parts
    }
  }

  /// The names of the meshes in the archive's order: those of their files, without folder and ending.
  public let names: [String]
  private let archive: Archive

  /// Opens an archive.
  ///
  /// - Throws: `FileError` where there is no such file, `ZipError` where it is no archive or one that is
  ///   refused, and `MeshError` where it holds no OBJ file, or two of one name.
  public init(zip url: URL) throws {
    guard Folder.isFile(url) else {
      throw FileError(.missing, path: url.path, detail: "no such file")
    }
    InputFiles.record(url)
    let zip = try ZipReader(url)
    var names: [String] = []
    var parts: [String: ZipReader.Part] = [:]
    for part in try zip.parts() {
      let file = part.name.split(separator: "/").last ?? ""
      // A Mac adds a hidden file to each one.
      guard file.lowercased().hasSuffix(".obj"), !file.hasPrefix(".") else { continue }
      let name = String(file.dropLast(4))
      guard parts.updateValue(part, forKey: name) == nil else {
        throw MeshError(
          .invalid, subject: url.path, detail: "holds two files called \(String(file).shown())")
      }
      names.append(name)
    }
    guard !names.isEmpty else {
      throw MeshError(.missing, subject: url.path, detail: "holds no Wavefront OBJ file")
    }
    self.names = names
    archive = Archive(url, zip, parts)
  }

  /// Reads a mesh by the name of its file without folder and ending.
  ///
  /// - Throws: `MeshError` with the code `.missing` where there is none of the name, and others where
  ///   its file cannot be read; `ZipError` where it is damaged.
  public func mesh(named name: String) throws -> Mesh {
    guard let part = archive.parts[name] else {
      throw MeshError(
        .missing, subject: archive.url.path, detail: "holds no file called \(name.shown()).obj")
    }
    // Only the unpacking has to wait for other tasks.
    let bytes = try archive.zip.withLock { zip in
      try [UInt8](unsafeUninitializedCapacity: part.size) { memory, count in
        try zip.read(
          part, into: .init(rebasing: UnsafeMutableRawBufferPointer(memory)[..<part.size]))
        count = part.size
      }
    }
    return try Mesh(wavefrontOBJ: bytes, name: "\(archive.url.path), \(part.name.shown())")
  }
}
