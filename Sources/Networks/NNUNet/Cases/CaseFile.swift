// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation

/// Preprocessed cases on disk, one file each, made for random reads of patches.
///
/// Little endian: the eight bytes `CACCASE1`, the length of a JSON header as UInt64, the header,
/// zeros up to a multiple of 64, float32 data (channel, z, y, x), labels (z, y, x) as int8 or int16,
/// zeros up to a multiple of 64, and the int32 class locations. Without channels it holds labels
/// alone, such as those that a cascade's first stage predicted.
public enum CaseFile {
  /// The ending of the files.
  public static let ending = ".case"

  static let magic = Array("CACCASE1".utf8)
  /// Longer headers are taken for damage.
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

  /// Where the parts of a file begin.
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
      checksum: String(repeating: "0", count: 16))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = try encoder.encode(header)
    guard let layout = Layout(header: header, headerLength: json.count) else {
      throw NNUNetError(
        .storage, url.path, "the shape \(preprocessed.shape) is too large to be stored")
    }
    // The rest of the body is small beside the voxels, which are not copied.
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

  /// A 64-bit checksum over words of eight bytes (FNV-1a, Fowler, Noll and Vo) of consecutive parts.
  static func checksum(_ parts: [UnsafeRawBufferPointer]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func enter(_ word: UInt64) {
      hash ^= word
      hash = hash &* 0x100_0000_01B3
      hash ^= hash >> 29
    }
    // A word that lies across the border of two parts.
    var open: UInt64 = 0
    var filled = 0
    for part in parts {
      var at = 0
      while filled > 0, at < part.count {
        open |= UInt64(part[at]) << UInt64(8 * filled)
        (filled, at) = (filled + 1, at + 1)
        if filled == 8 {
          enter(open)
          (open, filled) = (0, 0)
        }
      }
      while at + 8 <= part.count {
        enter(UInt64(littleEndian: part.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
        at += 8
      }
      while at < part.count {
        open |= UInt64(part[at]) << UInt64(8 * filled)
        (filled, at) = (filled + 1, at + 1)
      }
    }
    for i in 0..<filled {
      hash = (hash ^ (open >> UInt64(8 * i) & 0xFF)) &* 0x100_0000_01B3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
