// SPDX-License-Identifier: Apache-2.0
import Agatston
import TestSupport
import Testing
import Volume

/// The lattice points within a radius of a point in the plane or in space; all in pixels or mm.
private func lattice(
  _ scan: Plaques, centre: SIMD3<Double>, radius: Double, slices: Range<Int>
) -> [(Int, Int, Int)] {
  let e = scan.ct.extent
  let s = scan.ct.geometry.spacing
  var inside: [(Int, Int, Int)] = []
  for z in slices {
    for y in 0..<e.rows {
      for x in 0..<e.columns {
        let d = SIMD3(Double(x), Double(y), Double(z)) * s - centre
        if (d * d).sum() <= radius * radius { inside.append((z, y, x)) }
      }
    }
  }
  return inside
}

@Suite struct `A plaque of known size` {
  /// The lattice points in a circle about one of them (Gauss; OEIS A000328).
  private static let circles = [(0, 1), (1, 5), (2, 13), (3, 29), (4, 49), (5, 81), (10, 317)]
  /// The lattice points in a sphere about one of them (OEIS A000605).
  private static let spheres = [(0, 1), (1, 7), (2, 33), (3, 123), (4, 257), (5, 515), (6, 925)]
  /// HU hit exactly and missed by one, with their weights.
  private static let peaks: [(Int16, Double)] = [
    (130, 1), (199, 1), (200, 2), (299, 2), (300, 3), (399, 3), (400, 4), (1500, 4),
  ]

  @Test(arguments: circles, peaks)
  func `of Gauss's circle scores its lattice points exactly`(
    circle: (Int, Int), peak: (Int16, Double)
  ) throws {
    var scan = Plaques(1, 25, 25, spacing: [1, 1, 2.5])
    let points = lattice(scan, centre: [12, 12, 0], radius: Double(circle.0), slices: 0..<1)
    #expect(points.count == circle.1)
    scan.paint(points, hu: 130)
    scan.ct[0, 12, 12] = peak.0
    let result = try scan.scored()
    #expect(isClose(result.agatston, Double(circle.1) * peak.1 * 2.5 / 3))
    #expect(result.volume == Double(circle.1) * 2.5 && result.area == Double(circle.1))
    #expect(result.density == peak.1)
  }

  @Test(arguments: spheres)
  func `of a sphere of lattice points scores every slice of it`(sphere: (Int, Int)) throws {
    var scan = Plaques(15, 15, 15, spacing: [1, 1, 1])
    let points = lattice(scan, centre: [7, 7, 7], radius: Double(sphere.0), slices: 0..<15)
    #expect(points.count == sphere.1)
    scan.paint(points, hu: 350)
    for convention in Convention.all where convention.name != "deepcac" && sphere.0 > 0 {
      let result = try scan.scored(convention) { $0.sliceThickness = 1 }
      #expect(result.volume == Double(sphere.1), "\(convention.name)")
      #expect(result.lesions.count == 1 && result.lesions[0].centroid == [7, 7, 7])
      let slice = convention.factor == .none ? 1 : 1.0 / 3
      let exact = Double(sphere.1) * 3 * slice
      // The only convention that rounds.
      let expected = convention.name == "ai-cac" ? exact.rounded(.toNearestOrEven) : exact
      #expect(isClose(result.agatston, expected), "\(convention.name)")
    }
  }

