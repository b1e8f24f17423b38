// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Foundation
import Volume
import Workflow

/// The segments of a file of 3D Slicer (`.seg.nrrd`), by the fields of its header.
///
/// Slicer numbers segments in the order in which they were drawn; only their names say which artery
/// each is of (SegmentN_Name, SegmentN_LabelValue and SegmentN_Layer; Slicer's `vtkMRMLSegmentation`
/// storage format).
package struct SlicerSegmentation {
  /// One segment.
  struct Segment: Hashable {
    var name = ""
    var value = 1
    var layer = 0
  }

  /// The segments in the order of the header.
  let segments: [Segment]
  private let path: String

  /// The bytes in which the header must end; it holds a few lines for each segment.
  private static let headerLimit = 1 << 20

  /// Reads the header of a file.
  init(_ url: URL) throws {
    path = url.path
    let file = try FileHandle(forReadingFrom: url)
    defer { try? file.close() }
    let bytes = try file.read(upToCount: Self.headerLimit) ?? Data()
    let text = String(decoding: bytes, as: UTF8.self)
    let header = text.range(of: "\n\n")?.lowerBound ?? text.range(of: "\r\n\r\n")?.lowerBound
    var segments: [Int: Segment] = [:]
    for line in text[..<(header ?? text.endIndex)].split(whereSeparator: \.isNewline) {
      guard let match = line.wholeMatch(of: #/Segment(\d+)_(Name|LabelValue|Layer):=(.*)/#),
        let number = Int(match.1)
      else { continue }
      var segment = segments[number] ?? Segment()
      let value = match.3.trimmingCharacters(in: .whitespaces)
      switch match.2 {
      case "Name": segment.name = value
      case "LabelValue": segment.value = Int(value) ?? 1
      default: segment.layer = Int(value) ?? 0
      }
      segments[number] = segment
    }
    self.segments = segments.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The labels of this project: those of the arteries where every segment is named after one, else
  /// 1 for calcium of no known artery.
  ///
  /// - Throws: `WorkflowError` where segments overlap in layers.
  func arteries(of map: Volume<UInt8>) throws -> Volume<UInt8> {
    guard Set(segments.map(\.layer)).count <= 1 else {
      throw WorkflowError(
        .invalid,
        "\(path): its segments overlap in several layers; export them from 3D Slicer as one labelmap"
      )
    }
    let named = segments.map { ($0.value, Self.artery($0.name)) }
    let areArteries = !named.isEmpty && named.allSatisfy { $0.1 != nil }
    var labels = [UInt8](repeating: 0, count: 256)
    for value in 1...255 { labels[value] = areArteries ? 0 : 1 }
    for (value, artery) in named where areArteries && labels.indices.contains(value) {
      labels[value] = artery?.rawValue ?? 0
    }
    return map.map { labels[Int($0)] }
  }

  /// The artery that a name means, by its abbreviation or its name, in any case.
  package static func artery(_ name: String) -> Artery? {
    let words = name.lowercased().split { !$0.isLetter }.map(String.init)
    let text = words.joined(separator: " ")
    func has(_ names: [String]) -> Bool {
      names.contains { $0.contains(" ") ? text.contains($0) : words.contains($0) }
    }
    if has(["lm", "lca", "lmca", "left main", "left coronary"]) { return .leftMain }
    if has(["lad", "left anterior"]) { return .leftAnteriorDescending }
    if has(["lcx", "cx", "circ", "circumflex"]) { return .leftCircumflex }
    if has(["rca", "right coronary"]) { return .right }
    return nil
  }
}
