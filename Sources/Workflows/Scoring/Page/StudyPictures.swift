// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Figures
import Foundation
package import Report
import Segmentation
import Volume

/// Pictures of a study, made while its CT is at hand.
package struct StudyPictures: Sendable {
  /// One slice, and how many mm² of each mark it shows.
  package struct Slice: Sendable {
    package let z: Int
    package let view: ScanView.Picture
    package let areas: [(mark: ScorePageContent.Mark, area: Double)]
  }

  /// The heart from below and from the front.
  package let projections: [ScanView.Picture]
  /// The slices, from the head to the feet.
  package let slices: [Slice]
  /// The number of slices of the scan.
  package let sliceCount: Int
  /// The number of slices with calcium that counts.
  package let calcifiedSlices: Int
  /// Whether slices of single lesions were asked for.
  package let showsLesions: Bool
  /// Whether the heart was found, so that bones are left out of the projections.
  package let showsHeartAlone: Bool

  /// The bytes of the pictures in a page, in base64 and with their outlines.
  var bytes: Int {
    (projections + slices.map(\.view)).reduce(0) { $0 + $1.png.count / 3 * 4 + 4_000 }
  }

  /// What a page of a few studies shows of each, and a page of many.
  static func sliceLimit(studies: Int) -> Int { studies > 20 ? 3 : 8 }

  /// The pictures of a scan.
  ///
  /// - Parameters:
  ///   - mask: What was scored: arteries 1 to 4, or any value.
  ///   - convention: What of the mask counts.
  ///   - findings: What a model of stages found beside the mask.
  ///   - limit: The most slices.
  ///   - first: The slices to be shown before others, such as those of the largest lesions.
  init(
    of ct: Volume<Int16>, mask: Volume<UInt8>, convention: AppliedConvention,
    findings: StagedFindings?, limit: Int, first: [Int] = []
  ) throws {
    let marks = Self.marks(ct, mask, convention, findings)
    let region = findings?.heart.region
    let frame = Frame(marks, region)
    let view = ScanView(ct: ct, marks: marks, box: frame.box, slices: frame.slices)
    if let region {
      let both = try view.projections(within: region.share)
      projections = [both.axial, both.frontal]
    } else {
      let lungs = LungSpace(ct)
      let both = try view.projections { x, y, z in
        lungs?.meets(x..<x + 1, slice: z, row: y) ?? true ? 1 : 0
      }
      projections = [both.axial, both.frontal]
    }
    showsHeartAlone = region != nil
    showsLesions = !first.isEmpty
    sliceCount = ct.extent.slices
    let counts = Self.counts(marks)
    calcifiedSlices = counts.count { Self.counted($0) > 0 }
    let wanted = first.filter { counts.indices.contains($0) && Self.counted(counts[$0]) > 0 }
    let most = Self.choice(counts, within: frame.slices, limit: limit)
    let chosen = (wanted + most.filter { !wanted.contains($0) }).prefix(limit)
    let isUpwards = ct.geometry.direction.z.z > 0
    slices = try chosen.sorted { isUpwards ? $0 > $1 : $0 < $1 }.map { z in
      let areas = ScorePageContent.Mark.allCases.compactMap { mark in
        counts[z][Int(mark.rawValue)] > 0
          ? (mark, Double(counts[z][Int(mark.rawValue)]) * ct.geometry.pixelArea) : nil
      }
      return Slice(z: z, view: try view.slice(z), areas: areas)
    }
  }

  /// What is marked: scored voxels by artery, then what is beside them or undecided.
  private static func marks(
    _ ct: Volume<Int16>, _ mask: Volume<UInt8>, _ convention: AppliedConvention,
    _ findings: StagedFindings?
  ) -> Volume<UInt8> {
    let threshold = convention.threshold
    let other = ScorePageContent.Mark.calcium.rawValue
    var marks = mask
    for i in marks.voxels.indices where marks.voxels[i] != 0 {
      if let threshold, Int(ct.voxels[i]) < threshold {
        marks.voxels[i] = 0
      } else if marks.voxels[i] > Artery.right.rawValue {
        marks.voxels[i] = other
      }
    }
    if let area = convention.convention.minimumArea { leave(out: area, of: &marks) }
    for candidate in findings?.candidates ?? [] where !candidate.decision.isCoronary {
      let mark: ScorePageContent.Mark
      if let chance = candidate.chance, ScanLimits.undecided.contains(chance) {
        mark = .undecided
      } else if case .beside = candidate.decision {
        mark = .beside
      } else {
        continue
      }
      for i in candidate.voxels where marks.voxels[i] == 0 { marks.voxels[i] = mark.rawValue }
    }
    return marks
  }

  /// Takes away what is smaller than an area in mm² within its slice, and does not count for that.
  private static func leave(out area: Double, of marks: inout Volume<UInt8>) {
    let extent = marks.extent
    for z in 0..<extent.slices {
      let slice = marks.slice(z)
      guard slice.contains(where: { $0 != 0 }) else { continue }
      let parts = ConnectedComponents(
        of: slice.map { $0 == 0 ? 0 : 1 }, shape: [extent.rows, extent.columns])
      for (i, label) in parts.labels.enumerated() where label > 0 {
        if Double(parts.sizes[Int(label) - 1]) * marks.geometry.pixelArea < area {
          marks.voxels[z * extent.sliceCount + i] = 0
        }
      }
    }
  }

  /// The number of voxels of each mark in each slice.
  private static func counts(_ marks: Volume<UInt8>) -> [[Int]] {
    (0..<marks.extent.slices).map { z in
      var counts = Array(repeating: 0, count: 8)
      for value in marks.slice(z) where value != 0 { counts[Int(value) & 7] += 1 }
      return counts
    }
  }

  /// The voxels of a slice that count.
  private static func counted(_ counts: [Int]) -> Int { counts[1...5].reduce(0, +) }

  /// The slices with the most calcium; without any, some that go through the heart, first those where
  /// something was left out.
  private static func choice(_ counts: [[Int]], within slices: Range<Int>, limit: Int) -> [Int] {
    let scored = counts.indices.filter { counted(counts[$0]) > 0 }
    guard scored.isEmpty else {
      return Array(
        scored.sorted { (counted(counts[$1]), $0) < (counted(counts[$0]), $1) }.prefix(limit))
    }
    func beside(_ z: Int) -> Int { counts[z][6...7].reduce(0, +) }
    let left = counts.indices.filter { beside($0) > 0 }
      .sorted { (beside($1), $0) < (beside($0), $1) }.prefix(max(1, limit / 2))
    let steps = min(limit, slices.count)
    let even = (0..<steps).map { slices.lowerBound + (2 * $0 + 1) * slices.count / (2 * steps) }
    return Array(Array(Set(left)) + even.filter { !left.contains($0) }.prefix(limit - left.count))
  }
}

