// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Files
import Text
import Foundation
import Volume

/// The bytes of a NIfTI file, compressed or not; sizes are checked before memory is allocated.
enum NIfTIBytes {
  /// No stream of deflate grows by more than this factor (RFC 1951: 258 bytes from 2 bits).
  private static let largestGrowth = 1032

  /// The number of bytes behind the voxels that are looked at in a compressed file.
  private static let mostPadding = 1 << 20

  /// The number of bytes at the beginning of a file that always contain its compressed header.
  private static let headCount = 16_384

  /// Reads a header without the voxels behind it, and checks the file's size against it.
  static func header(of url: URL) throws -> NIfTIHeader {
    let (head, fileSize) = try beginning(of: headerFile(url))
    return try header(head, fileSize: fileSize, path: url.path)
  }

  /// The file with the header: NAME.hdr where NAME.img of a pair was named.
  private static func headerFile(_ url: URL) -> URL {
    let name = url.lastPathComponent.lowercased()
    return ["img", "img.gz"].lazy.filter { name.hasSuffix(".\($0)") }.flatMap {
      other(of: url, ending: $0, instead: ["hdr", "hdr.gz"])
    }.first ?? url
  }

  /// The file with the voxels of a pair: NAME.img, compressed or not, beside NAME.hdr.
  ///
  /// - Throws: `NIfTIError` where it is missing.
  private static func voxelFile(_ url: URL) throws -> URL {
    let name = url.lastPathComponent.lowercased()
    let found = ["hdr", "hdr.gz", "img", "img.gz", "nii", "nii.gz"].lazy
      .filter { name.hasSuffix(".\($0)") }
      .flatMap { other(of: url, ending: $0, instead: ["img", "img.gz"]) }.first
    guard let found else {
      throw NIfTIError(
        .truncated, path: url.path,
        detail: "is the header of a pair, whose voxels (.img) do not lie beside it; copy both")
    }
    return found
  }

  /// The files beside one with another ending, in small or in capital letters.
  private static func other(of url: URL, ending: String, instead: [String]) -> [URL] {
    let stem = String(url.lastPathComponent.dropLast(ending.count))
    return (instead + instead.map { $0.uppercased() }).map {
      url.deletingLastPathComponent().appendingPathComponent(stem + $0)
    }.filter(Folder.isFile)
  }

  /// Reads a header and hands it over with the bytes of the voxels, as stored.
  static func read<Result>(
    _ url: URL, onlyVolumes: Bool = false,
    body: (NIfTIHeader, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let first = try FileBytes.read(headerFile(url))
    let header = try header(
      first.prefix(headCount), fileSize: first.count, path: url.path, onlyVolumes: onlyVolumes)
    let file = header.isPair ? try FileBytes.read(voxelFile(url)) : first
    if !isGzip(file) { try require(file, toBe: header.byteCount, path: url.path) }
    guard isGzip(file) else {
      return try file.withUnsafeBytes {
        try body(header, UnsafeRawBufferPointer(rebasing: $0[header.dataOffset...]))
      }
    }
    let bytes = try decompressed(file, count: header.byteCount, path: url.path)
    return try bytes.withUnsafeBytes {
      try body(header, UnsafeRawBufferPointer(rebasing: $0[header.dataOffset...]))
    }
  }

  private static func header(
    _ head: Data, fileSize: Int, path: String, onlyVolumes: Bool = false
  ) throws(NIfTIError) -> NIfTIHeader {
    guard isGzip(head) else {
      let header = try parse(Array(head), path: path)
      if onlyVolumes { try requireOneFrame(header, path) }
      // What follows the voxels is looked at where they are read.
      if !header.isPair, fileSize < header.byteCount {
        try require(fileSize, toBe: header.byteCount, path: path)
      }
      return header
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(CNIFTI_HEADER_SIZE)) { out, count in
      count = head.withUnsafeBytes {
        cnifti_gunzip_head($0.baseAddress, $0.count, out.baseAddress, out.count)
      }
    }
    guard !bytes.isEmpty else { throw damaged(path) }
    let header = try parse(bytes, path: path)
    if onlyVolumes { try requireOneFrame(header, path) }
    guard header.isPair || header.byteCount / largestGrowth <= fileSize else {
      throw NIfTIError(
        .truncated, path: path,
        detail: "the header claims \(header.geometry.extent) voxels, which \(fileSize) compressed "
          + "bytes cannot hold; copy or export the file again")
    }
    return header
  }

  private static func requireOneFrame(_ header: NIfTIHeader, _ path: String) throws(NIfTIError) {
    guard header.frames > 1 else { return }
    let e = header.geometry.extent
    throw NIfTIError(
      .unsupported, path: path,
      detail:
        "holds \(e.columns)×\(e.rows)×\(e.slices)×\(header.frames) voxels; only volumes of one "
        + "time point and one channel are read")
  }

  private static func parse(_ bytes: [UInt8], path: String) throws(NIfTIError) -> NIfTIHeader {
    // Typed throws do not pass through withUnsafeBytes of an array in all overloads.
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(NIfTIError) in try NIfTIHeader(bytes: buffer, path: path) }
    }
    return try result.get()
  }

  private static func require(
    _ count: Int, toBe expected: Int, path: String
  ) throws(NIfTIError) {
    if count < expected {
      throw NIfTIError(
        .truncated, path: path,
        detail: "is truncated: \(expected - count) of \(counted(expected, "byte")) "
          + (expected - count == 1 ? "is missing; " : "are missing; ")
          + "copy or export the file again")
    }
    if count > expected {
      throw NIfTIError(
        .trailing, path: path,
        detail:
          "holds \(counted(count - expected, "byte")) behind the last voxel; its header may be wrong"
      )
    }
  }

  private static func require(
    _ file: some Collection<UInt8>, toBe expected: Int, path: String
  ) throws(NIfTIError) {
    // Zeros behind the voxels are padding.
    let hasOnlyPadding = file.count > expected && file.dropFirst(expected).allSatisfy { $0 == 0 }
    try require(hasOnlyPadding ? expected : file.count, toBe: expected, path: path)
  }

  private static func decompressed(
    _ file: Data, count expected: Int, path: String
  ) throws(NIfTIError) -> [UInt8] {
    for capacity in [expected, expected + mostPadding] {
      var outcome = Int32(CNIFTI_OK)
      let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { out, count in
        outcome = file.withUnsafeBytes {
          cnifti_gunzip($0.baseAddress, $0.count, out.baseAddress, capacity, &count)
        }
      }
      switch Int(outcome) {
      case CNIFTI_OK:
        try require(bytes, toBe: expected, path: path)
        return bytes
      case CNIFTI_LONGER: continue
      default: throw damaged(path)
      }
    }
    throw NIfTIError(
      .trailing, path: path,
      detail: "decompresses to more than the \(counted(expected, "byte")) that its header claims; "
        + "the header may be wrong")
  }

  private static func damaged(_ path: String) -> NIfTIError {
    NIfTIError(
      .truncated, path: path,
      detail: "the compressed bytes are truncated or damaged; copy or export the file again")
  }

  private static func isGzip(_ data: Data) -> Bool { data.starts(with: [0x1F, 0x8B]) }

  private static func beginning(of url: URL) throws -> (Data, fileSize: Int) {
    guard Folder.isFile(url) else { return (try FileBytes.read(url), 0) }
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      let head = try handle.read(upToCount: headCount) ?? Data()
      return (head, Int(try handle.seekToEnd()))
    } catch {
      throw FileError(.denied, path: url.path, detail: "cannot read: permission denied or broken")
    }
  }
}
