// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Volume

/// The noise of a scan within the heart, and the scan with less of it.
///
/// With a sharp kernel noise reaches 130 HU everywhere and links plaques to each other and to bone, so
/// that no connected set means anything. Candidates are then sought in a smoothed copy; the score is
/// still that of the scan itself.
public enum ScanGrain {
  /// The noise in HU above which candidates are sought in a smoothed copy.
  ///
  /// Calcium scans have 8 to 20 HU; 130 HU lie less than four standard deviations above blood of
  /// 45 HU from 22 HU on.
  public static let limit = 22.0
  /// The standard deviations of the Gaussians that are tried in turn, in mm.
  static let widths = [0.6, 0.9, 1.3, 1.8]
  /// The noise in HU that the smoothed copy shall have at most.
  ///
  /// It is less than scans with soft kernels have, because what sharp kernels add at edges goes with it.
  static let aim = 12.0

  /// The median of the standard deviations in squares of 4 mm within the ventricles and atria, in HU;
  /// nil where no heart was found.
  public static func noise(_ scan: Volume<Int16>, _ maps: ScanMaps) -> Double? {
    let heart = maps.probability(of: ["ventricles", "atria"])
    let spacing = scan.geometry.spacing
    let reach = SIMD2(
      max(1, Int((2 / spacing.x).rounded())), max(1, Int((2 / spacing.y).rounded())))
    var deviations: [Double] = []
    for (i, chance) in heart.enumerated() where chance > 0.95 {
      let p = maps.voxel(ofCoarse: i)
      let (x, y, z) = (Int(p.x.rounded()), Int(p.y.rounded()), Int(p.z.rounded()))
      guard x >= reach.x, y >= reach.y, z >= 0, x + reach.x < scan.extent.columns,
        y + reach.y < scan.extent.rows, z < scan.extent.slices
      else { continue }
      var (sum, squares, count) = (0.0, 0.0, 0.0)
      for v in y - reach.y...y + reach.y {
        for u in x - reach.x...x + reach.x {
          let value = Double(scan.voxels[scan.offset(z, v, u)])
          sum += value
          squares += value * value
          count += 1
        }
      }
      let mean = sum / count
      deviations.append(max(0, squares / count - mean * mean).squareRoot())
    }
    guard deviations.count >= 20 else { return nil }
    return deviations.sorted()[deviations.count / 2]
  }

  /// The scan, smoothed in its slices where it is noisier than the limit; and by how many mm.
  public static func calmed(_ scan: Volume<Int16>, _ maps: ScanMaps) -> (
    scan: Volume<Int16>, width: Double
  ) {
    guard let noise = noise(scan, maps), noise > limit else { return (scan, 0) }
    var result = (scan: scan, width: 0.0)
    for width in widths {
      result = (smoothed(scan, by: width), width)
      if let noise = self.noise(result.scan, maps), noise < aim { break }
    }
    return result
  }

  /// The scan behind a Gaussian in its slices, of a standard deviation in mm.
  static func smoothed(_ scan: Volume<Int16>, by width: Double) -> Volume<Int16> {
    let (nx, ny) = (scan.extent.columns, scan.extent.rows)
    let along = weights(width / scan.geometry.spacing.x)
    let down = weights(width / scan.geometry.spacing.y)
    var result = scan
    var lines = Array(repeating: Float(0), count: nx * ny)
    for z in 0..<scan.extent.slices {
      let start = z * nx * ny
      for y in 0..<ny {
        for x in 0..<nx {
          var sum: Float = 0
          for (k, w) in along.enumerated() {
            let u = min(max(x + k - along.count / 2, 0), nx - 1)
            sum += w * Float(scan.voxels[start + y * nx + u])
          }
          lines[y * nx + x] = sum
        }
      }
      for y in 0..<ny {
        for x in 0..<nx {
          var sum: Float = 0
          for (k, w) in down.enumerated() {
            let v = min(max(y + k - down.count / 2, 0), ny - 1)
            sum += w * lines[v * nx + x]
          }
          result.voxels[start + y * nx + x] = Int16(sum.rounded())
        }
      }
    }
    return result
  }

  /// The weights of a Gaussian of a standard deviation in pixels.
  private static func weights(_ sigma: Double) -> [Float] {
    let reach = max(1, Int((3 * sigma).rounded(.up)))
    let values = (-reach...reach).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = values.reduce(0, +)
    return values.map { Float($0 / sum) }
  }
}
