// SPDX-License-Identifier: Apache-2.0
import Testing
import Volume

@testable import Stages

@Suite struct `The box about a body` {
  /// A scan of 4 mm voxels with a body and a smaller table.
  private func scan(body: Bool = true) -> CoarseScan {
    let extent = Extent(slices: 6, rows: 40, columns: 50)
    var voxels = Array(repeating: Int16(-1000), count: extent.count)
    for z in 0..<6 {
      for y in 0..<40 {
        for x in 0..<50 {
          if body, (10..<20).contains(y), (15..<40).contains(x) {
            // A lung in it.
            voxels[(z * 40 + y) * 50 + x] = (12..<18).contains(y) && x > 20 && x < 25 ? -850 : 40
          }
          if y == 30, x > 5, x < 45 { voxels[(z * 40 + y) * 50 + x] = 0 }
        }
      }
    }
    return CoarseScan(
      Volume(geometry: Geometry(extent: extent, spacing: [4, 4, 4]), voxels: voxels), spacing: 4)
  }

  @Test func `holds the body with a margin, and no table`() {
    let box = BodyBox(of: scan())
    #expect(box.rows == 6..<24)
    #expect(box.columns == 11..<44)
  }

  @Test func `is the whole scan of air, and gives back what it cut`() {
    var air = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 2, rows: 4, columns: 5), spacing: [4, 4, 4]), repeating: -1000)
    let nothing = BodyBox(of: CoarseScan(air, spacing: 4))
    #expect(nothing.rows == 0..<4 && nothing.columns == 0..<5)
    air.voxels[7] = 40
    let coarse = CoarseScan(air, spacing: 4)
    let box = BodyBox(of: coarse)
    let (cut, extent) = box.cut(coarse.hu, coarse.extent)
    #expect(cut.count == extent.reduce(1, *))
    let maps = LocaliserMaps(extent: extent, probabilities: cut + cut, heatMaps: cut)
    let whole = box.spread(maps, over: coarse.extent)
    #expect(whole.probabilities.count == 2 * coarse.hu.count)
    for y in box.rows {
      for x in box.columns { #expect(whole.heatMaps[y * 5 + x] == coarse.hu[y * 5 + x]) }
    }
    let outside = (0..<20).filter { !(box.rows.contains($0 / 5) && box.columns.contains($0 % 5)) }
    #expect(outside.allSatisfy { whole.probabilities[$0] == 1 })
    #expect(outside.allSatisfy { whole.probabilities[40 + $0] == 0 && whole.heatMaps[$0] == 0 })
  }
}
