// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Volume

@Suite struct `Distance transforms` {
  @Test(arguments: [(3, 4, 5), (1, 7, 6), (6, 1, 1), (5, 5, 5)])
  func `equal the nearest of all voxels of the set`(nz: Int, ny: Int, nx: Int) {
    var random = SplitMix64(seed: UInt64(nz * 100 + ny * 10 + nx))
    for density in [0.02, 0.2, 0.7] {
      let set = (0..<nz * ny * nx).map { _ in
        Double.random(in: 0..<1, using: &random) < density ? UInt8(1) : 0
      }
      let places = set.indices.map { i in
        SIMD3(Float(i % nx), Float(i / nx % ny), Float(i / (nx * ny)))
      }
      let expected = places.map { p in
        set.indices.filter { set[$0] != 0 }
          .map { q in ((places[q] - p) * (places[q] - p)).sum() }.min() ?? .infinity
      }
      #expect(squaredDistances(to: set, shape: [nz, ny, nx]) == expected)
    }
  }

  @Test func `are infinite where the set is empty`() {
    let distances = squaredDistances(to: Array(repeating: 0, count: 24), shape: [2, 3, 4])
    #expect(distances.allSatisfy { $0 == .infinity })
  }
}
