// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume

@Suite struct `An Agatston score` {
  @Test(
    arguments: [
      (129, 0), (130, 1), (199, 1), (200, 2), (299, 2), (300, 3), (399, 3), (400, 4), (3071, 4),
    ] as [(Int16, Double)])
  func `weighs a plaque by its peak`(hu: Int16, weight: Double) throws {
    var scan = Plaques(1, 4, 4)
    scan.paint(slice: 0, rows: 1..<3, columns: 1..<3, hu: hu)
    #expect(try scan.scored().agatston == 4 * weight)
  }

  @Test func `multiplies area, weight and a third of the increment`() throws {
    // 6 pixels of 0.37 × 0.41 mm, peak 320 HU, 2.5 mm apart.
    var scan = Plaques(2, 5, 6, spacing: [0.37, 0.41, 2.5])
    scan.paint(slice: 1, rows: 1..<3, columns: 2..<5, hu: 150)
    scan.ct[1, 2, 3] = 320
    let result = try scan.scored { $0.labels = .calcium }
    let area = 6 * 0.37 * 0.41
    // 0.91 mm² is below the minimum of 1 mm².
    #expect(area < 1 && result.agatston == 0)
    scan.paint([(1, 3, 2)], hu: 131)
    let larger = try scan.scored()
    #expect(isClose(larger.agatston, 7 * 0.37 * 0.41 * 3 * 2.5 / 3))
    #expect(isClose(larger.volume, 7 * 0.37 * 0.41 * 2.5))
    #expect(larger.density == 3)
  }

  @Test func `gives every slice its own peak`() throws {
    var scan = Plaques(3, 4, 4)
    scan.paint(slice: 0, rows: 0..<2, columns: 0..<2, hu: 150)
    scan.paint(slice: 1, rows: 0..<2, columns: 0..<2, hu: 450)
    scan.paint(slice: 2, rows: 0..<2, columns: 0..<2, hu: 250)
    let result = try scan.scored()
    #expect(result.agatston == 4.0 * (1 + 4 + 2))
    #expect(result.lesions.count == 1)
    #expect(isClose(result.density ?? 0, 7.0 / 3))
  }

  @Test(arguments: [(0.99, 0.0), (1.0, 1.0), (1.01, 1.0)])
  func `drops single pixels below one square millimetre`(side: Double, kept: Double) throws {
    var scan = Plaques(1, 3, 3, spacing: [side, 1, 3])
    scan.paint([(0, 1, 1)], hu: 500)
    #expect(try isClose(scan.scored().agatston, kept * side * 4))
  }

  @Test func `keeps exactly one square millimetre though spacing was stored as float32`() throws {
    // Two pixels of 0.7 × 1/1.4 mm are 1 mm²; as float32, 0.7 is a little less.
    let side = Double(Float(0.7))
    #expect(2 * side / 1.4 < 1)
    var scan = Plaques(1, 5, 5, spacing: [side, 1 / 1.4, 3])
    scan.paint(slice: 0, rows: 1..<2, columns: 1..<3, hu: 140)
    #expect(try isClose(scan.scored().agatston, 1, within: 1e-6))
  }

  @Test func `ignores bright voxels outside the mask and dark ones inside`() throws {
    var scan = Plaques(1, 6, 6)
    scan.paint(slice: 0, rows: 1..<3, columns: 1..<3, hu: 210)
    scan.ct[0, 3, 3] = 1000
    scan.mask[0, 3, 1] = 1
    let result = try scan.scored()
    #expect(result.agatston == 8)
    #expect(result.volume == 12)
  }

  @Test func `of an empty mask is zero, with no density`() throws {
    let result = try Plaques(2, 3, 4).scored(labels: .arteries)
    #expect(result.agatston == 0 && result.volume == 0 && result.lesions.isEmpty)
    #expect(result.density == nil && result.largestArteryShare == nil)
    #expect(result.calcifiedArteries == 0 && result.hasLeftMain == false)
    #expect(result.category.fiveClass == .veryLow && result.category.cacDRS.code == "A0/N0")
  }

  @Test func `of a volume without voxels is zero`() throws {
    #expect(try Plaques(0, 3, 4).scored().agatston == 0)
    #expect(try Plaques(2, 0, 4).scored().agatston == 0)
    #expect(try Plaques(2, 3, 0).scored().agatston == 0)
  }

