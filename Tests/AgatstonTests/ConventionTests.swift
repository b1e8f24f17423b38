// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume

/// One scan, worked out by hand for every convention; pixels 0.6 × 0.6 mm, slices 2.5 mm apart.
///
/// Pixel area 0.36 mm². A and B touch by a corner in slice 0, C lies below A by a face, D is a
/// single bright pixel, E lies in the mask but under 130 HU, F is exactly 130 HU.
private func workedExample() -> Plaques {
  var scan = Plaques(3, 12, 12, spacing: [0.6, 0.6, 2.5])
  scan.paint(slice: 0, rows: 1..<3, columns: 1..<3, hu: 150, label: 1)  // A, 4 pixels
  scan.paint(slice: 0, rows: 3..<5, columns: 3..<5, hu: 350, label: 2)  // B, 4 pixels
  scan.paint(slice: 1, rows: 1..<3, columns: 1..<2, hu: 410, label: 1)  // C, 2 pixels
  scan.paint([(1, 8, 8)], hu: 500, label: 4)  // D, 1 pixel
  scan.paint(slice: 2, rows: 6..<8, columns: 6..<8, hu: 120, label: 3)  // E, 4 pixels
  scan.paint(slice: 2, rows: 1..<4, columns: 9..<11, hu: 130, label: 3)  // F, 6 pixels
  return scan
}

@Suite struct `A convention` {
  @Test func `agatston joins corners, drops below 1 mm² and E`() throws {
    // A and B: 8 pixels × 3; C 0.72 mm² and D too small; F: 6 × 1.
    let result = try workedExample().scored(.agatston, labels: .arteries)
    #expect(isClose(result.agatston, (8 * 3 + 6) * 0.36 * 2.5 / 3))
    #expect(isClose(result.volume, 14 * 0.36 * 2.5))
    #expect(isClose(result.arteries?[.leftMain]?.agatston ?? 0, 4 * 3 * 0.36 * 2.5 / 3))
  }

  @Test func `erasmus takes the mask as it is, by edges, without the increment`() throws {
    // A 4×1, B 4×3, C 2×4, D 1×4, E 0, F 6×1.
    let result = try workedExample().scored(.erasmus, labels: .arteries)
    #expect(isClose(result.agatston, (4 + 12 + 8 + 4 + 0 + 6) * 0.36))
    #expect(isClose(result.volume, 21 * 0.36 * 2.5))
    // E weighs nothing: it counts as volume but not in the density.
    #expect(isClose(result.density ?? 0, 34.0 / 17))
    #expect(result.calcifiedArteries == 4)
  }

  @Test func `ai-cac rounds each 3D component, by faces, with its one peak`() throws {
    // A and C: 6 voxels × 4, B 4 × 3, D single, E 0, F 6 × 1; thickness 2.5: 0.3 a pixel.
    // 7.2 → 7, 3.6 → 4, 1.8 → 2.
    let result = try workedExample().scored(.aiCAC, labels: .arteries) { $0.sliceThickness = 2.5 }
    #expect(result.agatston == 13)
    #expect(isClose(result.arteries?[.leftMain]?.agatston ?? 0, 7))
    // Thickness 3, not the increment, 0.36 a pixel: 8.64 → 9, 4.32 → 4, 2.16 → 2.
    let thick = try workedExample().scored(.aiCAC) { $0.sliceThickness = 3 }
    #expect(thick.agatston == 15)
    #expect(thick.warnings.contains { $0.text.contains("overlap") })
  }

  @Test func `ai-cac rounds half to even`() throws {
    // 5 pixels of 0.5 mm² at thickness 3 are 2.5 points, 7 are 3.5.
    var scan = Plaques(1, 3, 20, spacing: [1, 0.5, 3])
    scan.paint(slice: 0, rows: 0..<1, columns: 0..<5, hu: 150)
    scan.paint(slice: 0, rows: 2..<3, columns: 0..<7, hu: 150)
    #expect(try scan.scored(.aiCAC).agatston == 2 + 4)
  }

