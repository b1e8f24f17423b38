// SPDX-License-Identifier: Apache-2.0
import Text
import Volume

/// Calcium volumes in mm³ by label, on an isotropic grid through voxel (0, 0, 0).
///
/// A grid point counts for the mask voxel around it if its HU, interpolated linearly along the
/// three axes with the border continued, pass the bound.
func isotropicVolumes(
  ct: Volume<Int16>, runs: Runs, step: Double, rule: ThresholdRule, bound: Double
) throws(AgatstonError) -> [Double] {
  let spacing = ct.geometry.spacing
  let perVoxel = ct.geometry.voxelVolume / (step * step * step)
  guard perVoxel < 1e6 else {
    throw AgatstonError(
      .option, subject: "isotropic step",
      detail: "\(step) mm is too fine for \(crossed(spacing)) mm voxels")
  }
  let extent = ct.extent
  var counts = [Int](repeating: 0, count: 256)
  ct.voxels.withUnsafeBufferPointer { hu in
    for run in runs.runs {
      let (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: extent.rows)
      let xs = samples(Int(run.start)..<Int(run.end), spacing: spacing.x, step: step)
      for k in samples(slice..<slice + 1, spacing: spacing.z, step: step) {
        let z = Position(k, step: step, spacing: spacing.z, count: extent.slices)
        for j in samples(row..<row + 1, spacing: spacing.y, step: step) {
          let y = Position(j, step: step, spacing: spacing.y, count: extent.rows)
          for i in xs {
            let x = Position(i, step: step, spacing: spacing.x, count: extent.columns)
            func line(_ z: Int, _ y: Int) -> Double {
              let base = (z * extent.rows + y) * extent.columns
              return x.mix(Double(hu[base + x.lower]), Double(hu[base + x.upper]))
            }
            let value = z.mix(
              y.mix(line(z.lower, y.lower), line(z.lower, y.upper)),
              y.mix(line(z.upper, y.lower), line(z.upper, y.upper)))
            let passes =
              switch rule {
              case .none: true
              case .atLeast: value >= bound
              case .above: value > bound
              }
            if passes { counts[Int(run.label)] += 1 }
          }
        }
      }
    }
  }
  return counts.map { Double($0) * step * step * step }
}

/// The grid points nearest to a range of voxels; each point belongs to exactly one voxel.
private func samples(_ voxels: Range<Int>, spacing: Double, step: Double) -> Range<Int> {
  func first(_ voxel: Int) -> Int { Int(((Double(voxel) - 0.5) * spacing / step).rounded(.up)) }
  return first(voxels.lowerBound)..<first(voxels.upperBound)
}

/// A grid point between two voxels of one axis.
private struct Position {
  let lower: Int
  let upper: Int
  let fraction: Double

  init(_ sample: Int, step: Double, spacing: Double, count: Int) {
    let exact = min(max(Double(sample) * step / spacing, 0), Double(count - 1))
    lower = Int(exact)
    upper = min(lower + 1, count - 1)
    fraction = exact - Double(lower)
  }

  func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * fraction }
}
