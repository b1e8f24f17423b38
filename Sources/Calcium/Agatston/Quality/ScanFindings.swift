// SPDX-License-Identifier: Apache-2.0
import Text
public import Volume

/// The quality of a scan as its voxels show it, whatever its header says.
public struct ScanFindings: Hashable, Sendable {
  /// The top of 12 bits with intercept −1024 in HU, where metal saturates.
  public static let top: Int16 = 3071

  /// What the warning of enhanced blood says without figures.
  static let contrastSummary =
    "contrast suspected by the blood's HU; scores hold for scans without contrast"

  /// The number of voxels at the top of the range or above.
  public let metalVoxels: Int
  /// The slices that hold them.
  public let metalSlices: ClosedRange<Int>?
  /// Homogeneous tissue; `nil` where none was found.
  public let tissue: TissueSample?
  /// The number of bright components, of any size and tissue, as `candidates` counts them.
  public let candidates: Int
  /// The number of components in soft tissue that noise alone explains; `nil` where it is unknown.
  public let noiseCandidates: Double?

  /// Looks at every voxel; `threshold` in HU is that of the candidates.
  public init(_ ct: Volume<Int16>, threshold: Int16 = 130) throws(AgatstonError) {
    try requireScorable(ct.geometry)
    let runs = try Runs(ct: ct, threshold: threshold)
    candidates = try Components(runs, connectivity: .twentySix).count
    var (metal, slices) = (0, [Int]())
    for run in runs.runs where run.peak >= ScanFindings.top {
      let line = Int(run.line) * ct.extent.columns
      metal += (line + Int(run.start)..<line + Int(run.end)).count {
        ct.voxels[$0] >= ScanFindings.top
      }
      slices.append(runs.slice(of: run))
    }
    metalVoxels = metal
    metalSlices = slices.first.flatMap { first in slices.last.map { first...$0 } }
    let blocks = BlockGrid(ct, millimetres: 4)
    guard let noiseMap = NoiseMap(blocks),
      let tissue = TissueSample(ct, blocks: blocks, noiseMap: noiseMap)
    else {
      (self.tissue, noiseCandidates) = (nil, nil)
      return
    }
    self.tissue = tissue
    noiseCandidates =
      tissue.isEnhanced ? nil : expectedNoise(blocks, tissue, noiseMap, threshold: threshold)
  }

  /// Sentences for the reader of a score: metal, contrast agent, noise.
  public var warnings: [ScanWarning] {
    var warnings: [ScanWarning] = []
    if let slices = metalSlices {
      let location =
        slices.count == 1
        ? "slice \(slices.lowerBound)" : "slices \(slices.lowerBound) to \(slices.upperBound)"
      warnings.append(
        ScanWarning(
          "metal: \(counted(metalVoxels, "voxel")) of \(ScanFindings.top) HU or more in \(location); "
            + "its streaks may pass for calcium",
          summary: "metal, whose streaks may pass for calcium"))
    }
    if let tissue, tissue.isEnhanced {
      warnings.append(
        ScanWarning(
          "contrast suspected: blood of \(Int(tissue.median.rounded())) HU; "
            + "scores hold for scans without contrast",
          summary: Self.contrastSummary))
    }
    if let tissue, let noise = noiseCandidates, noise >= 1, noise * 10 >= Double(candidates) {
      warnings.append(
        ScanWarning(
          "noise of \(Int(tissue.noise.rounded())) HU alone explains about "
            + "\(counted(Int(noise.rounded()), "bright component")); the scan has \(candidates)",
          summary: "noise alone explains a tenth of the bright components or more"))
    }
    return warnings
  }
}

extension TissueSample {
  /// Whether the blood is brighter than calcium has to be: no score is to be trusted then.
  public var isEnhanced: Bool { median > Double(TissueSample.enhanced) }
}

/// The number of components at or above a threshold in HU that noise explains in soft tissue.
///
/// It sums over the blocks of one soft tissue: each with the noise map's value and the mean of its
/// homogeneous neighbours within 20 mm, since the mean of a single block is itself noisy.
private func expectedNoise(
  _ blocks: BlockGrid, _ tissue: TissueSample, _ noiseMap: NoiseMap, threshold: Int16
) -> Double {
  let maxima = NoiseMaxima(
    correlation: tissue.correlation, secondCorrelation: tissue.secondCorrelation)
  var isSoft = [Bool](repeating: false, count: blocks.mean.count)
  for slice in 0..<blocks.slices {
    for row in 0..<blocks.rows {
      for column in 0..<blocks.columns {
        let i = blocks.index(slice, row, column)
        isSoft[i] =
          blocks.mean[i] > -30 && blocks.mean[i] < 100
          && blocks.deviation[i] < TissueSample.tolerance * noiseMap[slice, row, column]
      }
    }
  }
  // HU are whole numbers: at or above 130 means above 129.5.
  let bound = Double(threshold) - 0.5
  let voxels = Double(blocks.side.x * blocks.side.y)
  var expected = 0.0
  for slice in 0..<blocks.slices {
    for row in 0..<blocks.rows {
      for column in 0..<blocks.columns where isSoft[blocks.index(slice, row, column)] {
        var (sum, count) = (Float(0), Float(0))
        var touchesBone = false
        for y in max(row - 2, 0)...min(row + 2, blocks.rows - 1) {
          for x in max(column - 2, 0)...min(column + 2, blocks.columns - 1) {
            let i = blocks.index(slice, y, x)
            if isSoft[i] {
              sum += blocks.mean[i]
              count += 1
            } else if abs(y - row) <= 1, abs(x - column) <= 1, blocks.mean[i] > 150 {
              touchesBone = true
            }
          }
        }
        // Brighter than liver is marrow or cartilage, whose components are connected with bone.
        if touchesBone || sum > 75 * count { continue }
        let noise = Double(noiseMap[slice, row, column]) * tissue.blockRatio
        let height = (bound - Double(sum / count)) / noise
        expected += voxels * maxima.perVoxel(above: height)
      }
    }
  }
  return expected
}