  @Test(arguments: [(3.2, 0.45, 0.31, 2.5), (7.9, 0.3711, 0.3711, 3.0), (2.0, 0.715, 0.6, 1.5)])
  func `of a disc approaches its analytic area`(
    radius: Double, sx: Double, sy: Double, dz: Double
  ) throws {
    let (rows, columns) = (Int(20 / sy), Int(20 / sx))
    var scan = Plaques(1, rows, columns, spacing: [sx, sy, dz])
    var inside: [(Int, Int, Int)] = []
    for y in 0..<rows {
      for x in 0..<columns {
        let (a, b) = (Double(x) * sx - 9.7, Double(y) * sy - 9.9)
        if a * a + b * b <= radius * radius { inside.append((0, y, x)) }
      }
    }
    scan.paint(inside, hu: 300)
    let result = try scan.scored()
    // Gauss's circle: the error is at most the area of the pixels on the border.
    let border = 2 * Double.pi * radius * (sx * sx + sy * sy).squareRoot()
    #expect(abs(result.agatston / (3 * dz / 3) - .pi * radius * radius) < border)
    #expect(isClose(result.agatston, Double(inside.count) * sx * sy * 3 * dz / 3))
    let lesion = try #require(result.lesions.first)
    let diagonal = (sx * sx + sy * sy).squareRoot()
    #expect(lesion.diameter > 2 * radius - diagonal && lesion.diameter < 2 * radius + diagonal)
  }

  @Test func `of a sphere counts its voxels slice by slice`() throws {
    let spacing = SIMD3(0.7, 0.55, 1.3)
    let radius = 6.0
    let centre = SIMD3(8.1, 8.3, 8.2)
    var scan = Plaques(13, 31, 25, spacing: spacing, origin: [-20, 5, 100])
    var inside: [(Int, Int, Int)] = []
    for z in 0..<13 {
      for y in 0..<31 {
        for x in 0..<25 {
          let d = SIMD3(Double(x), Double(y), Double(z)) * spacing - centre
          if (d * d).sum() <= radius * radius { inside.append((z, y, x)) }
        }
      }
    }
    scan.paint(inside, hu: 260)
    let result = try scan.scored { $0.massCalibration = 0.8 }
    let volume = 4 / 3 * Double.pi * radius * radius * radius
    #expect(abs(result.volume / volume - 1) < 0.03)
    #expect(isClose(result.volume, Double(inside.count) * 0.7 * 0.55 * 1.3))
    #expect(isClose(result.mass ?? 0, 0.8 * 260 * result.volume / 1000))
    let lesion = try #require(result.lesions.first)
    #expect(result.lesions.count == 1)
    let error = lesion.centroid - (centre + [-20, 5, 100])
    #expect((error * error).sum().squareRoot() < 0.2)
    #expect(isClose(lesion.sliceAreas.reduce(0, +), lesion.area))
    #expect(isClose(lesion.area * 1.3, lesion.volume))
  }
}

@Suite struct `The arteries of a score` {
  @Test func `share the peak of a component that spans two of them`() throws {
    var scan = Plaques(1, 4, 8)
    scan.paint(slice: 0, rows: 1..<3, columns: 1..<4, hu: 150, label: 1)
    scan.paint(slice: 0, rows: 1..<3, columns: 4..<5, hu: 450, label: 2)
    let result = try scan.scored(labels: .arteries)
    #expect(result.agatston == 8 * 4)
    #expect(result.arteries?[.leftMain]?.agatston == 24)
    #expect(result.arteries?[.leftAnteriorDescending]?.agatston == 8)
    #expect(result.arteries?[.right]?.agatston == 0)
    #expect(result.lesions.count == 1 && result.lesions[0].artery == .leftMain)
    #expect(result.arteries?[.leftMain]?.lesions == 1)
    #expect(result.arteries?[.leftAnteriorDescending]?.lesions == 0)
    #expect(result.calcifiedArteries == 2 && result.hasLeftMain == true)
    #expect(result.largestArteryShare == 0.75)
    #expect(result.category.cacDRS.description == "CAC-DRS A1/N2")
  }

  @Test func `are not told by a mask of calcium alone`() throws {
    var scan = Plaques(1, 4, 4)
    scan.paint(slice: 0, rows: 0..<2, columns: 0..<2, hu: 450, label: 255)
    let result = try scan.scored(labels: .calcium)
    #expect(result.agatston == 16)
    #expect(result.arteries == nil && result.lesions[0].artery == nil)
    #expect(result.calcifiedArteries == nil && result.hasLeftMain == nil)
    #expect(result.category.cacDRS.code == "A1")
  }

