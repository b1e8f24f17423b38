// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Volume

@testable import Figures

@Suite struct `A sheet of maps` {
  private func ct(_ direction: Direction = .identity) -> Volume<Int16> {
    var ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 3, rows: 30, columns: 30), spacing: [2, 2, 3], direction: direction),
      repeating: -1000)
    for z in 0..<3 {
      for y in 0..<10 { for x in 0..<10 { ct[z, y, x] = 400 } }
    }
    return ct
  }

  private func pixel(_ png: Data, _ x: Int, _ y: Int) throws -> SIMD3<Int> {
    let value = Int(try DecodedPNG(png)[x, y])
    return SIMD3(value >> 16, value >> 8 & 255, value & 255)
  }

  @Test func `tints what the layer says and nothing else`() throws {
    let sheet = MapSheet(ct: ct(), slices: [2, 0], layers: [.init(name: "LAD", color: .orange)])
    let png = try sheet.png { _, x, _, z in z == 0 && x >= 20 ? 1 : 0 }
    // Slice 2 is at the left, slice 0 beside it; each has 300 points.
    #expect(try pixel(png, 20, 20) == [255, 255, 255])
    #expect(try pixel(png, 250, 250) == [0, 0, 0])
    let tint = try pixel(png, 300 + 250, 250)
    #expect(tint.x > tint.z && tint.x > 100)
    #expect(try pixel(png, 300 + 20, 20) == [255, 255, 255])
  }

  @Test func `shows the patient's right at the left whichever way the scan runs`() throws {
    let turned = ct(Direction(x: [-1, 0, 0], y: [0, -1, 0], z: [0, 0, 1]))
    let png = try MapSheet(ct: turned, slices: [1], layers: []).png { _, _, _, _ in 0 }
    #expect(try pixel(png, 20, 20) == [0, 0, 0])
    #expect(try pixel(png, 280, 280) == [255, 255, 255])
  }
}
