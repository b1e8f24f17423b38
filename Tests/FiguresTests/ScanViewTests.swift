// SPDX-License-Identifier: Apache-2.0
import Testing
import Volume

@testable import Figures

@Suite struct `A view of a scan` {
  /// A scan of 10 slices with a bright corner, a rib behind, and two marks.
  private func scan(_ direction: Direction = .identity) -> (Volume<Int16>, Volume<UInt8>) {
    let geometry = Geometry(
      extent: Extent(slices: 10, rows: 12, columns: 16), spacing: [0.5, 0.5, 3],
      direction: direction)
    var ct = Volume<Int16>(geometry: geometry, repeating: 40)
    var marks = Volume<UInt8>(geometry: geometry, repeating: 0)
    for z in 0..<10 { ct[z, 11, 15] = 1200 }
    for x in 4..<7 {
      ct[6, 5, x] = 400
      marks[6, 5, x] = 2
    }
    ct[3, 8, 10] = 300
    marks[3, 8, 10] = 6
    return (ct, marks)
  }

  private func view(_ direction: Direction = .identity) -> ScanView {
    let (ct, marks) = scan(direction)
    return ScanView(ct: ct, marks: marks, box: SliceBox(wholeOf: ct.extent), slices: 0..<10)
  }

  /// The corners of a picture's outline: low x, high x, low y, high y.
  private func ends(_ loops: [[SIMD2<Double>]]?) throws -> [Double] {
    let points = try #require(loops).flatMap(\.self)
    return try [
      #require(points.map(\.x).min()), #require(points.map(\.x).max()),
      #require(points.map(\.y).min()), #require(points.map(\.y).max()),
    ]
  }

  @Test func `shows a slice pixel by pixel, and marks in millimetres`() throws {
    let picture = try view().slice(6)
    let png = try DecodedPNG(picture.png)
    #expect(png.width == 16 && png.height == 12)
    // Within −160…240 HU: 40 is the middle, 400 and 1200 are white.
    #expect(png[4, 5] == 0xFFFFFF && png[15, 11] == 0xFFFFFF)
    #expect(png[0, 0] == png[3, 5] && png[0, 0] < 0x8F8F8F && png[0, 0] > 0x707070)
    #expect(picture.size == [8, 6] && Array(picture.outlines.keys) == [2])
    #expect(try ends(picture.outlines[2]) == [2, 3.5, 2.5, 3])
    #expect(picture.leftSide == "R" && picture.upperSide == "A")
  }

  @Test func `looks the same in prone position`() throws {
    let prone = Direction(x: [-1, 0, 0], y: [0, -1, 0], z: [0, 0, 1])
    let picture = try view(prone).slice(6)
    let png = try DecodedPNG(picture.png)
    #expect(png[0, 0] == 0xFFFFFF && png[11, 6] == 0xFFFFFF)
    #expect(try ends(picture.outlines[2]) == [4.5, 6, 3, 3.5])
  }

  @Test func `projects what lies in the region, and dims the rest`() throws {
    let both = try view().projections { x, _, _ in x < 12 ? 1 : 0 }
    let axial = try DecodedPNG(both.axial.png)
    #expect(axial.width == 16 && axial.height == 12)
    #expect(axial[4, 5] == 0xFFFFFF && axial[10, 8] > 0xD0D0D0)
    // The rib is there, and darker than the heart.
    #expect(axial[15, 11] < axial[0, 0] && axial[15, 11] > axial[14, 0])
    #expect(Set(both.axial.outlines.keys) == [2, 6])
    // Slices of 3 mm become rows of 0.5 mm, the head at the top: slice 6 is the fourth from there.
    let frontal = try DecodedPNG(both.frontal.png)
    #expect(frontal.width == 16 && frontal.height == 60)
    #expect(frontal[5, 21] > 0xE0E0E0 && frontal[5, 40] < 0xC0C0C0)
    #expect(both.frontal.size == [8, 30] && both.frontal.upperSide == "S")
    #expect(try ends(both.frontal.outlines[2]) == [2, 3.5, 9, 12])
  }

  @Test func `has the head at the top in scans from head to feet, too`() throws {
    let down = Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, -1])
    let frontal = try view(down).projections { _, _, _ in 1 }.frontal
    #expect(try ends(frontal.outlines[2]) == [2, 3.5, 18, 21])
  }

  @Test func `shows a part of the slices and of the images`() throws {
    let (ct, marks) = scan()
    let view = ScanView(
      ct: ct, marks: marks, box: SliceBox(rows: 4..<9, columns: 3..<13), slices: 5..<8)
    let both = try view.projections { _, _, _ in 1 }
    #expect(both.axial.size == [5, 2.5] && both.frontal.size == [5, 9])
    #expect(Array(both.axial.outlines.keys) == [2])
    #expect(try ends(view.slice(6).outlines[2]) == [0.5, 2, 0.5, 1])
  }
}
