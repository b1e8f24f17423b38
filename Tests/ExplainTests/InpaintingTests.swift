// SPDX-License-Identifier: Apache-2.0
import Agatston
import TestSupport
import Testing
import Volume

@testable import Explain

@Suite struct `In-painting` {
  /// A scan of one value with a bright block in the middle.
  static func scan(_ tissue: Int16, block: Int16) -> Volume<Int16> {
    let geometry = Geometry(
      extent: Extent(slices: 5, rows: 12, columns: 12), spacing: [1, 1, 3], origin: [0, 0, 0],
      direction: .identity)
    var ct = Volume<Int16>(geometry: geometry, repeating: tissue)
    for z in 2...3 {
      for y in 4..<8 { for x in 5..<8 { ct[z, y, x] = block } }
    }
    return ct
  }

  static func block(_ ct: Volume<Int16>, above bound: Int16) -> [Int] {
    ct.voxels.indices.filter { ct.voxels[$0] > bound }
  }

  @Test func `puts the surrounding tissue in the place of a lesion`() {
    let ct = Self.scan(40, block: 400)
    let filled = Inpainting.filled(ct, Self.block(ct, above: 130))
    #expect(filled.voxels.allSatisfy { $0 == 40 })
  }

  @Test func `follows a slope of the surrounding tissue`() {
    var ct = Self.scan(40, block: 400)
    let voxels = Self.block(ct, above: 130)
    for i in ct.voxels.indices where ct.voxels[i] < 130 { ct.voxels[i] = Int16(i % 12 * 5) }
    let filled = Inpainting.filled(ct, voxels)
    // A plane solves Laplace's equation.
    for voxel in voxels { #expect(abs(Int(filled.voxels[voxel]) - voxel % 12 * 5) <= 1) }
  }

  @Test func `does not let calcium at the border spread`() {
    let ct = Self.scan(40, block: 800)
    // Half of the block is kept.
    let half = Self.block(ct, above: 130).filter { $0 % 12 == 5 }
    let filled = Inpainting.filled(ct, half)
    #expect(half.allSatisfy { filled.voxels[$0] < 130 })
    #expect(
      ct.voxels.indices.allSatisfy { half.contains($0) || filled.voxels[$0] == ct.voxels[$0] })
  }

  @Test func `takes the voxels that touch a lesion in its slice`() {
    let extent = Extent(slices: 3, rows: 5, columns: 5)
    let middle = 25 + 2 * 5 + 2
    let grown = Inpainting.grown([middle], in: extent)
    #expect(grown == [31, 32, 33, 36, 37, 38, 41, 42, 43])
    #expect(Inpainting.grown([0], in: extent) == [0, 1, 5, 6])
  }

  @Test func `adds noise of the given deviation, the same each time`() {
    let ct = Self.scan(40, block: 40)
    let noisy = ct.addingNoise(20, seed: 3)
    #expect(noisy.voxels == ct.addingNoise(20, seed: 3).voxels)
    let differences = noisy.voxels.map { Double($0) - 40 }
    let n = Double(differences.count)
    let mean = differences.reduce(0, +) / n
    let deviation = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
    #expect(abs(mean) < 3)
    #expect(abs(deviation - 20) < 2)
  }

  @Test func `smooths without changing the mean of tissue`() {
    let ct = Self.scan(40, block: 400)
    let smooth = ct.smoothed(1)
    #expect(Self.scan(40, block: 40).smoothed(2).voxels.allSatisfy { $0 == 40 })
    let peak = smooth.voxels.max() ?? 0
    #expect(peak < 400 && peak > 100)
  }
}

@Suite struct `Occluded boxes` {
  @Test(arguments: [(0..<10, 4, 4), (5..<6, 4, 4), (3..<40, 10, 7), (0..<9, 3, 3)])
  func `cover a range from end to end`(range: Range<Int>, box: Int, step: Int) throws {
    let starts = Occlusion.starts(range, box: box, step: step)
    var covered = Set<Int>()
    for start in starts { covered.formUnion(start..<start + box) }
    #expect(range.allSatisfy(covered.contains))
    for (a, b) in zip(starts, starts.dropFirst()) { #expect(b > a && b - a <= step) }
  }

  @Test func `lie over the calcium and the room round it`() {
    let ct = Inpainting.scanWithOneVoxel
    let region = Occlusion.region(ct, room: 3)
    #expect(region == [1..<8, 2..<9, 1..<4])
  }
}

extension Inpainting {
  /// A mask with one voxel at (4, 5, 2); 1 × 1 × 3 mm.
  static var scanWithOneVoxel: Volume<UInt8> {
    let geometry = Geometry(
      extent: Extent(slices: 5, rows: 12, columns: 12), spacing: [1, 1, 3], origin: [0, 0, 0],
      direction: .identity)
    var mask = Volume<UInt8>(geometry: geometry, repeating: 0)
    mask[2, 5, 4] = 1
    return mask
  }
}

@Suite struct `The words of a target` {
  @Test func `name the total, an artery or a lesion`() {
    #expect(ExplainTarget("total") == .total)
    #expect(ExplainTarget("lad") == .artery(.leftAnteriorDescending))
    #expect(ExplainTarget("3") == .lesion(3))
    #expect(ExplainTarget("lesion 2") == .lesion(2))
    for wrong in ["0", "-1", "aorta", "", "lesion x"] { #expect(ExplainTarget(wrong) == nil) }
  }
}