  @Test func `refuse a value that is none of them, and say where it is`() throws {
    var scan = Plaques(3, 4, 5)
    scan.paint([(2, 3, 1)], hu: 40, label: 5)
    let error = try #require(throws: AgatstonError.self) { try scan.scored(labels: .arteries) }
    #expect(error.code == .label)
    #expect(error.description.contains("value 5 in slice 2, row 3, column 1"))
  }

  @Test func `get a lesion's name by lower label where halves are equal`() throws {
    var scan = Plaques(1, 3, 6)
    scan.paint(slice: 0, rows: 0..<2, columns: 0..<2, hu: 150, label: 4)
    scan.paint(slice: 0, rows: 0..<2, columns: 2..<4, hu: 150, label: 3)
    #expect(try scan.scored(labels: .arteries).lesions.map(\.artery) == [.leftCircumflex])
  }
}

@Suite struct `A lesion` {
  @Test func `hangs together by corners across slices and carries its facts`() throws {
    var scan = Plaques(4, 8, 8, spacing: [0.5, 0.5, 2], origin: [-10, 20, 30])
    scan.paint(slice: 1, rows: 1..<3, columns: 1..<3, hu: 200)
    scan.paint(slice: 2, rows: 3..<5, columns: 3..<6, hu: 300)
    scan.paint(slice: 3, rows: 0..<2, columns: 0..<2, hu: 140)
    let result = try scan.scored { $0.massCalibration = 0.75 }
    #expect(result.lesions.count == 2)
    let plaque = result.lesions[0]
    #expect(plaque.slices == [1, 2] && plaque.sliceAreas == [1, 1.5] && plaque.area == 2.5)
    #expect(isClose(plaque.agatston, (1 * 2 + 1.5 * 3) * 2 / 3))
    #expect(plaque.volume == 5 && plaque.peak == 300)
    #expect(isClose(plaque.mean, (4.0 * 200 + 6 * 300) / 10))
    #expect(isClose(plaque.mass ?? 0, 0.75 * 260 * 5 / 1000))
    // Columns: 4 voxels at 1.5 and 6 at 4; rows: 1.5 and 3.5; slices: 1 and 2.
    #expect(isClose(plaque.centroid.x, -10 + 0.5 * 3.0))
    #expect(isClose(plaque.centroid.y, 20 + 0.5 * 2.7))
    #expect(isClose(plaque.centroid.z, 30 + 2 * 1.6))
    // The longer component is 1.5 mm by 1 mm.
    #expect(isClose(plaque.diameter, (1.5 * 1.5 + 1).squareRoot()))
    #expect(result.lesions[1].slices == [3])
  }

  @Test func `does not hold voxels that were too few to be scored`() throws {
    var scan = Plaques(2, 5, 5, spacing: [0.5, 0.5, 3])
    scan.paint(slice: 0, rows: 0..<3, columns: 0..<3, hu: 200)
    scan.paint([(1, 1, 1)], hu: 900)
    let result = try scan.scored()
    #expect(result.lesions.map(\.slices) == [[0]])
    #expect(result.lesions[0].peak == 200)
  }

  @Test func `has the diameter of its longest component, whatever its shape`() throws {
    // A diagonal staircase of corners: from (0, 0) to (5, 5).
    var scan = Plaques(1, 6, 6, spacing: [1, 2, 3])
    scan.paint((0..<5).map { (0, $0, 4 - $0) }, hu: 200)
    #expect(try isClose(scan.scored().lesions[0].diameter, (25.0 + 100).squareRoot()))
  }

  @Test func `of an oblique grid has its centroid in the patient`() throws {
    let geometry = Geometry(
      extent: Extent(slices: 1, rows: 4, columns: 4), spacing: [1, 1, 3], origin: [10, 20, 30],
      direction: Direction(x: [0.8, 0.6, 0], y: [-0.6, 0.8, 0], z: [0, 0, 1]))
    var ct = Volume<Int16>(geometry: geometry, repeating: 0)
    var mask = Volume<UInt8>(geometry: geometry, repeating: 0)
    ct[0, 3, 2] = 200
    mask[0, 3, 2] = 1
    let result = try score(ct: ct, mask: mask, options: .init(labels: .calcium))
    let centroid = result.lesions[0].centroid
    #expect(isClose(centroid.x, 10 + 2 * 0.8 - 3 * 0.6))
    #expect(isClose(centroid.y, 20 + 2 * 0.6 + 3 * 0.8))
    #expect(centroid.z == 30)
  }
}
