// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Volume

/// What the classifier is shown of a candidate: a fine patch, three coarse ones, and some numbers.
///
/// Patches lie about the candidate's centre with their rows to the patient's left, columns to the
/// back (axial views) or the head (coronal and sagittal ones), whichever way the scan runs.
public struct CandidateViews: Sendable {
  /// The edge of a pixel of the fine patch, in mm.
  public static let fineSpacing = 0.5
  /// The edge of a pixel of the coarse patches, in mm.
  public static let coarseSpacing = 1.5
  /// The edge of all patches in pixels.
  public static let size = 64
  /// The slices of the fine patch, as offsets from the candidate's.
  static let slices = -2...2
  /// The HU of the fine patch and the first channel of the coarse ones.
  public static let softWindow = HUWindow(-200, 600)
  /// The HU of the second channel of the coarse patches.
  public static let wideWindow = HUWindow(-1000, 1000)
  /// Maps of classes that both patches show.
  static let fineClasses = ["aorta"]
  /// Maps of classes that the coarse patches show.
  static let coarseClasses = ["aorta", "atria", "ventricles", "bone", "lung"]

  /// The channels of the fine patch: HU of five slices, the candidate in three, the arteries' heat
  /// maps, the sac, the aorta.
  public static let fineChannels =
    slices.count + 3 + StagedModel.arteries.count + 1 + fineClasses.count
  /// The channels of the coarse patches: HU in two windows, the candidate, the arteries' heat maps,
  /// the sac, and classes.
  public static let coarseChannels = 2 + 1 + StagedModel.arteries.count + 1 + coarseClasses.count
  /// The number of numbers beside the patches.
  public static let scalars = 16

  /// The number of channels of the fine patch that show HU, which are the first ones.
  public static let softChannels = slices.count
  /// The first channel of the fine patch that shows a map of the localiser.
  public static let firstFineMap = slices.count + 3
  /// The first channel of the coarse patches that shows a map of the localiser.
  public static let firstCoarseMap = 3
  /// The number of maps in the coarse patches; the fine patch has fewer.
  public static let mapCount = coarseChannels - firstCoarseMap

  /// The design of a classifier of some classes that is shown these views.
  public static func design(classes: [String]) -> ClassifierDesign {
    ClassifierDesign(
      classes: classes, fineChannels: fineChannels, coarseChannels: coarseChannels, fineSize: size,
      coarseSize: size, scalars: scalars)
  }

  private let scan: Volume<Int16>
  private let maps: ScanMaps
  private let heat: [[Float]]
  private let sac: [Float]
  private let classes: [String: [Float]]
  /// The heart's centre in voxels of the scan (x, y, z) and its spread in mm.
  private let heartCentre: SIMD3<Double>
  private let heartSpread: SIMD3<Double>
  /// Voxels per mm along x, y and z, with the sign of the scan's axes.
  private let perMM: SIMD3<Double>

  /// The views of a scan's candidates.
  public init(_ scan: Volume<Int16>, _ maps: ScanMaps) {
    self.scan = scan
    self.maps = maps
    heat = StagedModel.arteries.map {
      maps.heatMap($0) ?? Array(repeating: 0, count: maps.count)
    }
    sac = maps.probability(of: StagedModel.sacClasses)
    classes = Dictionary(
      uniqueKeysWithValues: Self.coarseClasses.map { ($0, maps.probability(of: [$0])) })
    let direction = scan.geometry.direction
    let signs = SIMD3(
      direction.x.x < 0 ? -1.0 : 1, direction.y.y < 0 ? -1 : 1, direction.z.z < 0 ? -1 : 1)
    perMM = signs / scan.geometry.spacing
    (heartCentre, heartSpread) = maps.centreAndSpread(of: sac)
  }

  /// What the classifier is shown of a candidate.
  public func sample(_ candidate: StageCandidate, label: Int = 0, weight: Float = 1)
    -> ClassifierSample
  {
    let members = Set(candidate.voxels)
    let z = candidate.centre.z.rounded()
    let centre = SIMD3(candidate.centre.x, candidate.centre.y, z)
    let x = SIMD3(Self.coarseSpacing, 0, 0)
    let y = SIMD3(0, Self.coarseSpacing, 0)
    let up = SIMD3(0, 0, Self.coarseSpacing)
    return ClassifierSample(
      fine: fine(centre, members),
      coarse: [
        coarse(centre, right: x, down: y, members), coarse(centre, right: x, down: up, members),
        coarse(centre, right: y, down: up, members),
      ], scalars: numbers(candidate), label: label, weight: weight)
  }

  /// Lays a map of a candidate's fine patch, rows × columns, over a volume on the scan's grid, in the slices
  /// that the candidate has; where maps meet, the larger value stays.
  public func spread(
    _ map: [Float], of candidate: StageCandidate, over volume: inout Volume<Float>
  ) {
    let (nx, ny) = (scan.extent.columns, scan.extent.rows)
    let slices = Set(candidate.voxels.map { $0 / (nx * ny) })
      .union([Int(candidate.centre.z.rounded())])
    let pixels = perMM * Self.fineSpacing
    for z in slices where (0..<scan.extent.slices).contains(z) {
      for y in 0..<ny {
        let row = (Double(y) - candidate.centre.y) / pixels.y + 31.5
        guard row > -0.5, row < Double(Self.size) - 0.5 else { continue }
        for x in 0..<nx {
          let column = (Double(x) - candidate.centre.x) / pixels.x + 31.5
          guard column > -0.5, column < Double(Self.size) - 0.5 else { continue }
          let value = map[Int(row.rounded()) * Self.size + Int(column.rounded())]
          let i = volume.offset(z, y, x)
          if abs(value) > abs(volume.voxels[i]) { volume.voxels[i] = value }
        }
      }
    }
  }

