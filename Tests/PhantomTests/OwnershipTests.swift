// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing

@testable import Phantom

@Suite struct `Bright components of a slice` {
  @Test func `are connected across corners, as a search by merging finds them`() {
    // All 512 patterns of 3 × 3 pixels.
    for pattern in 0..<512 {
      let marked = (0..<9).map { pattern >> $0 & 1 == 1 }
      var group = Array(0..<9)
      for _ in 0..<9 {
        for a in 0..<9 where marked[a] {
          for b in 0..<9 where marked[b] && abs(a % 3 - b % 3) <= 1 && abs(a / 3 - b / 3) <= 1 {
            group[a] = min(group[a], group[b])
          }
        }
      }
      let expected = Set((0..<9).filter { marked[$0] }.map { group[$0] }).count
      #expect(connectedComponents(of: marked, columns: 3).count == expected)
    }
  }

  @Test func `share one weight between two arteries and add up`() {
    // Two pixels each of LAD and LM in one component of peak 350: weight 3 for all.
    let lad: [Float] = [300, 300, 0, 0, 0, 0, 0, 0]
    let main: [Float] = [0, 0, 200, 200, 0, 0, 0, 0]
    let owners = Ownership([(.leftAnteriorDescending, lad), (.leftMain, main)], count: 8)
    let image: [Float] = [350, 200, 150, 140, 0, 500, 0, 0]
    let scores = owners.scores(image: image, columns: 8, pixelArea: 0.5, increment: 6)
    #expect(scores[.leftAnteriorDescending] == 2 * 0.5 * 3 * 2)
    #expect(scores[.leftMain] == 2 * 0.5 * 3 * 2)
    #expect(scores.count == 2)
  }

  @Test func `below half a square millimetre stay unmarked`() {
    let owners = Ownership([(.right, [200, 200, 0, 200, 0, 0])], count: 6)
    let labels = owners.annotation(
      image: [150, 150, 10, 150, 400, 400], columns: 6, pixelArea: 0.3)
    #expect(labels == [4, 4, 0, 0, 0, 0])
  }
}
