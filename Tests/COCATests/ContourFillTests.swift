// SPDX-License-Identifier: Apache-2.0
import COCA
import TestSupport
import Testing

/// Whether a lattice point lies inside a polygon or on it, point by point in whole millionths.
private func contains(_ polygon: [(x: Int, y: Int)], column: Int, row: Int) -> Bool {
  let (px, py) = (column * 1_000_000, row * 1_000_000)
  var winding = 0
  for (a, b) in zip(polygon, polygon.dropFirst() + polygon.prefix(1)) {
    let side = (b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x)
    let within =
      min(a.x, b.x) <= px && px <= max(a.x, b.x) && min(a.y, b.y) <= py && py <= max(a.y, b.y)
    if side == 0, within { return true }
    if a.y <= py, b.y > py, side > 0 { winding += 1 }
    if b.y <= py, a.y > py, side < 0 { winding -= 1 }
  }
  return winding != 0
}

@Suite struct `Filling a contour` {
  private func set(_ runs: PixelRuns) -> Set<[Int]> {
    var pixels: Set<[Int]> = []
    runs.forEach { row, column in pixels.insert([row, column]) }
    return pixels
  }

  @Test func `random polygons agree with a test of every pixel centre`() throws {
    var random = SplitMix64(seed: 7)
    for round in 0..<600 {
      let count = Int.random(in: 1...9, using: &random)
      // A third of the polygons has whole or half vertices, so that centres lie on the border.
      let grain = [1, 500_000, 1_000_000][round % 3]
      let polygon = (0..<count).map { _ in
        (
          x: Int.random(in: -2_000_000...9_000_000, using: &random) / grain * grain,
          y: Int.random(in: -2_000_000...9_000_000, using: &random) / grain * grain
        )
      }
      let points = polygon.map { SIMD2(Double($0.x) / 1e6, Double($0.y) / 1e6) }
      var expected: Set<[Int]> = []
      for row in -3...10 {
        for column in -3...10 where contains(polygon, column: column, row: row) {
          expected.insert([row, column])
        }
      }
      let filled = try ContourFill.exact.pixels(inside: points)
      #expect(set(filled) == expected, "\(polygon)")
      #expect(filled.count == expected.count)
    }
  }

  @Test func `a border that meets pixel centres holds them`() throws {
    // Pick's theorem: the triangle has area 8, 12 border points and so 3 inside.
    let triangle = try ContourFill.exact.pixels(inside: [[0, 0], [4, 0], [0, 4]])
    #expect(triangle.count == 15)
    let square = try ContourFill.exact.pixels(inside: [[1, 1], [4, 1], [4, 4], [1, 4]])
    #expect(square.count == 16)
  }

  @Test func `a vertex a millionth off decides whether a centre is on the border`() throws {
    let on = try ContourFill.exact.pixels(inside: [[0.5, 1], [2, 1], [2, 2.5]])
    #expect(set(on).contains([1, 2]))
    let off = try ContourFill.exact.pixels(inside: [[0.5, 1], [1.999999, 1], [1.999999, 2.5]])
    #expect(!set(off).contains([1, 2]))
  }

  @Test func `the direction of the contour does not matter`() throws {
    let points: [SIMD2<Double>] = [[1.2, 0.3], [7.7, 2.1], [5.5, 8.25], [0.4, 6]]
    let forth = try ContourFill.exact.pixels(inside: points)
    #expect(try ContourFill.exact.pixels(inside: points.reversed()) == forth)
  }

  @Test func `a contour wound twice loses nothing and a keyhole stays open`() throws {
    let twice: [SIMD2<Double>] = [
      [0, 0], [5, 0], [5, 5], [0, 5], [0, 0], [5, 0], [5, 5], [0, 5],
    ]
    #expect(try ContourFill.exact.pixels(inside: twice).count == 36)
    let keyhole: [SIMD2<Double>] = [
      [0, 0], [6, 0], [6, 6], [0, 6], [0, 0], [1.5, 1.5], [1.5, 4.5], [4.5, 4.5], [4.5, 1.5],
      [1.5, 1.5],
    ]
    #expect(try ContourFill.exact.pixels(inside: keyhole).count == 49 - 9)
  }

  @Test func `no contour, a point and a line are what they cover`() throws {
    #expect(try ContourFill.exact.pixels(inside: []).count == 0)
    #expect(try ContourFill.exact.pixels(inside: [[3, 4]]).count == 1)
    #expect(try ContourFill.exact.pixels(inside: [[3, 4.5]]).count == 0)
    #expect(try ContourFill.exact.pixels(inside: [[0, 0], [6, 3]]).count == 4)
  }

  @Test func `the largest coordinates do not overflow`() throws {
    // The diagonal of 65,536 pixels at full precision needs 128 bits.
    let points: [SIMD2<Double>] = [
      [-65536, -65536], [65535.999999, 65535.999999], [65535.999998, 65535.999999],
    ]
    let sliver = try ContourFill.exact.pixels(inside: points)
    // On the diagonal edge, in each row from the first vertex to the last.
    #expect(sliver.count == 131_072)
    let low: [SIMD2<Double>] = [[0, 0], [65536, 0], [65536, 1], [0, 1]]
    #expect(try ContourFill.exact.pixels(inside: low).count == 2 * 65537)
  }

  @Test(arguments: [Double.nan, .infinity, -65_537, 1e300], ContourFill.allCases)
  func `a coordinate that is no place is an error`(value: Double, fill: ContourFill) {
    #expect(throws: COCAError.self) { try fill.pixels(inside: [[0, 0], [1, value], [2, 2]]) }
  }

  @Test(arguments: ContourFill.allCases)
  func `a tangle is an error and takes no memory`(fill: ContourFill) {
    let tangle = (0..<2000).map { SIMD2(Double($0), $0 % 2 == 0 ? -60_000.0 : 60_000) }
    let error = #expect(throws: COCAError.self) { try fill.pixels(inside: tangle) }
    #expect(error?.detail.contains("outlines no lesion") == true)
  }

  @Test func `the Erasmus study's rule keeps its earlier name in files`() {
    #expect(ContourFill(rawValue: "seed") == .erasmus && ContourFill.erasmus.title == "erasmus")
  }

  @Test func `the Erasmus study's rule adds the rim of the background`() throws {
    // One pixel at (2, 2), its contour 1/255 inside the four neighbours.
    let inside = 1.0 / 255
    let diamond: [SIMD2<Double>] = [
      [2, 1 + inside], [3 - inside, 2], [2, 3 - inside], [1 + inside, 2],
    ]
    #expect(try set(ContourFill.exact.pixels(inside: diamond)) == [[2, 2]])
    #expect(
      try set(ContourFill.erasmus.pixels(inside: diamond))
        == [[1, 2], [2, 1], [2, 2], [2, 3], [3, 2]])
  }

  @Test func `the Erasmus study's rule rounds towards zero after adding 0_99`() throws {
    let points: [SIMD2<Double>] = [[0.009999, 0.01], [2.01, 0], [-0.996, 3.5]]
    // (0, 1)? No: 0.009999 + 0.99 stays below 1, 0.01 + 0.99 reaches it.
    #expect(
      try ContourFill.erasmus.pixels(inside: points)
        == ContourFill.erasmus.pixels(inside: [[0, 1], [3, 0], [0, 4]]))
  }

  @Test func `pixels outside the image are cut off`() throws {
    let filled = try ContourFill.exact.pixels(inside: [[-2, -2], [3, -2], [3, 3], [-2, 3]])
    #expect(filled.count == 36)
    #expect(filled.clipped(rows: 2, columns: 3).count == 6)
  }
}
