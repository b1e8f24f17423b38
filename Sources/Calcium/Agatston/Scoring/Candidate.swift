// SPDX-License-Identifier: Apache-2.0
public import Volume

/// A bright component of a CT that may be calcium, bone, metal or noise.
public struct Candidate: Hashable, Sendable {
  /// The number of voxels.
  public let voxels: Int
  /// The volume in mm³.
  public let volume: Double
  /// The highest attenuation in HU.
  public let peak: Int
  /// The mean attenuation in HU.
  public let mean: Double
  /// The slices that it touches, as indices of the volume.
  public let slices: ClosedRange<Int>
  /// The mean position of its voxels, in LPS mm.
  public let centroid: SIMD3<Double>
  /// The first of its brightest voxels as (column, row, slice), counted from 0.
  ///
  /// Unlike the centroid it always lies in the component: the place to look at.
  public let peakVoxel: SIMD3<Int>
  /// The position of that voxel, in LPS mm.
  public let peakPosition: SIMD3<Double>
}

/// Lists the bright components of a CT, for studies that come without a mask.
///
/// Components are connected by faces, edges or corners, also over slices; those smaller than
/// `minimumVolume`, in mm³, are left out. Bones appear among them: a candidate is not calcium yet.
public func candidates(
  in ct: Volume<Int16>, threshold: Int16 = 130, minimumVolume: Double = 0
) throws(AgatstonError) -> [Candidate] {
  try requireScorable(ct.geometry)
  let runs = try Runs(ct: ct, threshold: threshold)
  let components = try Components(runs, connectivity: .twentySix)
  var sums = [CandidateSum](repeating: CandidateSum(), count: components.count)
  for (run, component) in zip(runs.runs, components.ofRun) {
    let (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: ct.extent.rows)
    sums[Int(component)].add(run, slice: slice, row: row)
  }
  func brightest(_ run: Run) -> SIMD3<Int> {
    let (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: ct.extent.rows)
    let column = (Int(run.start)..<Int(run.end)).first { ct[slice, row, $0] == run.peak }
    return SIMD3(column ?? Int(run.start), row, slice)
  }
  let voxelVolume = ct.geometry.voxelVolume
  return sums.compactMap { sum in
    guard Double(sum.voxels) * voxelVolume >= minimumVolume else { return nil }
    let n = Double(sum.voxels)
    let peak = sum.brightest.map(brightest) ?? .zero
    return Candidate(
      voxels: sum.voxels, volume: n * voxelVolume, peak: Int(sum.peak),
      mean: Double(sum.attenuation) / n, slices: sum.firstSlice...sum.lastSlice,
      centroid: ct.geometry.position(ofVoxel: sum.position / n), peakVoxel: peak,
      peakPosition: ct.geometry.position(
        ofVoxel: SIMD3(Double(peak.x), Double(peak.y), Double(peak.z))))
  }
}

private struct CandidateSum {
  var voxels = 0
  var attenuation: Int64 = 0
  var peak = Int16.min
  var brightest: Run?
  var firstSlice = Int.max
  var lastSlice = 0
  var position = SIMD3<Double>.zero

  mutating func add(_ run: Run, slice: Int, row: Int) {
    let n = Double(run.count)
    voxels += run.count
    attenuation &+= run.sum
    if brightest == nil || run.peak > peak {
      peak = run.peak
      brightest = run
    }
    firstSlice = min(firstSlice, slice)
    lastSlice = max(lastSlice, slice)
    position +=
      n * SIMD3((Double(run.start) + Double(run.end) - 1) / 2, Double(row), Double(slice))
  }
}
