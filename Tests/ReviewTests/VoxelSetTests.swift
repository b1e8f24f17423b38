// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Review
import Testing

@Suite struct VoxelSetTests {
  private func random(_ rng: inout SplitMix64) -> Set<Int> {
    Set((0..<40).map { _ in Int.random(in: 0..<120, using: &rng) })
  }

  @Test(arguments: 0..<50) func `sets of runs behave as sets of voxels`(seed: UInt64) throws {
    var rng = SplitMix64(seed: seed)
    let (a, b) = (random(&rng), random(&rng))
    let (s, t) = (
      VoxelSet(indices: a.sorted(), columns: 6), VoxelSet(indices: b.sorted(), columns: 6)
    )
    #expect(s.indices(columns: 6) == a.sorted())
    #expect(s.count == a.count)
    #expect(Set(s.subtracting(t).indices(columns: 6)) == a.subtracting(b))
    #expect(Set(s.union(t).indices(columns: 6)) == a.union(b))
    #expect(s.overlap(t) == a.intersection(b).count)
    for i in 0..<120 { #expect(s.contains(line: i / 6, column: i % 6) == a.contains(i)) }
    let again = try JSONDecoder().decode(VoxelSet.self, from: JSONEncoder().encode(s))
    #expect(again == s)
  }

  @Test(arguments: 0..<50) func `parts are what a walk over neighbours finds`(seed: UInt64) {
    // A volume of 4 slices, 5 rows and 6 columns.
    var rng = SplitMix64(seed: seed)
    let voxels = random(&rng)
    for isPlanar in [false, true] {
      var left = voxels
      var expected: Set<Set<Int>> = []
      while let start = left.min() {
        var (part, waiting): (Set<Int>, [Int]) = ([], [start])
        left.remove(start)
        while let i = waiting.popLast() {
          part.insert(i)
          let (z, y, x) = (i / 30, i / 6 % 5, i % 6)
          for dz in isPlanar ? 0...0 : -1...1 {
            for dy in -1...1 {
              for dx in -1...1 {
                let (c, b, a) = (z + dz, y + dy, x + dx)
                guard (0..<4).contains(c), (0..<5).contains(b), (0..<6).contains(a) else {
                  continue
                }
                if left.remove(c * 30 + b * 6 + a) != nil { waiting.append(c * 30 + b * 6 + a) }
              }
            }
          }
        }
        expected.insert(part)
      }
      let found = VoxelSet(indices: voxels.sorted(), columns: 6).parts(rows: 5, isPlanar: isPlanar)
      #expect(Set(found.map { Set($0.indices(columns: 6)) }) == expected)
    }
  }

  @Test(arguments: [
    "[1,2]", "[-1,0,1]", "[0,3,3]", "[0,5,2]", "[0,-2,2]", "{}", "[0,1,99999999999]",
  ])
  func `runs that are none are refused`(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(VoxelSet.self, from: Data(text.utf8))
    }
  }
}