  @Test func `deepcac wants more than three pixels and rounds the pixel`() throws {
    // A and B 8 × 3, E 0, F 6; 0.36 × 2.5 / 3 = 0.3 exactly.
    #expect(try isClose(workedExample().scored(.deepCAC).agatston, 30 * 0.3))
    // 0.37² × 2.5 / 3 = 0.114083… rounds to 0.114.
    var scan = Plaques(1, 4, 4, spacing: [0.37, 0.37, 2.5])
    scan.paint(slice: 0, rows: 0..<2, columns: 0..<2, hu: 250)
    #expect(try isClose(scan.scored(.deepCAC).agatston, 4 * 2 * 0.114))
    scan.mask[0, 0, 0] = 0
    #expect(try scan.scored(.deepCAC).agatston == 0)
  }

  @Test func `van-velzen weighs each slice of a lesion of 1.5 mm³`() throws {
    // Lesion A, B, C: slice 0 has 8 × 3, slice 1 has 2 × 4; D 0.9 mm³ is dropped; F 6 × 1.
    let result = try workedExample().scored(.vanVelzen)
    #expect(isClose(result.agatston, (24 + 8 + 6) * 0.3))
    var scan = Plaques(1, 3, 3, spacing: [1, 0.5, 3])
    scan.paint([(0, 1, 1)], hu: 150)
    #expect(try isClose(scan.scored(.vanVelzen).agatston, 0.5), "1.5 mm³ exactly stays")
  }

  @Test func `van-velzen gives two components of a lesion in one slice one peak`() throws {
    var scan = Plaques(2, 3, 7)
    scan.paint(slice: 0, rows: 1..<2, columns: 0..<7, hu: 140)
    scan.paint(slice: 1, rows: 1..<2, columns: 0..<2, hu: 150)
    scan.paint(slice: 1, rows: 1..<2, columns: 5..<7, hu: 450)
    #expect(try scan.scored(.vanVelzen).agatston == 7 + 4 * 4)
    #expect(try scan.scored(.agatston).agatston == 7 + 2 * 1 + 2 * 4)
  }

  @Test func `orcascore wants more than 130 HU and counts left main as LAD`() throws {
    // A and C by faces: slice 0 4 × 1, slice 1 2 × 4; B 4 × 3; D 1 × 4; F is not above 130.
    let result = try workedExample().scored(.orCaScore, labels: .arteries)
    #expect(isClose(result.agatston, (4 + 8 + 12 + 4) * 0.3))
    #expect(isClose(result.arteries?[.leftAnteriorDescending]?.agatston ?? 0, 24 * 0.3))
    #expect(result.arteries?[.leftMain]?.agatston == 0)
    #expect(result.convention.threshold == 131)
  }

  @Test(arguments: Convention.all) func `is found by its name`(convention: Convention) throws {
    #expect(try Convention.named(convention.name) == convention)
    #expect(try Convention.named(convention.title) == convention)
  }

  @Test func `of the Erasmus study keeps its earlier name in files`() throws {
    #expect(Convention.erasmus.title == "erasmus" && Convention.erasmus.name == "seed")
    let score = try workedExample().scored(.erasmus)
    #expect(score.convention.description.hasPrefix("erasmus ("))
  }

  @Test func `of an unknown name is refused with the list of names`() throws {
    let error = try #require(throws: AgatstonError.self) { try Convention.named("Agatston") }
    #expect(error.description.contains("agatston, erasmus, ai-cac, deepcac, van-velzen, orcascore"))
  }

  @Test func `with a minimum area across slices is refused`() throws {
    var odd = Convention.vanVelzen
    odd.minimumArea = 1
    let scan = workedExample()
    #expect(throws: AgatstonError.self) { try scan.scored(odd) }
  }
}
