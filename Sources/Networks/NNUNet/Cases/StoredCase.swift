// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
import Text

/// A preprocessed case in a file that is mapped into memory, so that patches are read without the
/// rest.
public struct StoredCase: Sendable {
  /// The file.
  public let url: URL
  /// The case identifier.
  public let name: String
  /// The number of image channels.
  public let channels: Int
  /// The shape (z, y, x) of one channel.
  public let shape: [Int]
  /// The way back to the original grid.
  public let properties: CaseProperties
  /// Sampled voxels of each foreground class.
  public let classLocations: [ClassLocations]

  private let bytes: Data
  private let layout: CaseFile.Layout
  private let labelBytes: Int
  private let checksum: String

  /// Whether the case has labels.
  public var hasLabels: Bool { labelBytes > 0 }

  /// Opens a case file.
  ///
  /// - Throws: `NNUNetError` with the code `storage` where the file is missing, damaged, cut off or
  ///   of an earlier version.
  public init(contentsOf url: URL) throws {
    func unusable(_ detail: String) -> NNUNetError {
      NNUNetError(.storage, url.path, detail + "; run the preprocessing again")
    }
    guard Folder.isFile(url) else {
      throw NNUNetError(.storage, url.path, "no such file; run the preprocessing first")
    }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: url, options: .alwaysMapped)
    } catch {
      throw NNUNetError(.storage, url.path, "cannot be read: check the rights")
    }
    if bytes.prefix(8).elementsEqual(CaseFile.firstMagic) {
      throw unusable("was written by an earlier version")
    }
    guard bytes.count >= 16, bytes.prefix(8).elementsEqual(CaseFile.magic) else {
      throw unusable("is no preprocessed case")
    }
    let length = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    guard length <= CaseFile.longestHeader, 16 + Int(length) <= bytes.count,
      let header = try? JSONDecoder().decode(
        CaseFile.Header.self, from: bytes.subdata(in: 16..<16 + Int(length))),
      let layout = CaseFile.Layout(header: header, headerLength: Int(length))
    else { throw unusable("has a damaged header") }
    guard bytes.count == layout.end else {
      throw unusable("has \(counted(bytes.count, "byte")) instead of \(layout.end)")
    }
    let voxels = header.shape.reduce(1, *)
    let p = header.properties
    guard p.shapeBeforeCropping.count == 3, p.shapeAfterCropping.count == 3, p.spacing.count == 3,
      p.boundingBox.count == 3, p.boundingBox.allSatisfy({ $0.count == 2 })
    else { throw unusable("has a damaged header") }
    var locations: [ClassLocations] = []
    var offset = layout.locations
    for entry in header.classes {
      let picked = bytes.withUnsafeBytes { raw in
        (0..<3 * entry.count).map {
          raw.loadUnaligned(fromByteOffset: offset + 4 * $0, as: Int32.self)
        }
      }
      for (i, index) in picked.enumerated()
      where index < 0 || Int(index) >= header.shape[i % 3] {
        throw unusable("has a class location outside of its \(counted(voxels, "voxel"))")
      }
      locations.append(ClassLocations(values: entry.values, voxels: picked))
      offset += 12 * entry.count
    }
    self.url = url
    self.bytes = bytes
    self.layout = layout
    name = header.name
    channels = header.channels
    shape = header.shape
    labelBytes = header.labelBytes
    properties = p
    classLocations = locations
    checksum = header.checksum
  }

  /// Reads the whole file and compares its checksum.
  ///
  /// Neither opening a case nor a training does so, because it takes as long as reading all cases;
  /// a caller who doubts a file calls it.
  ///
  /// - Throws: `NNUNetError` with the code `storage` where the checksum differs.
  public func verify() throws(NNUNetError) {
    let found = bytes.withUnsafeBytes {
      CaseFile.checksum([UnsafeRawBufferPointer(rebasing: $0[layout.data...])])
    }
    if found != checksum {
      throw NNUNetError(
        .storage, url.path, "has changed since it was written; run the preprocessing again")
    }
  }

  /// The whole case in memory.
  public func load() -> PreprocessedCase {
    let (data, labels) = patch(start: [0, 0, 0], size: shape)
    return PreprocessedCase(
      name: name, channels: channels, shape: shape, data: data, labels: labels,
      properties: properties, classLocations: classLocations)
  }

  /// A patch, which may extend beyond the image; data are 0 there, labels −1.
  ///
  /// - Parameters:
  ///   - start: the first voxel (z, y, x), possibly negative.
  ///   - size: the extent (z, y, x).
  /// - Returns: data (channel, z, y, x) and labels (z, y, x).
  public func patch(start: [Int], size: [Int]) -> (data: [Float], labels: [Int16]?) {
    let count = size.reduce(1, *)
    let data = [Float](unsafeUninitializedCapacity: channels * count) { buffer, initialized in
      buffer.initialize(repeating: 0)
      readPatch(start: start, size: size, data: buffer, labels: nil)
      initialized = channels * count
    }
    if !hasLabels { return (data, nil) }
    let labels = [Int16](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: -1)
      readPatch(start: start, size: size, data: nil, labels: buffer)
      initialized = count
    }
    return (data, labels)
  }

  /// Whether a patch has no label other than background.
  public func isBackground(start: [Int], size: [Int]) -> Bool {
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: size.reduce(1, *)) { labels in
      labels.initialize(repeating: -1)
      readPatch(start: start, size: size, data: nil, labels: labels)
      return labels.allSatisfy { $0 <= 0 }
    }
  }

  /// Reads a patch into the caller's memory, all of which is written.
  ///
  /// - Parameters:
  ///   - start: The first voxel (z, y, x); it may lie outside the case.
  ///   - size: The voxels of the patch along (z, y, x).
  ///   - data: Room for channels × size values, or `nil`.
  ///   - labels: Room for size values, or `nil`; −1 throughout where the case has no labels.
  public func readPatch(
    start: [Int], size: [Int], data: UnsafeMutableBufferPointer<Float>?,
    labels: UnsafeMutableBufferPointer<Int16>?
  ) {
    let count = size.reduce(1, *)
    precondition(start.count == 3 && size.count == 3 && size.allSatisfy { $0 > 0 }, "three axes")
    precondition(data.map { $0.count == channels * count } ?? true, "room for the data")
    precondition(labels.map { $0.count == count } ?? true, "room for the labels")
    data?.update(repeating: 0)
    labels?.update(repeating: -1)
    let low = (0..<3).map { max(0, start[$0]) }
    let high = (0..<3).map { min(shape[$0], start[$0] + size[$0]) }
    guard (0..<3).allSatisfy({ low[$0] < high[$0] }) else { return }
    let width = high[2] - low[2]
    let voxels = shape.reduce(1, *)
    bytes.withUnsafeBytes { raw in
      for z in low[0]..<high[0] {
        for y in low[1]..<high[1] {
          let source = (z * shape[1] + y) * shape[2] + low[2]
          let target =
            ((z - start[0]) * size[1] + y - start[1]) * size[2] + low[2] - start[2]
          if let data {
            for c in 0..<channels {
              let from = layout.data + 4 * (c * voxels + source)
              let to = c * count + target
              UnsafeMutableRawBufferPointer(
                UnsafeMutableBufferPointer(rebasing: data[to..<to + width])
              )
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[from..<from + 4 * width]))
            }
          }
          if let labels, labelBytes > 0 {
            for x in 0..<width {
              let at = layout.labels + labelBytes * (source + x)
              labels[target + x] =
                labelBytes == 1
                ? Int16(raw.load(fromByteOffset: at, as: Int8.self))
                : raw.loadUnaligned(fromByteOffset: at, as: Int16.self)
            }
          }
        }
      }
    }
  }
}

/// A folder of preprocessed cases.
public struct CaseFolder: Sendable, Hashable {
  /// The folder.
  public let url: URL

  /// A folder, which need not exist yet.
  public init(_ url: URL) { self.url = url }

  /// The file of a case.
  public func file(of name: String) -> URL { url.appendingPathComponent(name + CaseFile.ending) }

  /// The identifiers of the stored cases, in order.
  public func names() throws -> [String] {
    let files = try Folder.names(in: url).filter { $0.hasSuffix(CaseFile.ending) }
    return identifiersInOrder(files.map { String($0.dropLast(CaseFile.ending.count)) })
  }

  /// Opens a case.
  public func open(_ name: String) throws -> StoredCase {
    try StoredCase(contentsOf: file(of: name))
  }

  /// Writes a case.
  public func write(_ preprocessed: PreprocessedCase) throws {
    try CaseFile.write(preprocessed, to: file(of: preprocessed.name))
  }
}
