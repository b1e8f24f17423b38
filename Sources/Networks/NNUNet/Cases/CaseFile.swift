// SPDX-License-Identifier: Apache-2.0
internal import CDeflate
internal import Files
public import Foundation
import Text
internal import Text

/// The file format of preprocessed cases, which serves random reads of patches.
///
/// Little endian: the eight bytes `CACCASE2`, the length of a JSON header as UInt64, the header,
/// zeros up to a multiple of 64, float32 data (channel, z, y, x), labels (z, y, x) as int8 or
/// int16, zeros up to a multiple of 64, and the int32 class locations. A file without channels
/// holds labels alone, such as those that a cascade's first stage predicted. Files of the first
/// version begin with `CACCASE1` and have another checksum; their cases have to be preprocessed
/// again.
public enum CaseFile {
  /// The ending of the files.
  public static let ending = ".case"

  /// The version of the format, which is part of the recipe: folders with cases of another version
  /// are emptied and filled again.
  static let version = 2
  static let magic = Array("CACCASE\(version)".utf8)
  static let firstMagic = Array("CACCASE1".utf8)
  private static let checksumLength = 8
  /// The longest header that is read, in bytes; longer ones are damaged.
  static let longestHeader = 1 << 24

  struct Header: Codable {
    struct ClassCount: Codable {
      var values: [Int]
      var count: Int
    }
    var name: String
    var channels: Int
    var shape: [Int]
    var labelBytes: Int
    var properties: CaseProperties
    var classes: [ClassCount]
    var checksum: String
  }

  /// The offsets of the parts of a file.
  struct Layout {
    let data: Int
    let labels: Int
    let locations: Int
    let end: Int

    init?(header: Header, headerLength: Int) {
      func up(_ n: Int) -> Int { (n + 63) / 64 * 64 }
      guard header.shape.count == 3, header.shape.allSatisfy({ (1...1 << 20).contains($0) }),
        (0...1 << 10).contains(header.channels), [0, 1, 2].contains(header.labelBytes),
        header.channels + header.labelBytes > 0,
        header.classes.count <= 1 << 16
      else { return nil }
      let voxels = header.shape[0].multipliedReportingOverflow(
        by: header.shape[1] * header.shape[2])
      guard !voxels.overflow, voxels.partialValue <= 1 << 40 else { return nil }
      var picked = 0
      for entry in header.classes {
        guard (0...voxels.partialValue).contains(entry.count) else { return nil }
        picked += entry.count
      }
      data = up(16 + headerLength)
      labels = data + 4 * header.channels * voxels.partialValue
      locations = up(labels + header.labelBytes * voxels.partialValue)
      end = locations + 12 * picked
    }
  }

  /// Writes a case, complete or not at all.
  public static func write(_ preprocessed: PreprocessedCase, to url: URL) throws {
    var labelBytes = 0
    if let labels = preprocessed.labels {
      labelBytes = labels.contains { $0 > 127 || $0 < -128 } ? 2 : 1
    }
    var header = Header(
      name: preprocessed.name, channels: preprocessed.channels, shape: preprocessed.shape,
      labelBytes: labelBytes, properties: preprocessed.properties,
      classes: preprocessed.classLocations.map { .init(values: $0.values, count: $0.count) },
      checksum: "".zeroPadded(to: checksumLength))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = try encoder.encode(header)
    guard let layout = Layout(header: header, headerLength: json.count) else {
      throw NNUNetError(
        .storage, url.path, "the shape \(crossed(preprocessed.shape)) is too large to be stored")
    }
    // The rest of the body is small compared with the voxels, which are not copied.
    var tail = Data()
    if labelBytes == 1, let labels = preprocessed.labels {
      labels.map { Int8(truncatingIfNeeded: $0) }.withUnsafeBytes { tail.append(contentsOf: $0) }
    } else {
      preprocessed.labels?.withUnsafeBytes { tail.append(contentsOf: $0) }
    }
    tail.append(Data(count: layout.locations - layout.labels - tail.count))
    for entry in preprocessed.classLocations {
      entry.voxels.withUnsafeBytes { tail.append(contentsOf: $0) }
    }
    try preprocessed.data.withUnsafeBytes { voxels in
      try tail.withUnsafeBytes { tail in
        header.checksum = checksum([voxels, tail])
        json = try encoder.encode(header)
        var start = Data(magic)
        withUnsafeBytes(of: UInt64(json.count).littleEndian) { start.append(contentsOf: $0) }
        start.append(json)
        start.append(Data(count: layout.data - start.count))
        try start.withUnsafeBytes { try StagedFile.write([$0, voxels, tail], to: url) }
      }
    }
  }

  /// The CRC-32 of consecutive parts, that of gzip (RFC 1952), in eight hexadecimal digits.
  static func checksum(_ parts: [UnsafeRawBufferPointer]) -> String {
    let sum = parts.reduce(UInt32(0)) { sum, part in
      // Without an address libdeflate would begin anew.
      part.isEmpty ? sum : libdeflate_crc32(sum, part.baseAddress, part.count)
    }
    return String(sum, radix: 16).zeroPadded(to: checksumLength)
  }
}