/// The part of a scan that pictures show: the heart, or what is marked, with room round it.
private struct Frame {
  let box: SliceBox
  let slices: Range<Int>

  /// The room round the heart, and round marks where no heart is known, in mm.
  private static let margins = (heart: 8.0, marks: 30.0)
  /// The least width in mm.
  private static let least = 120.0

  init(_ marks: Volume<UInt8>, _ region: HeartRegion?) {
    let (extent, spacing) = (marks.extent, marks.geometry.spacing)
    var low = SIMD3(Int.max, Int.max, Int.max)
    var high = SIMD3(-1, -1, -1)
    for z in 0..<extent.slices {
      for (i, value) in marks.slice(z).enumerated() where value != 0 {
        let place = SIMD3(i % extent.columns, i / extent.columns, z)
        low = pointwiseMin(low, place)
        high = pointwiseMax(high, place)
      }
    }
    var margin = Self.margins.marks
    if let region {
      low = pointwiseMin(low, region.low)
      high = pointwiseMax(high, region.high)
      margin = Self.margins.heart
    } else if high.x < 0 {
      // Nothing is known: the middle of the images, all slices.
      low = SIMD3(extent.columns / 2, extent.rows / 2, 0)
      high = SIMD3(extent.columns / 2, extent.rows / 2, extent.slices - 1)
      margin = 90
    }
    func pixels(_ millimetres: Double, _ spacing: Double) -> Int {
      Int(min(millimetres / spacing, 10_000).rounded(.up))
    }
    // A square in mm, so that heart and picture have one shape in all studies.
    let width = Double(high.x - low.x + 1) * spacing.x
    let height = Double(high.y - low.y + 1) * spacing.y
    let side = max(width + 2 * margin, height + 2 * margin, Self.least)
    func span(_ low: Int, _ high: Int, _ length: Int, within count: Int) -> Range<Int> {
      let length = min(max(length, 1), count)
      let start = min(max((low + high + 1 - length) / 2, 0), count - length)
      return start..<start + length
    }
    box = SliceBox(
      rows: span(low.y, high.y, pixels(side, spacing.y), within: extent.rows),
      columns: span(low.x, high.x, pixels(side, spacing.x), within: extent.columns))
    let room = pixels(margin, spacing.z)
    slices = max(low.z - room, 0)..<min(high.z + room, extent.slices - 1) + 1
  }
}
