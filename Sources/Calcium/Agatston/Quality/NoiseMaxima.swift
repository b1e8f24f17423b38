// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How often Gaussian noise alone rises above a threshold, with the correlation that a kernel leaves.
///
/// Above some 2.5 deviations the components of an excursion set are as many as its local maxima.
/// Their expected number on a lattice is that of Worsley 2005 (NeuroImage 28:1056) and Taylor 2007
/// (Biometrika 94:1, "Maxima of discretely sampled random fields"): ∫ Π Q(z) φ(z) dz a voxel, where
/// Q is the probability that both neighbours along an axis lie below z. Unlike the Euler
/// characteristic of a smooth field it holds for any correlation, also for slices without any. It
/// takes the correlation as the product of those along the axes, and the noise as the same
/// everywhere.
struct NoiseMaxima {
  private static let step = 0.02
  private static let highest = 9.0
  /// The expected number of maxima a voxel above 0, `step`, 2 `step` … deviations.
  private let above: [Double]

  /// Noise with the given correlations at one and two voxels along (x, y, z).
  init(correlation: SIMD3<Double>, secondCorrelation: SIMD3<Double>) {
    let count = Int(NoiseMaxima.highest / NoiseMaxima.step) + 1
    var densities = [Double](repeating: 0, count: count)
    let axes = (0..<3).map {
      Neighbours(
        correlation: min(max(correlation[$0], 0), 0.98), second: secondCorrelation[$0])
    }
    for i in 0..<count {
      let z = Double(i) * NoiseMaxima.step
      densities[i] =
        axes.reduce(exp(-z * z / 2) / (2 * .pi).squareRoot()) { $0 * $1.bothBelow(z) }
    }
    var sums = densities
    sums[count - 1] = 0
    for i in stride(from: count - 2, through: 0, by: -1) {
      sums[i] = sums[i + 1] + (densities[i] + densities[i + 1]) / 2 * NoiseMaxima.step
    }
    above = sums
  }

  /// The expected number of local maxima a voxel at or above a height in deviations, from 0 to 9.
  func perVoxel(above height: Double) -> Double {
    let position = min(max(height, 0), NoiseMaxima.highest) / NoiseMaxima.step
    let i = min(Int(position), above.count - 2)
    let share = position - Double(i)
    return above[i] * (1 - share) + above[i + 1] * share
  }
}

/// The two neighbours of a voxel along one axis.
private struct Neighbours {
  /// What divides the distance of z from a neighbour's conditional mean.
  private let slope: Double
  /// The upper end of Craig's integral, which their conditional correlation sets.
  private let angle: Double

  init(correlation rho: Double, second: Double) {
    // Given z, a neighbour has mean ρz and variance 1 − ρ²; the two have the correlation r.
    slope = ((1 - rho) / (1 + rho)).squareRoot()
    let spread = 1 - rho * rho
    let r = min(max((second - rho * rho) / spread, -0.999), 0.999)
    angle = atan(((1 + r) / (1 - r)).squareRoot())
  }

  /// The probability that both lie below z: 1 − 2 Φ⁺(x) + P(both above), with x = slope · z.
  ///
  /// P(both above) = 1/π ∫₀^angle exp(−x² / (2 sin² θ)) dθ (Craig 1991, Simon 2002), for z ≥ 0.
  func bothBelow(_ z: Double) -> Double {
    let x = slope * z
    let nodes = 48
    var sum = 0.0
    for i in 0..<nodes {
      let s = sin((Double(i) + 0.5) / Double(nodes) * angle)
      sum += exp(-x * x / (2 * s * s))
    }
    let bothAbove = sum * angle / Double(nodes) / .pi
    return max(0, 1 - erfc(x / 2.0.squareRoot()) + bothAbove)
  }
}
