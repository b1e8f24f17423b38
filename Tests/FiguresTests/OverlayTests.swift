// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `An overlay` {
  private let geometry = Geometry(
    extent: Extent(slices: 4, rows: 40, columns: 60), spacing: [0.5, 0.5, 3])

  private func mask(_ voxels: [(z: Int, y: Int, x: Int)]) -> Volume<UInt8> {
    var mask = Volume<UInt8>(geometry: geometry, repeating: 0)
    for v in voxels { mask[v.z, v.y, v.x] = 3 }
    return mask
  }

  private func overlay(
    reference: Volume<UInt8>?, prediction: Volume<UInt8>?, _ options: Overlay.Options = .init()
  ) throws -> Overlay {
    try Overlay(
      ct: Volume<Int16>(geometry: geometry, repeating: 40), reference: reference,
      prediction: prediction, options: options)
  }

  private let box = SliceBox(rows: 0..<40, columns: 0..<60)

  @Test func `the outline passes along the border of the mask and leaves its inside alone`() throws
  {
    let square = (10..<14).flatMap { y in (20..<26).map { (z: 1, y: y, x: $0) } }
    let picture = try overlay(
      reference: mask(square), prediction: nil, .init(box: box, scale: 10)
    ).picture(slice: 1)
    let png = try DecodedPNG(picture.png)
    #expect(png.width == picture.width && png.height == picture.height)
    // Two pixels wide: one to each side of the pixel border.
    for y in 100..<140 {
      for x in [199, 200, 259, 260] { #expect(png[x, y] == 0x56B4E9, "(\(x), \(y))") }
    }
    for x in 200..<260 {
      for y in [99, 100, 139, 140] { #expect(png[x, y] == 0x56B4E9, "(\(x), \(y))") }
    }
    let grey = png[230, 120]
    #expect(grey == UInt32(Double(Window.calcium.grey(40)) / 2) * 255 / 127 * 0x010101)
    for y in 102..<138 { for x in 202..<258 { #expect(png[x, y] == grey) } }
    for (x, y) in [(197, 120), (262, 120), (230, 97), (230, 142)] { #expect(png[x, y] == grey) }
  }

  @Test func `a dashed prediction over a reference lets both be seen`() throws {
    let square = (10..<20).flatMap { y in (20..<30).map { (z: 0, y: y, x: $0) } }
    let picture = try overlay(
      reference: mask(square), prediction: mask(square), .init(box: box, scale: 10)
    ).picture(slice: 0)
    let png = try DecodedPNG(picture.png)
    let border = (201..<299).map { png[$0, 100] }
    let orange = border.count { $0 == 0xE69F00 }
    let blue = border.count { $0 == 0x56B4E9 }
    #expect(orange + blue == border.count)
    #expect(orange > 40 && blue > 25)
  }

  @Test func `a picture has a palette and the same bytes each time`() throws {
    let overlay = try Samples.overlay()
    let picture = try overlay.picture(slice: 1)
    // Byte 25 of a PNG is its colour type, 3 for a palette (PNG, section 11.2.2).
    #expect(Array(picture.png)[25] == 3)
    #expect(try overlay.picture(slice: 1).png == picture.png)
    // Twenty subjects of eight slices must fit into a page of 10 MB.
    #expect(picture.png.count < 45_000)
    #expect(
      picture.summary == "CT slice 2 of 3: reference 22.5 mm² of calcium, "
        + "prediction 20.4 mm² of calcium.")
  }

  @Test func `a mirrored scan says so at its edge`() throws {
    var mirrored = geometry
    mirrored.direction.x = [-1, 0, 0]
    func left(_ geometry: Geometry) throws -> [UInt32] {
      let png = try DecodedPNG(
        try Overlay(
          ct: Volume<Int16>(geometry: geometry, repeating: 40), reference: nil, prediction: nil,
          options: .init(box: box, scale: 10)
        ).picture(slice: 0).png)
      return (180..<220).flatMap { y in (0..<30).map { png[$0, y] } }
    }
    #expect(try left(geometry) != left(mirrored))
  }

  @Test func `the crop holds the calcium of both masks`() throws {
    let a = mask([(0, 5, 5)])
    let b = mask([(0, 30, 50)])
    let extent = geometry.extent
    let box = try #require(
      SliceBox(around: [a.slice(0), b.slice(0)], of: extent, margin: 2, minimum: 8))
    #expect(box.rows.contains(5) && box.rows.contains(30))
    #expect(box.columns == 3..<53)
    #expect(box.rows == 0..<40)
    let small = try #require(SliceBox(around: [b.slice(0)], of: extent, margin: 2, minimum: 8))
    #expect(small.rows == 26..<34 && small.columns == 46..<54)
    let corner = try #require(
      SliceBox(around: [mask([(0, 39, 59)]).slice(0)], of: extent, margin: 2, minimum: 8))
    #expect(corner.rows == 32..<40 && corner.columns == 52..<60)
    #expect(SliceBox(around: [a.slice(1)], of: extent, margin: 2, minimum: 8) == nil)
  }

  @Test(arguments: [(1.6, 30), (2, 24), (3, 16)] as [(Double, Int)])
  func `a lone plaque is shown in 48 mm of its slice`(spacing: Double, pixels: Int) throws {
    var coarse = geometry
    coarse.spacing = [spacing, spacing, 3]
    var plaque = Volume<UInt8>(geometry: coarse, repeating: 0)
    plaque[0, 20, 30] = 1
    let overlay = try Overlay(
      ct: Volume<Int16>(geometry: coarse, repeating: 40), reference: plaque, prediction: nil)
    let picture = try overlay.picture(slice: 0)
    // A whole number of the picture's pixels for each of the slice, above the legend.
    #expect(picture.width == 512 / pixels * pixels && picture.height == picture.width + 112)
  }

  @Test func `the slices that differ most are chosen`() throws {
    let reference = mask([(0, 5, 5), (1, 5, 5), (1, 5, 6), (3, 9, 9), (3, 9, 10)])
    let prediction = mask([(0, 5, 5), (1, 5, 5), (1, 5, 6)])
    let both = try overlay(reference: reference, prediction: prediction)
    #expect(both.slicesOfInterest() == [0, 1, 3])
    #expect(both.slicesOfInterest(limit: 2) == [1, 3])
    #expect(both.slicesOfInterest(limit: 1) == [3])
    #expect(both.slicesOfInterest(limit: 0) == [])
    #expect(both.slicesWithCalcium == 3)
    #expect(try overlay(reference: nil, prediction: nil).slicesOfInterest() == [])
  }

  @Test func `a mask on another grid is refused with both grids`() throws {
    var shifted = geometry
    shifted.origin.z = 3
    let error = try #require(throws: GeometryError.self) {
      try overlay(
        reference: nil, prediction: Volume<UInt8>(geometry: shifted, repeating: 0))
    }
    #expect(error.description.hasPrefix("predicted mask and CT lie on different grids"))
  }

  @Test(arguments: [-1, 4, Int.max])
  func `a slice that does not exist is an error`(slice: Int) throws {
    let overlay = try overlay(reference: nil, prediction: nil)
    let error = try #require(throws: FigureError.self) { try overlay.picture(slice: slice) }
    #expect(error.code == .input)
  }

  @Test(arguments: [
    SliceBox(rows: 0..<41, columns: 0..<10), SliceBox(rows: 3..<3, columns: 0..<10),
    SliceBox(rows: -1..<3, columns: 0..<10), SliceBox(rows: 0..<3, columns: 50..<Int.max),
  ])
  func `a box beyond the slice is an error`(box: SliceBox) throws {
    let overlay = try overlay(reference: nil, prediction: nil, .init(box: box))
    #expect(throws: FigureError.self) { try overlay.picture(slice: 0) }
  }

  @Test(arguments: [0, -3, 65, Int.max])
  func `a scale that cannot be drawn is an error`(scale: Int) throws {
    let overlay = try overlay(reference: nil, prediction: nil, .init(scale: scale))
    let error = try #require(throws: FigureError.self) { try overlay.picture(slice: 0) }
    #expect(error.code == .size)
  }

  @Test(arguments: [(1, 1), (1, 60), (300, 1), (700, 600)])
  func `slices of any shape are drawn`(rows: Int, columns: Int) throws {
    let geometry = Geometry(
      extent: Extent(slices: 1, rows: rows, columns: columns), spacing: [0.4, 0.4, 3])
    let overlay = try Overlay(
      ct: Volume<Int16>(geometry: geometry, repeating: .min),
      reference: Volume<UInt8>(geometry: geometry, repeating: 1), prediction: nil)
    let picture = try overlay.picture(slice: 0)
    #expect(try DecodedPNG(picture.png).height == picture.height)
  }

  @Test(arguments: [
    (Window(level: 40, width: 400), Int16(-160), UInt8(0)),
    (Window(level: 40, width: 400), 240, 255), (Window(level: 40, width: 400), 40, 128),
    (Window(level: 40, width: 400), .min, 0), (Window(level: 40, width: 400), .max, 255),
    (Window(level: 130, width: 0), 129, 0), (Window(level: 130, width: 0), 130, 255),
    (Window(level: .nan, width: 400), 40, 0), (Window(level: 40, width: -5), 40, 255),
  ])
  func `a window maps HU to grey`(window: Window, hu: Int16, grey: UInt8) {
    #expect(window.grey(hu) == grey)
  }
}