  private func fine(_ centre: SIMD3<Double>, _ members: Set<Int>) -> [Float] {
    let plane = Self.size * Self.size
    var values = Array(repeating: Float(0), count: Self.fineChannels * plane)
    let sign = perMM.z < 0 ? -1.0 : 1
    let shown = heat + [sac] + Self.fineClasses.map { classes[$0] ?? [] }
    for row in 0..<Self.size {
      for column in 0..<Self.size {
        let pixel = row * Self.size + column
        let offset = SIMD3(
          (Double(column) - 31.5) * Self.fineSpacing, (Double(row) - 31.5) * Self.fineSpacing, 0)
        let p = centre + offset * perMM
        for (channel, slice) in Self.slices.enumerated() {
          let q = SIMD3(p.x, p.y, p.z + sign * Double(slice))
          values[channel * plane + pixel] = Self.softWindow(hu(q))
          if abs(slice) <= 1, isMember(q, members) {
            values[(Self.slices.count + slice + 1) * plane + pixel] = 1
          }
        }
        for (number, map) in shown.enumerated() {
          values[(Self.slices.count + 3 + number) * plane + pixel] = maps.value(
            map, x: p.x, y: p.y, z: p.z)
        }
      }
    }
    return values
  }

  private func coarse(
    _ centre: SIMD3<Double>, right: SIMD3<Double>, down: SIMD3<Double>, _ members: Set<Int>
  ) -> [Float] {
    let plane = Self.size * Self.size
    var values = Array(repeating: Float(0), count: Self.coarseChannels * plane)
    let shown = heat + [sac] + Self.coarseClasses.map { classes[$0] ?? [] }
    for row in 0..<Self.size {
      for column in 0..<Self.size {
        let pixel = row * Self.size + column
        let p =
          centre + (right * (Double(column) - 31.5) + down * (Double(row) - 31.5)) * perMM
        let hu = hu(p)
        values[pixel] = Self.softWindow(hu)
        values[plane + pixel] = Self.wideWindow(hu)
        if isMember(p, members) { values[2 * plane + pixel] = 1 }
        for (number, map) in shown.enumerated() {
          values[(3 + number) * plane + pixel] = maps.value(map, x: p.x, y: p.y, z: p.z)
        }
      }
    }
    return values
  }

  /// Size, brightness and place, scaled to about −1…1.
  private func numbers(_ candidate: StageCandidate) -> [Float] {
    let (nx, ny) = (scan.extent.columns, scan.extent.rows)
    let volume = Double(candidate.voxels.count) * scan.geometry.voxelVolume
    let slices = Set(candidate.voxels.map { $0 / (nx * ny) }).count
    let mean =
      candidate.voxels.reduce(0.0) { $0 + Double(scan.voxels[$1]) }
      / Double(candidate.voxels.count)
    let place = (candidate.centre - heartCentre) / (perMM * heartSpread)
    let (x, y, z) = (candidate.centre.x, candidate.centre.y, candidate.centre.z)
    func chance(_ name: String) -> Float {
      maps.value(classes[name] ?? sac, x: x, y: y, z: z)
    }
    return [
      Float(log(volume) / 5), Float(log(Double(candidate.peak) / 130)),
      Float(log(max(mean, 131) / 130)), Float(slices) / 5,
      Float(log(scan.geometry.spacing.z / 3)), Float(log(scan.geometry.spacing.x / 0.4)),
      candidate.sac, chance("aorta"), chance("bone"),
    ] + heat.map { maps.value($0, x: x, y: y, z: z) }
      + [Float(place.x) / 2, Float(place.y) / 2, Float(place.z) / 2]
  }

  private func isMember(_ p: SIMD3<Double>, _ members: Set<Int>) -> Bool {
    let (x, y, z) = (Int(p.x.rounded()), Int(p.y.rounded()), Int(p.z.rounded()))
    guard x >= 0, y >= 0, z >= 0, x < scan.extent.columns, y < scan.extent.rows,
      z < scan.extent.slices
    else { return false }
    return members.contains(scan.offset(z, y, x))
  }

  /// The HU between the scan's voxels; beyond the scan that of its border.
  private func hu(_ p: SIMD3<Double>) -> Float {
    let extent = scan.extent
    func axis(_ value: Double, _ count: Int) -> (low: Int, high: Int, share: Float) {
      let v = min(max(value, 0), Double(count - 1))
      let low = min(Int(v), count - 1)
      return (low, min(low + 1, count - 1), Float(v - Double(low)))
    }
    let x = axis(p.x, extent.columns)
    let y = axis(p.y, extent.rows)
    let z = axis(p.z, extent.slices)
    return scan.voxels.withUnsafeBufferPointer { voxels in
      func line(_ k: Int, _ j: Int) -> Float {
        let start = (k * extent.rows + j) * extent.columns
        let (a, b) = (Float(voxels[start + x.low]), Float(voxels[start + x.high]))
        return a + (b - a) * x.share
      }
      func plane(_ k: Int) -> Float {
        let (a, b) = (line(k, y.low), line(k, y.high))
        return a + (b - a) * y.share
      }
      guard z.share > 0 else { return plane(z.low) }
      let (a, b) = (plane(z.low), plane(z.high))
      return a + (b - a) * z.share
    }
  }
}
