// SPDX-License-Identifier: Apache-2.0
import Random
@testable import RiskNetworks
import Testing

@Suite struct `An image that is moved` {
  private let edge = 4
  private var image: [Float] { (0..<2 * 64).map(Float.init) }

  @Test func `is the image seen from elsewhere, both channels alike, with its edge repeated`() {
    var random = SplitMix64(seed: 1)
    let shift = ImageShift(limit: 2)
    var seen = Set<[Float]>()
    for _ in 0..<20 {
      let moved = shift.moved(image, edge: edge, using: &random)
      seen.insert(moved)
      for i in 0..<64 { #expect(moved[64 + i] == moved[i] + 64) }
      // Neighbours along x stay neighbours, or both are the edge.
      for i in 0..<64 where i % 4 > 0 { #expect([0, 1].contains(moved[i] - moved[i - 1])) }
    }
    #expect(seen.count > 5)
  }

  @Test func `stays where it is without a limit, and as many numbers are drawn without an image`() {
    var (one, other) = (SplitMix64(seed: 2), SplitMix64(seed: 2))
    #expect(ImageShift(limit: 0).moved(image, edge: edge, using: &one) == image)
    (one, other) = (SplitMix64(seed: 2), SplitMix64(seed: 2))
    _ = ImageShift(limit: 2).moved(image, edge: edge, using: &one)
    #expect(ImageShift(limit: 2).moved([], edge: edge, using: &other).isEmpty)
    #expect(one.next() == other.next())
  }
}
