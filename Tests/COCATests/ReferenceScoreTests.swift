// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Files
import Testing
import Volume

@Suite struct `A reference score` {
  /// Regions of given area (mm²) and peak, one slice each, `increment` mm apart.
  private func annotation(
    _ regions: [(artery: Artery, area: Double?, peak: Double?)], increment: Double = 3
  ) -> Annotation {
    Annotation(
      subject: "1",
      images: regions.enumerated().map { index, entry in
        var region = Region(name: entry.artery.annotationName)
        let z = Double(index) * increment
        region.points = [[1, 1], [3, 1], [3, 4]]
        region.positions = region.points.map { [0.4 * ($0.x - 0.5), 0.4 * ($0.y - 0.5), z] }
        region.area = entry.area.map { $0 / 100 }
        region.max = entry.peak
        return AnnotatedImage(index: index + 5, regions: [region])
      })
  }

  @Test(arguments: [
    (129.0, 0.0), (130, 1), (199.5, 1), (200, 2), (299, 2), (300, 3), (399.9, 3), (400, 4),
    (3071, 4),
  ])
  func `area counts by the weight of its peak`(peak: Double, weight: Double) {
    let score = ReferenceScore(annotation([(.right, 6, peak), (.right, 0, 200)]))
    #expect(abs(score.total.agatston - 6 * weight) < 1e-9)
    #expect(abs(score.total.volume - 18) < 1e-9)
  }

  @Test(arguments: [3.0, 2.5, 1.5, 2.95])
  func `the increment comes from the steps between the annotated slices`(increment: Double) {
    let score = ReferenceScore(
      annotation([(.right, 3, 150), (.leftMain, 6, 250)], increment: increment))
    #expect(score.incrementSource == .annotation)
    #expect(abs(score.increment - increment) < 1e-9)
    #expect(abs(score.total.agatston - 15 * increment / 3) < 1e-9)
    #expect(abs((score.arteries[.leftMain]?.agatston ?? 0) - 12 * increment / 3) < 1e-9)
    #expect(score.arteries[.leftCircumflex] == nil)
    #expect(score.notes.isEmpty)
  }

  @Test func `slices far apart count by their index`() {
    var sparse = annotation([(.right, 3, 150), (.right, 3, 150)], increment: 12)
    sparse.images[1].index = 9
    #expect(ReferenceScore(sparse).increment == 3)
  }

  @Test func `one annotated slice takes the increment of the series, or 3 mm and says so`() {
    let single = annotation([(.right, 3, 450)])
    let assumed = ReferenceScore(single)
    #expect(assumed.incrementSource == .assumed)
    #expect(abs(assumed.total.agatston - 12) < 1e-9)
    #expect(assumed.notes == ["one annotated slice: an increment of 3 mm is assumed"])
    let known = ReferenceScore(single, seriesIncrement: 1.5)
    #expect(known.incrementSource == .series)
    #expect(abs(known.total.agatston - 6) < 1e-9)
    #expect(known.notes.isEmpty)
  }

  @Test func `regions that cannot count are left out and named`() {
    var mixed = annotation([
      (.right, 3, 150), (.right, nil, 150), (.right, 3, .nan), (.right, .infinity, 150),
      (.right, 3, 150), (.right, 3, 150), (.right, 3, 150),
    ])
    mixed.images[4].regions[0].name = "Unnamed"
    mixed.images[5].regions[0].issues = [COCAError(.pointCount, path: "1", detail: "x")]
    mixed.images[6].regions[0].points = []
    mixed.images[6].regions[0].positions = []
    let score = ReferenceScore(mixed)
    #expect(abs(score.total.agatston - 3) < 1e-9)
    #expect(
      score.notes == [
        "3 ROIs without a finite Area and Max left out", "1 ROI of no artery left out",
        "1 ROI with a fault left out",
      ])
  }

  @Test func `it is the score of the pixels where each component is a lesion`() throws {
    var scan = Scan(slices: 4, rows: 12, columns: 12, spacing: [0.5, 0.4, 2.5])
    for x in 2..<7 { scan.mark(1, 3, x, .leftAnteriorDescending, hu: 310) }
    for x in 2..<4 { scan.mark(2, 8, x, .right, hu: 140) }
    let score = ReferenceScore(try scan.annotation().reread())
    #expect(abs(score.total.agatston - (5 * 0.2 * 3 + 2 * 0.2 * 1) * 2.5 / 3) < 1e-6)
    #expect(abs(score.total.volume - 7 * 0.2 * 2.5) < 1e-6)
  }

  @Test(arguments: [
    (0.0, SeedClass.veryLow), (0.999, .veryLow), (1, .low), (9.99, .low), (10, .moderate),
    (99.9, .moderate), (100, .moderatelyHigh), (399.9, .moderatelyHigh), (400, .high),
    (5770, .high),
  ])
  func `no score falls between two classes`(score: Double, riskClass: SeedClass) {
    #expect(SeedClass(agatston: score) == riskClass)
  }

  @Test func `a table row holds the arteries and quotes what needs it`() {
    let score = ReferenceScore(annotation([(.right, 3, 150), (.leftMain, 1, 450)]))
    let table = CSVTable(
      header: ReferenceTable.header,
      rows: [
        ReferenceTable.row(id: "7", score),
        ReferenceTable.row(id: "7", .zero, notes: ["a, \"b\"", "c"]),
        ReferenceTable.row(id: "8", unreadable: "is empty"),
      ])
    #expect(
      table.text == """
        id,agatston,volume_mm3,LM,LAD,LCX,RCA,class,note
        7,7.0,12.0,4.0,0.0,0.0,3.0,low,
        7,0.0,0.0,0.0,0.0,0.0,0.0,very low,"a, ""b""; c"
        8,,,,,,,,is empty

        """)
  }
}
