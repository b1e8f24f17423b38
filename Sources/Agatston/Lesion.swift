// SPDX-License-Identifier: Apache-2.0
import Volume

/// A plaque: scored voxels that hang together over slices, by faces, edges or corners.
public struct Lesion: Hashable, Sendable {
  /// The artery with most of its voxels; `nil` where the mask tells no arteries.
  public let artery: Artery?
  /// Its part of the Agatston score.
  public let agatston: Double
  /// Its volume in mm³, counted by voxels.
  public let volume: Double
  /// Its mass in mg; `nil` without a calibration factor.
  public let mass: Double?
  /// Its area in mm², summed over its slices.
  public let area: Double
  /// Its slices, as indices of the volume, in rising order.
  public let slices: [Int]
  /// Its area in each of those slices, in mm².
  public let sliceAreas: [Double]
  /// Its highest attenuation in HU.
  public let peak: Int
  /// Its mean attenuation in HU.
  public let mean: Double
  /// The mean position of its voxels, in LPS mm.
  public let centroid: SIMD3<Double>
  /// The largest diameter in mm of one of its in-plane pieces, between outer pixel corners.
  public let diameter: Double
}

/// Gathers scored runs into lesions, in the order of their first voxels.
struct LesionBuilder {
  let geometry: Geometry
  let scale: Scale
  let meaning: MaskMeaning

  func lesions(_ scored: [ScoredRun]) throws(AgatstonError) -> [Lesion] {
    let runs = Runs(scored.map(\.run), extent: geometry.extent)
    let components = try Components(runs, connectivity: .twentySix)
    let pieces = try Components(runs, connectivity: .eight)
    let diameters = pieceDiameters(
      runs, pieces: pieces, spacing: SIMD2(geometry.spacing.x, geometry.spacing.y))
    var drafts = [Draft](repeating: Draft(), count: components.count)
    let rows = max(geometry.extent.rows, 1)
    for (index, scored) in scored.enumerated() {
      let (slice, row) = Int(scored.run.line).quotientAndRemainder(dividingBy: rows)
      drafts[Int(components.ofRun[index])].add(
        scored, slice: slice, row: row, diameter: diameters[Int(pieces.ofRun[index])])
    }
    return drafts.map(lesion)
  }

  private func lesion(_ draft: Draft) -> Lesion {
    let n = Double(draft.tally.voxels)
    let centre = SIMD3(
      draft.doubledColumns / (2 * n), draft.rows / n, draft.slicesTimesVoxels / n)
    var artery: Artery?
    if meaning == .arteries {
      // Of equal parts the lower label wins, so that the choice does not depend on order.
      artery = Artery.allCases.max {
        draft.voxelsOfLabel[$0.rawValue] < draft.voxelsOfLabel[$1.rawValue]
          || draft.voxelsOfLabel[$0.rawValue] == draft.voxelsOfLabel[$1.rawValue]
            && $0.rawValue > $1.rawValue
      }
    }
    return Lesion(
      artery: artery, agatston: scale.agatston(draft.tally), volume: scale.volume(draft.tally),
      mass: scale.mass(draft.tally), area: scale.area(draft.tally), slices: draft.slices,
      sliceAreas: draft.sliceCounts.map { Double($0) * scale.pixelArea },
      peak: Int(draft.tally.peak), mean: Double(draft.tally.sum) / n,
      centroid: geometry.position(ofVoxel: centre), diameter: draft.diameter)
  }
}

/// What is known of a lesion while its runs are read.
private struct Draft {
  var tally = Tally()
  var voxelsOfLabel = VoxelsOfLabel()
  var doubledColumns = 0.0
  var rows = 0.0
  var slicesTimesVoxels = 0.0
  var slices: [Int] = []
  var sliceCounts: [Int] = []
  var diameter = 0.0

  mutating func add(_ scored: ScoredRun, slice: Int, row: Int, diameter: Double) {
    let run = scored.run
    let n = Double(run.count)
    tally.add(scored)
    voxelsOfLabel[run.label] += run.count
    doubledColumns += n * (Double(run.start) + Double(run.end) - 1)
    rows += n * Double(row)
    slicesTimesVoxels += n * Double(slice)
    self.diameter = max(self.diameter, diameter)
    if slices.last == slice {
      sliceCounts[sliceCounts.count - 1] += run.count
    } else {
      slices.append(slice)
      sliceCounts.append(run.count)
    }
  }
}

/// A count for each of the labels 1 to 4; others share a place that nobody reads.
private struct VoxelsOfLabel {
  private var counts = SIMD8<Int>.zero

  subscript(label: UInt8) -> Int {
    get { counts[Int(min(label, 7))] }
    set { counts[Int(min(label, 7))] = newValue }
  }
}
