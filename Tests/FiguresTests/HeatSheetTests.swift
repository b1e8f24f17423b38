// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Volume

@testable import Figures

@Suite struct `A row of maps` {
  private static func sheet(_ panels: [HeatSheet.Panel], mirrored: Bool = false) -> HeatSheet {
    var geometry = Geometry(
      extent: Extent(slices: 2, rows: 20, columns: 20), spacing: [1, 1, 3], origin: [0, 0, 0],
      direction: .identity)
    if mirrored { geometry.direction.x = [-1, 0, 0] }
    var marks = Volume<UInt8>(geometry: geometry, repeating: 0)
    marks[1, 5, 5] = 1
    return HeatSheet(
      ct: Volume<Int16>(geometry: geometry, repeating: 40), marks: marks, slice: 1,
      box: SliceBox(rows: 0..<20, columns: 0..<20), panels: panels)
  }

  @Test func `says on the picture that a map fails`() throws {
    let fine = try Self.sheet([.init(title: "A") { _, _ in 0.5 }]).png()
    let failed = try Self.sheet([.init(title: "A", warning: "fails") { _, _ in 0.5 }]).png()
    #expect(fine != failed)
  }

  @Test func `tints what a map says, and nothing without one`() throws {
    let plain = try Self.sheet([.init(title: "A")]).png()
    let cold = try Self.sheet([.init(title: "A") { _, _ in 0 }]).png()
    let warm = try Self.sheet([.init(title: "A") { x, y in x == 10 && y == 10 ? 1 : 0 }]).png()
    #expect(plain == cold)
    #expect(plain != warm)
  }

  @Test func `wraps after three pictures`() {
    let one = HeatSheet.Panel(title: "A")
    #expect(Self.sheet([one]).size == (220, 242))
    #expect(Self.sheet([one, one, one, one]).size == (676, 484))
  }

  @Test func `has the patient's right at the left whichever way the columns run`() throws {
    // The same column numbers lie at the other side of the patient.
    let left = HeatSheet.Panel(title: "A") { x, _ in x < 5 ? 1 : 0 }
    #expect(try Self.sheet([left]).png() != Self.sheet([left], mirrored: true).png())
  }

  @Test func `has tints that rise in lightness`() {
    let levels = stride(from: Float(0), through: 1, by: 0.1).map { value in
      let color = HeatSheet.tint(value)
      return 0.3 * color.x + 0.6 * color.y + 0.1 * color.z
    }
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 })
  }
}
