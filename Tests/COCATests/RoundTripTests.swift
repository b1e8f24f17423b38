// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import TestSupport
import Testing
import Volume

@Suite struct `An annotation of a labelled scan` {
  /// Writes, reads and fills; the mask must be the labels again, each region with its own numbers.
  private func expectRoundTrip(_ scan: Scan, _ comment: String) throws {
    let annotation = try scan.annotation().reread()
    #expect(annotation.issues.isEmpty, "\(comment)")
    let mask = annotation.mask(ct: scan.ct, fill: .exact, labels: .arteries)
    #expect(mask.volume.voxels == scan.labels.voxels, "\(comment)")
    #expect(mask.contested == 0, "\(comment)")
    #expect(mask.results.allSatisfy { $0.statisticsAreExact }, "\(comment)")
    #expect(
      mask.results.reduce(0) { $0 + $1.statistics.count }
        == scan.labels.voxels.count { $0 != 0 }, "\(comment)")
    // A contour never loses a pixel; only holes are added.
    #expect(mask.results.allSatisfy { $0.contourCount >= $0.statistics.count }, "\(comment)")
  }

  private func scan(pattern: Int, margin: Int, background: Int16) -> Scan {
    var scan = Scan(rows: 3 + 2 * margin, columns: 3 + 2 * margin)
    scan.ct.voxels = scan.ct.voxels.map { _ in background }
    for bit in 0..<9 where pattern >> bit & 1 == 1 {
      scan.mark(0, margin + bit / 3, margin + bit % 3, .leftMain, hu: Int16(200 + bit))
    }
    return scan
  }

  @Test(arguments: [0, 1])
  func `every pattern of nine pixels comes back`(margin: Int) throws {
    for pattern in 0..<512 {
      try expectRoundTrip(scan(pattern: pattern, margin: margin, background: 0), "\(pattern)")
    }
  }

  @Test func `every pattern comes back from contours alone where holes are bright`() throws {
    for pattern in 0..<512 {
      let scan = scan(pattern: pattern, margin: 1, background: 500)
      try expectRoundTrip(scan, "\(pattern)")
      for (_, region) in try scan.annotation().reread().regions {
        #expect(region.contourCount() == region.recordedCount, "\(pattern)")
      }
    }
  }

  @Test func `touching and enclosed blobs of four arteries come back`() throws {
    var random = SplitMix64(seed: 3)
    for round in 0..<60 {
      var scan = Scan(slices: 2, rows: 21, columns: 18)
      let density = Double(round % 6 + 2) / 8
      for i in scan.labels.voxels.indices where Double.random(in: 0..<1, using: &random) < density {
        scan.labels.voxels[i] = UInt8.random(in: 1...4, using: &random)
        scan.ct.voxels[i] = Int16.random(in: 130...1500, using: &random)
      }
      try expectRoundTrip(scan, "round \(round)")
    }
  }

  @Test func `a component has one contour, over corners and around dark holes`() throws {
    var scan = Scan(rows: 9, columns: 9)
    for (y, x) in [(1, 1), (2, 2), (3, 3), (3, 4), (3, 5), (4, 5), (5, 5), (5, 4), (5, 3), (4, 3)] {
      scan.mark(0, y, x, .right)
    }
    let regions = try scan.annotation().regions
    #expect(regions.count == 1)
    #expect(regions.first?.region.recordedCount == 10)
    #expect(regions.first?.region.contourCount() == 11)
  }

  @Test func `labelled pixels under the threshold are not annotated`() throws {
    var scan = Scan(rows: 5, columns: 5)
    scan.mark(0, 2, 2, .right, hu: 130)
    scan.mark(0, 2, 3, .right, hu: 129)
    #expect(try scan.annotation().regions.map(\.region.recordedCount) == [1])
  }

  @Test func `every field says what COCA's does`() throws {
    var scan = Scan(
      slices: 3, rows: 16, columns: 16, spacing: [0.4, 0.5, 3], origin: [-90, -180, -200])
    scan.mark(2, 5, 6, .leftAnteriorDescending, hu: 150)
    scan.mark(2, 5, 7, .leftAnteriorDescending, hu: 250)
    let annotation = try scan.annotation().reread()
    #expect(annotation.images.map(\.index) == [2])
    let region = try #require(annotation.regions.first?.region)
    #expect(region.name == "Left Anterior Descending Artery")
    #expect(region.artery == .leftAnteriorDescending)
    #expect(region.area == 2 * 0.4 * 0.5 / 100)
    #expect((region.min, region.max, region.mean, region.total) == (150, 250, 200, 400))
    // The sample deviation of two values is their difference over √2.
    #expect(abs(try #require(region.deviation) - 100 / 2.0.squareRoot()) < 1e-9)
    #expect(region.type == 20)
    #expect(region.indexInImage == 0)
    #expect(region.points.count == 6)
    #expect(region.points.contains([5.003922, 5]))
    // Point_px = (Point_mm − ImagePositionPatient) / PixelSpacing + 0.5.
    for (point, position) in try pairs(region.points, region.positions) {
      #expect(abs((position.x + 90) / 0.4 + 0.5 - point.x) < 1e-5)
      #expect(abs((position.y + 180) / 0.5 + 0.5 - point.y) < 1e-5)
      #expect(position.z == -194)
    }
    let center = try #require(region.center)
    #expect(abs(center.x - (-90 + 6 * 0.4)) < 1e-6)
    #expect(abs(center.y - (-180 + 4.5 * 0.5)) < 1e-6)
    // The hexagon's outline: two level parts of one pixel and four slanted ones.
    let slant = (0.4 * 0.4 + 0.5 * 0.5).squareRoot() * 254 / 255
    #expect(abs(try #require(region.length) - (2 * 0.4 + 4 * slant) / 10) < 1e-6)
  }

  @Test func `a single pixel has no standard deviation`() throws {
    var scan = Scan(rows: 5, columns: 5)
    scan.mark(0, 2, 2, .right)
    let annotation = try scan.annotation()
    #expect(String(decoding: annotation.propertyList, as: UTF8.self).contains("<real>nan</real>"))
    #expect(try annotation.reread().regions[0].region.deviation?.isNaN == true)
  }

  @Test func `the same seed gives the same bytes and another seed other empty regions`() throws {
    let scan = Scan.plaques(in: Array(0..<40), slices: 40)
    func bytes(_ seed: UInt64) throws -> Annotation {
      var generator = SplitMix64(seed: seed)
      return try AnnotationWriter().annotation(
        of: scan.labels, ct: scan.ct, subject: "1", using: &generator)
    }
    #expect(try bytes(5).propertyList == bytes(5).propertyList)
    #expect(try bytes(5).propertyList != bytes(6).propertyList)
    let empty = try bytes(5).reread().regions.filter { $0.region.isWithoutPoints }
    #expect(empty.count > 5 && empty.count < 35)
    #expect(empty.allSatisfy { $0.region.indexInImage == 1 && $0.region.artery == .right })
  }

  @Test func `an index counts upwards whichever way the slices are stored`() throws {
    var up = Scan(slices: 4, rows: 6, columns: 6, origin: [0, 0, 10])
    up.mark(1, 3, 3, .right)
    var down = Scan(
      slices: 4, rows: 6, columns: 6, origin: [0, 0, 19],
      direction: Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, -1]))
    down.mark(2, 3, 3, .right)
    #expect(try up.annotation().propertyList == down.annotation().propertyList)
    #expect(try up.annotation().images.map(\.index) == [1])
    try expectRoundTrip(down, "stored downwards")
  }

  @Test func `an oblique scan comes back`() throws {
    var scan = Scan(
      slices: 4, rows: 9, columns: 9, spacing: [0.4, 0.5, 2.5], origin: [-80, 30, 7],
      direction: Direction(x: [0.8, 0.6, 0], y: [0, 0, -1], z: [-0.6, 0.8, 0]))
    for (z, y, x) in [(0, 1, 1), (1, 4, 4), (1, 5, 5), (3, 8, 8)] { scan.mark(z, y, x, .leftMain) }
    try expectRoundTrip(scan, "oblique")
    let grid = AnnotationGrid(try scan.annotation().reread())
    let spacing = try #require(grid.pixelSpacing)
    #expect(abs(spacing.x - 0.4) < 1e-5 && abs(spacing.y - 0.5) < 1e-5)
    #expect(abs(abs(try #require(grid.step)) - 2.5) < 1e-4)
  }

  @Test func `labels that are no artery, other grids and shares are refused`() throws {
    var scan = Scan(rows: 4, columns: 4)
    scan.labels[0, 1, 1] = 5
    let error = #expect(throws: COCAError.self) { try scan.annotation() }
    #expect(error?.detail == "the label 5 is no artery (1 … 4)")
    #expect(throws: GeometryError.self) {
      try Scan(labels: scan.labels, ct: Scan(rows: 4, columns: 5).ct).annotation()
    }
    var generator = SplitMix64(seed: 1)
    #expect(throws: COCAError.self) {
      let scan = Scan(rows: 4, columns: 4)
      _ = try AnnotationWriter(emptyShare: .nan).annotation(
        of: scan.labels, ct: scan.ct, subject: "1", using: &generator)
    }
  }
}

extension Scan {
  init(labels: Volume<UInt8>, ct: Volume<Int16>) {
    self.init(rows: 1, columns: 1)
    self.labels = labels
    self.ct = ct
  }
}
