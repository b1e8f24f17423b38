// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import Testing
import Torch

@Suite struct `What a network is trained against` {
  static let labels: [Int16] = [0, 1, 2, 3, 4, 3, 2, 1]

  private static func tensor() throws -> Tensor { try Tensor(labels, shape: [2, 1, 2, 2]) }

  @Test func `is the label map, ignored voxels included, without regions`() throws {
    let scheme = try LabelScheme(entries: [
      .init("background", [0]), .init("a", [1]), .init("b", [2]), .init("c", [3]),
      .init("ignore", [4]),
    ])
    let target = TrainingTarget(scheme)
    #expect(target.ignoreLabel == 4)
    #expect(try target(Self.tensor()).values(as: Int16.self) == Self.labels)
  }

  @Test(arguments: [false, true])
  func `is a stack of regions, the ignored voxels last`(ignores: Bool) throws {
    let scheme = try LabelScheme(
      entries: [
        .init("background", [0]), .init("whole", [1, 2, 3]), .init("core", [2, 3]),
        .init("rim", [1]),
      ] + (ignores ? [.init("ignore", [4])] : []), regionsClassOrder: [1, 2, 3])
    let stack = try TrainingTarget(scheme)(Self.tensor())
    let sets: [[Int16]] = [[1, 2, 3], [2, 3], [1]] + (ignores ? [[4]] : [])
    #expect(stack.shape == [2, sets.count, 2, 2])
    #expect(try stack.dtype == .bool)
    let wanted = [0, 1].flatMap { sample in
      sets.flatMap { set in
        (0..<4).map { set.contains(Self.labels[4 * sample + $0]) ? UInt8(1) : 0 }
      }
    }
    #expect(try stack.to(.uint8).values(as: UInt8.self) == wanted)
    // Coarser grids take every second voxel of each channel.
    let coarse = try DeepSupervision.downsampled(stack.to(.uint8), to: [1, 1])
    #expect(coarse.shape == [2, sets.count, 1, 1])
    #expect(
      try coarse.values(as: UInt8.self)
        == (0..<2 * sets.count).map { wanted[4 * $0 + 3] })
  }

  @Test func `needs one channel of labels`() throws {
    let scheme = try LabelScheme(foreground: ["a"])
    #expect(throws: LearningError.self) {
      try TrainingTarget(scheme)(Tensor.zeros([2, 3, 4, 4], dtype: .int16))
    }
  }

  @Test(arguments: [[4], [2, 2, 2, 2], [4, 0]])
  func `cannot be brought to a grid of other axes`(size: [Int]) throws {
    #expect(throws: LearningError.self) {
      try DeepSupervision.downsampled(Tensor.zeros([2, 8, 8, 8], dtype: .int16), to: size)
    }
  }
}
