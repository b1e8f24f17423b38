// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume

@Suite struct `An isotropic volume` {
  @Test func `of a uniform block is the block's, up to the grid`() throws {
    var scan = Plaques(6, 20, 20, spacing: [0.5, 0.5, 3])
    for i in scan.ct.voxels.indices { scan.ct.voxels[i] = 300 }
    scan.paint(slice: 2, rows: 4..<10, columns: 5..<12, hu: 300)
    let result = try scan.scored { $0.volumeMethod = .isotropic(step: 0.5) }
    #expect(isClose(result.volume, 6 * 7 * 0.25 * 3))
    #expect(result.volumeMethod == "isotropic 0.5 mm")
  }

  @Test func `follows the interpolated attenuation between slices`() throws {
    // Peak 230 in slice 2, 30 in the others: linear over 3 mm, above 130 within 1.5 mm.
    var scan = Plaques(5, 3, 3, spacing: [1, 1, 3])
    for i in scan.ct.voxels.indices { scan.ct.voxels[i] = i / 9 == 2 ? 230 : 30 }
    for i in scan.mask.voxels.indices { scan.mask.voxels[i] = 2 }
    let result = try scan.scored(labels: .arteries) { $0.volumeMethod = .isotropic(step: 0.25) }
    // Grid points at 4.5, 4.75 … 7.5 mm: 13 of 0.25 mm; in plane 12 × 12 points of 0.25 mm.
    #expect(isClose(result.volume, 13 * 0.25 * 9))
    #expect(result.arteries?[.leftAnteriorDescending]?.volume == result.volume)
    // The voxels alone say 9 × 3 mm³.
    #expect(try scan.scored(labels: .arteries).volume == 27)
  }

  @Test func `above 130 leaves out what is exactly 130`() throws {
    var scan = Plaques(1, 4, 4)
    scan.paint(slice: 0, rows: 0..<4, columns: 0..<4, hu: 130)
    #expect(try scan.scored(.orCaScore) { $0.volumeMethod = .isotropic(step: 1) }.volume == 0)
    #expect(try scan.scored { $0.volumeMethod = .isotropic(step: 1) }.volume == 48)
  }

  @Test func `counts the grid points of an oblique half-space exactly`() throws {
    // Attenuation is linear in the voxel indices, which linear interpolation reproduces; no grid
    // point has exactly 130 HU.
    func excess(_ z: Double, _ y: Double, _ x: Double) -> Double {
      26 * z + 22 * y + 14 * x - 201
    }
    let (sx, sz, step) = (0.7, 2.9, 0.5)
    var scan = Plaques(6, 9, 9, spacing: [sx, sx, sz])
    for z in 0..<6 {
      for y in 0..<9 {
        for x in 0..<9 {
          scan.ct[z, y, x] = Int16(130 + excess(Double(z), Double(y), Double(x)))
          // A border outside the mask keeps the grid from being clamped.
          if (1..<5).contains(z), (1..<8).contains(y), (1..<8).contains(x) {
            scan.mask[z, y, x] = 1
          }
        }
      }
    }
    var points = 0
    for k in 0..<40 {
      for j in 0..<20 {
        for i in 0..<20 {
          let (z, y, x) = (Double(k) * step / sz, Double(j) * step / sx, Double(i) * step / sx)
          let isInside =
            (1..<5).contains(Int(z.rounded())) && (1..<8).contains(Int(y.rounded()))
            && (1..<8).contains(Int(x.rounded()))
          if isInside, excess(z, y, x) > 0 { points += 1 }
        }
      }
    }
    let volume = try scan.scored { $0.volumeMethod = .isotropic(step: step) }.volume
    #expect(points > 100 && isClose(volume, Double(points) * 0.125))
  }
}
