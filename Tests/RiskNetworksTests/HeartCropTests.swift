// SPDX-License-Identifier: Apache-2.0
import RiskNetworks
import TestSupport
import Testing
import Volume

@Suite struct `A crop of the heart` {
  private let grid = Geometry(
    extent: Extent(slices: 12, rows: 40, columns: 40), spacing: [2, 2, 5], origin: [-40, -40, -30])

  @Test func `keeps the calcium's volume, and shows air outside of the scan`() {
    var mask = Volume<UInt8>(geometry: grid, repeating: 0)
    let ct = Volume<Int16>(geometry: grid, repeating: 200)
    for (z, y, x) in [(5, 20, 20), (5, 20, 21), (6, 18, 25)] { mask[z, y, x] = 3 }
    let crop = HeartCrop(spacing: 4, edge: 16)
    let values = crop.values(of: ct, mask: mask, about: [0, 0, 0])
    #expect(values.count == 2 * 4096)
    let shares = values[4096...].map { ($0 / HeartCrop.gain) * ($0 / HeartCrop.gain) }
    let volume = Double(shares.reduce(0, +)) * 64
    // Interpolated between slices of 5 mm, the sum is kept but for where the cubes lie.
    #expect(abs(volume - 3 * 20) < 0.3 * 60)
    #expect(values[..<4096].contains(0) && values[..<4096].allSatisfy { (-1...1).contains($0) })
    let far = crop.values(of: ct, mask: mask, about: [500, 0, 0])
    #expect(far[..<4096].allSatisfy { $0 == -1 } && far[4096...].allSatisfy { $0 == 0 })
  }

  @Test func `has the patient's axes whichever way the scan's run`() {
    var ct = Volume<Int16>(geometry: grid, repeating: -200)
    for z in 0..<12 {
      for y in 0..<40 { for x in 0..<40 { ct[z, y, x] = Int16(10 * x + 3 * y + z) } }
    }
    let mask = Volume<UInt8>(geometry: grid, repeating: 0)
    var turned = grid
    turned.direction = Direction(x: [-1, 0, 0], y: [0, 1, 0], z: [0, 0, -1])
    turned.origin = grid.position(ofVoxel: [39, 0, 11])
    var other = Volume<Int16>(geometry: turned, repeating: 0)
    for z in 0..<12 {
      for y in 0..<40 { for x in 0..<40 { other[11 - z, y, 39 - x] = ct[z, y, x] } }
    }
    let crop = HeartCrop(spacing: 4, edge: 14)
    let a = crop.values(of: ct, mask: mask, about: [3, -2, 1])
    let b = crop.values(
      of: other, mask: Volume(geometry: turned, repeating: 0), about: [3, -2, 1])
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 })
  }
}
