// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Volume

/// Copies of a scan with white noise, the same for the same number.
enum NoisyScan {
  /// A copy with noise of a standard deviation in HU, within what a scan can hold.
  static func copy(_ scan: Volume<Int16>, number: Int, deviation: Double) -> Volume<Int16> {
    var random = SplitMix64(seed: SplitMix64.mixed(UInt64(number) &+ 0x5EED))
    var noisy = scan
    var spare: Double?
    for i in noisy.voxels.indices {
      let normal: Double
      if let value = spare {
        (normal, spare) = (value, nil)
      } else {
        // Box and Muller 1958: two at once.
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &random)))
          .squareRoot()
        let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &random)
        (normal, spare) = (radius * cos(angle), radius * sin(angle))
      }
      let hu = Double(noisy.voxels[i]) + deviation * normal
      noisy.voxels[i] = Int16(min(max(hu.rounded(), -32768), 32767))
    }
    return noisy
  }
}
