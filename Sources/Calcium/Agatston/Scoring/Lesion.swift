// SPDX-License-Identifier: Apache-2.0
import Volume

/// A plaque: scored voxels that are connected by faces, edges or corners, also over slices.
public struct Lesion: Hashable, Sendable {
  /// The artery with most of its voxels; `nil` where the mask tells no arteries.
  public internal(set) var artery: Artery?
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
  /// The largest diameter in mm of one of its components within a slice, between outer pixel
  /// corners.
  public let diameter: Double
  /// Its mean density weight by area, 1 to 4; `nil` where nothing weighs.
  public let density: Double?
  /// The attenuation around it in HU, from which integrated intensity is counted; `nil` where that
  /// was not asked for or too little of the surroundings is free of calcium.
  public let background: Double?
  /// Its mass in mg by integrated intensity, c · Σ (HU − background) · voxel volume / 1000.
  public let integratedMass: Double?
  /// Its volume in mm³ by integrated intensity.
  public let integratedVolume: Double?
}

/// Gathers scored runs into lesions, in the order of their first voxels.
struct LesionBuilder {
  let ct: Volume<Int16>
  let formula: ScoreFormula
  let options: ScoringOptions
  /// What is darker, in HU, is no calcium and may be background.
  let darkest: Int

  private var geometry: Geometry { ct.geometry }

  func lesions(_ scored: [ScoredRun]) throws(AgatstonError) -> [Lesion] {
    let runs = Runs(scored.map(\.run), extent: geometry.extent)
    let components = try Components(runs, connectivity: .twentySix)
    let sliceComponents = try Components(runs, connectivity: .eight)
    let diameters = largestDiameters(
      runs, of: sliceComponents, spacing: SIMD2(geometry.spacing.x, geometry.spacing.y))
    var drafts = [Draft](repeating: Draft(), count: components.count)
    let rows = max(geometry.extent.rows, 1)
    for (index, scored) in scored.enumerated() {
      let (slice, row) = Int(scored.run.line).quotientAndRemainder(dividingBy: rows)
      drafts[Int(components.ofRun[index])].add(
        scored, slice: slice, row: row, diameter: diameters[Int(sliceComponents.ofRun[index])])
    }
    var surroundings: Surroundings?
    if options.massCalibration != nil || options.objectAttenuation != nil {
      surroundings = Surroundings(ct: ct, runs: runs, components: components, darkest: darkest)
    }
    return drafts.indices.map { lesion(drafts[$0], surroundings?.excess(of: $0)) }
  }

  private func lesion(_ draft: Draft, _ excess: Surroundings.Excess?) -> Lesion {
    let n = Double(draft.sums.voxels)
    let centre = SIMD3(
      draft.doubledColumns / (2 * n), draft.rows / n, draft.slicesTimesVoxels / n)
    var artery: Artery?
    if options.labels == .arteries {
      // Of equal parts the lower label wins, so that the choice does not depend on order.
      artery = Artery.allCases.max {
        draft.voxelsOfLabel[$0.rawValue] < draft.voxelsOfLabel[$1.rawValue]
          || draft.voxelsOfLabel[$0.rawValue] == draft.voxelsOfLabel[$1.rawValue]
            && $0.rawValue > $1.rawValue
      }
    }
    return Lesion(
      artery: artery, agatston: formula.agatston(draft.sums), volume: formula.volume(draft.sums),
      mass: formula.mass(draft.sums), area: formula.area(draft.sums), slices: draft.slices,
      sliceAreas: draft.sliceCounts.map { Double($0) * formula.pixelArea },
      peak: Int(draft.sums.peak), mean: Double(draft.sums.sum) / n,
      centroid: geometry.position(ofVoxel: centre), diameter: draft.diameter,
      density: draft.sums.density, background: excess?.background,
      integratedMass: options.massCalibration.flatMap { c in
        excess.map { c * ($0.sum - Double($0.voxels) * $0.background) * formula.voxelVolume / 1000 }
      },
      integratedVolume: options.objectAttenuation.flatMap { object in
        excess.flatMap {
          integratedIntensityVolume(
            sum: $0.sum, count: $0.voxels, background: $0.background, object: object,
            voxelVolume: formula.voxelVolume)
        }
      })
  }
}

/// The sums of a lesion while its runs are read.
private struct Draft {
  var sums = VoxelSums()
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
    sums.add(scored)
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

/// A count for each of the labels 1 to 4; all others share one that is never read.
private struct VoxelsOfLabel {
  private var counts = SIMD8<Int>.zero

  subscript(label: UInt8) -> Int {
    get { counts[Int(min(label, 7))] }
    set { counts[Int(min(label, 7))] = newValue }
  }
}
