// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Files
import Foundation
import Testing
import TestSupport

@Suite struct `Contours of other tools` {
  struct Oracle: Decodable {
    struct Case: Decodable {
      var mask: [String]
      var contour255: [[Int]]
      var seed: [String]
    }
    var cases: [Case]
  }

  private func oracle() throws -> Oracle {
    try JSONFile.read(Oracle.self, from: fixture("coca/contours.json"))
  }

  private func pixels(_ rows: [String]) -> Set<[Int]> {
    var result: Set<[Int]> = []
    for (y, row) in rows.enumerated() {
      for (x, character) in row.enumerated() where character == "1" { result.insert([y, x]) }
    }
    return result
  }

  private func region(_ mask: [String]) throws -> Region {
    var scan = Scan(rows: mask.count, columns: mask[0].count)
    for pixel in pixels(mask) { scan.mark(0, pixel[0], pixel[1], .leftAnteriorDescending) }
    let regions = try scan.annotation().regions
    try #require(regions.count == 1)
    return regions[0].region
  }

  @Test func `the writer's contour is the iso-contour of scikit-image`() throws {
    for example in try nonEmpty(oracle().cases) {
      let ours = try region(example.mask).points.map {
        [Int(($0.x * 255).rounded()), Int(($0.y * 255).rounded())]
      }
      let theirs = example.contour255
      try #require(ours.count == theirs.count)
      let start = try #require(theirs.firstIndex(of: ours[0]))
      let turned = Array(theirs[start...] + theirs[..<start])
      let back = Array(([turned[0]] + turned.dropFirst().reversed()))
      #expect(ours == turned || ours == back)
    }
  }

  @Test func `the Erasmus study's rule fills as OpenCV does`() throws {
    for example in try nonEmpty(oracle().cases) {
      var filled: Set<[Int]> = []
      try ContourFill.erasmus.pixels(inside: region(example.mask).points).forEach {
        filled.insert([$0, $1])
      }
      #expect(filled == pixels(example.seed))
    }
  }
}
