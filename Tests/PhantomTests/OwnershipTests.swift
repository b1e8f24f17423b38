// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing

@testable import Phantom

@Suite struct `Components of a slice` {
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
