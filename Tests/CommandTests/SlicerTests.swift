// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// Segmentations as 3D Slicer writes them (`.seg.nrrd`).
@Suite struct `A segmentation of 3D Slicer` {
  private static let grid = Geometry(
    extent: Extent(slices: 6, rows: 10, columns: 12), spacing: [1, 1, 3])

  /// A CT with two squares, and a segmentation of them cropped to 2 × 6 × 8 voxels at (2, 1, 1).
  private func folder(segments: [(name: String, value: Int)], layers: [Int] = [0, 0]) throws
    -> TemporaryFolder
  {
    let folder = try TemporaryFolder()
    var ct = Volume<Int16>(geometry: Self.grid, repeating: 30)
    var labels = [UInt8](repeating: 0, count: 2 * 6 * 8)
    for (x0, value) in [(3, segments[0].value), (6, segments[1].value)] {
      for y in 3..<5 {
        for x in x0..<x0 + 2 {
          ct[1, y, x] = 250
          labels[(0 * 6 + y - 1) * 8 + x - 2] = UInt8(value)
        }
      }
    }
    try NIfTIFile.write(ct, to: folder.file("ct.nii.gz"))
    var header = """
      NRRD0004
      type: unsigned char
      dimension: 3
      space: left-posterior-superior
      sizes: 8 6 2
      space directions: (1,0,0) (0,1,0) (0,0,3)
      kinds: domain domain domain
      encoding: raw
      space origin: (2,1,3)

      """
    for (i, segment) in segments.enumerated() {
      header += "Segment\(i)_ID:=Segment_\(i + 1)\n"
      header += "Segment\(i)_LabelValue:=\(segment.value)\n"
      header += "Segment\(i)_Layer:=\(layers[i])\n"
      header += "Segment\(i)_Name:=\(segment.name)\n"
    }
    try (Data((header + "\n").utf8) + Data(labels)).write(to: folder.file("mask.seg.nrrd"))
    return folder
  }

  private func score(_ folder: TemporaryFolder) throws -> [String: Any] {
    let outcome = try Cac.run(
      ["score", "ct.nii.gz", "--mask", "mask.seg.nrrd", "--json"], in: folder.url)
    #expect(outcome.status == 0, "\(outcome.err)")
    let value = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
    return try #require(value as? [String: Any])
  }

  private func agatston(_ score: [String: Any], _ artery: String) -> Double? {
    ((score["arteries"] as? [String: Any])?[artery] as? [String: Any])?["agatston"] as? Double
  }

  @Test func `is read on the scan's grid, each segment as the artery of its name`() throws {
    // Slicer numbers segments as they were drawn: here the right artery first.
    let score = try score(folder(segments: [("RCA", 1), ("left main", 2)]))
    #expect(score["agatston"] as? Double == 16)
    #expect(agatston(score, "RCA") == 8 && agatston(score, "LM") == 8)
    #expect(agatston(score, "LAD") == 0)
  }

  @Test func `without names of arteries is calcium of no known artery`() throws {
    let score = try score(folder(segments: [("Segment_1", 1), ("Segment_2", 2)]))
    #expect(score["agatston"] as? Double == 16)
    #expect(score["arteries"] is NSNull)
  }

  @Test func `in several layers is refused with what to do`() throws {
    let folder = try folder(segments: [("LAD", 1), ("RCA", 2)], layers: [0, 1])
    let outcome = try Cac.run(["score", "ct.nii.gz", "--mask", "mask.seg.nrrd"], in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.first?.contains("as one labelmap") == true, "\(outcome.err)")
  }
}