  @Test(
    arguments: [
      (SIMD3(0.31, 0.47, 0.9), 4.3), (SIMD3(0.72, 0.55, 1.3), 6.1), (SIMD3(0.4, 0.4, 3), 9.7),
    ] as [(SIMD3<Double>, Double)])
  func `of a sphere at odd spacings is off by less than its border`(
    spacing: SIMD3<Double>, radius: Double
  ) throws {
    var rng = SplitMix64(seed: 21)
    for _ in 0..<5 {
      let span = 2.4 * radius
      var scan = Plaques(
        Int(span / spacing.z) + 2, Int(span / spacing.y) + 2, Int(span / spacing.x) + 2,
        spacing: spacing)
      let shift = SIMD3(
        Double.random(in: 0..<1, using: &rng), Double.random(in: 0..<1, using: &rng),
        Double.random(in: 0..<1, using: &rng))
      let centre = SIMD3(repeating: 1.15 * radius) + shift * spacing * 0.5
      scan.paint(
        lattice(scan, centre: centre, radius: radius, slices: 0..<scan.ct.extent.slices), hu: 410)
      let result = try scan.scored()
      // A voxel is counted by its centre, so it errs within half its diagonal of the surface.
      let d = (spacing * spacing).sum().squareRoot() / 2
      func ball(_ r: Double) -> Double { 4 / 3 * Double.pi * r * r * r }
      #expect(result.volume > ball(radius - d) && result.volume < ball(radius + d))
      // All of it weighs 4, in mm² · 3 mm.
      #expect(isClose(result.agatston, result.volume * 4 / 3))
      #expect(result.lesions.count == 1)
      let off = result.lesions[0].centroid - centre
      #expect((off * off).sum().squareRoot() < d)
    }
  }

  @Test func `that spans slices and arteries is scored once and shared by area`() throws {
    // A cylinder of 81 pixels over four slices; that with x < 12 is LAD, the other part LCX.
    var scan = Plaques(6, 25, 25, spacing: [0.5, 0.5, 1.5])
    for z in 1..<5 {
      let disc = lattice(
        scan, centre: [6, 6, Double(z) * 1.5], radius: 2.5, slices: z..<z + 1)
      #expect(disc.count == 81)
      scan.paint(disc.filter { $0.2 < 12 }, hu: 150, label: 2)
      scan.paint(disc.filter { $0.2 >= 12 }, hu: 250, label: 3)
    }
    // 81 − 11 on the middle line leaves 35 on either side.
    let result = try scan.scored(labels: .arteries)
    let point = 0.25 * 0.5
    #expect(isClose(result.agatston, 4 * 81 * 2 * point))
    #expect(isClose(result.arteries?[.leftAnteriorDescending]?.agatston ?? 0, 4 * 35 * 2 * point))
    #expect(isClose(result.arteries?[.leftCircumflex]?.agatston ?? 0, 4 * 46 * 2 * point))
    #expect(result.lesions.map(\.artery) == [.leftCircumflex])
    #expect(result.lesions[0].slices == [1, 2, 3, 4])
    #expect(isClose(result.lesions[0].density ?? 0, 2))
    #expect(isClose(result.arteries?[.leftAnteriorDescending]?.density ?? 0, 2))
    #expect(isClose(result.arteries?[.leftAnteriorDescending]?.area ?? 0, 4 * 35 * 0.25))
  }

  /// Scores of a single pixel by convention: 0.6 mm wide of 129 and 400 HU at an increment of 2.5,
  /// the latter at an increment of 10, and 1.2 mm wide of 400 HU at an increment of 2.5.
  ///
  /// Areas 0.36 and 1.44 mm², volumes 0.9, 3.6 and 3.6 mm³, weight 4.
  @Test(
    arguments: [
      ("agatston", [0, 0, 0, 4.8]), ("seed", [0, 1.44, 1.44, 5.76]), ("ai-cac", [0, 0, 0, 0]),
      ("deepcac", [0, 0, 0, 0]), ("van-velzen", [0, 0, 4.8, 4.8]),
      ("orcascore", [0, 1.2, 4.8, 4.8]),
    ] as [(String, [Double])])
  func `of one pixel counts where it reaches the convention's minimum`(
    name: String, expected: [Double]
  ) throws {
    let pixels: [(side: Double, increment: Double, hu: Int16)] = [
      (0.6, 2.5, 129), (0.6, 2.5, 400), (0.6, 10, 400), (1.2, 2.5, 400),
    ]
    for (pixel, points) in zip(pixels, expected) {
      var scan = Plaques(1, 3, 3, spacing: [pixel.side, pixel.side, pixel.increment])
      scan.paint([(0, 1, 1)], hu: pixel.hu)
      #expect(try isClose(scan.scored(Convention.named(name)).agatston, points), "\(pixel)")
    }
  }
}
