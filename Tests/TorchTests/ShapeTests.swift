// SPDX-License-Identifier: Apache-2.0
import Testing
import Torch

/// Numbers 0, 1, 2, … of single precision.
func counting(_ shape: [Int]) throws -> Tensor {
  try Tensor((0..<shape.reduce(1, *)).map { Float($0) }, shape: shape)
}

@Suite struct `Views and parts` {
  @Test func `share memory with what they came from`() throws {
    let x = try counting([2, 3])
    try x.narrowed(1, from: 1, length: 2).addInPlace(10)
    #expect(try x.floats() == [0, 11, 12, 3, 14, 15])
    try x.selected(0, 0).fillInPlace(-1)
    #expect(try x.floats() == [-1, -1, -1, 3, 14, 15])
    let copy = try x.clone()
    try copy.multiplyInPlace(0)
    #expect(try x.floats() == [-1, -1, -1, 3, 14, 15])
  }

  @Test func `pick, flip and join`() throws {
    let x = try counting([2, 3])
    #expect(try x.flipped([0, 1]).floats() == [5, 4, 3, 2, 1, 0])
    #expect(try x.selected(1, indices: Tensor([2, 2, 0])).floats() == [2, 2, 0, 5, 5, 3])
    #expect(try Tensor.concatenated([x, x], along: 1).shape == [2, 6])
    #expect(try Tensor.stacked([x, x], along: 2).shape == [2, 3, 2])
    #expect(try x.unsqueezed(0).expanded([4, 2, 3]).shape == [4, 2, 3])
    #expect(try x.reshaped([3, -1]).shape == [3, 2])
    #expect(try x.narrowed(1, from: 1, length: 2).stride(0) == 3)
  }

  @Test func `gather and scatter along an axis`() throws {
    let x = try counting([2, 3])
    let places = try Tensor([1, 0], shape: [2, 1])
    #expect(try x.gathered(1, places).floats() == [1, 3])
    #expect(try x.scattered(1, places, -1).floats() == [0, -1, 2, -1, 4, 5])
    let source = try Tensor([8, 9] as [Float], shape: [2, 1])
    #expect(try x.scattered(1, places, source).floats() == [0, 8, 2, 9, 4, 5])
  }

  @Test func `beyond the edge are errors`() throws {
    let x = try counting([2, 3])
    #expect(throws: TorchError.self) { try x.squeezed(0) }
    #expect(throws: TorchError.self) { try Tensor.concatenated([], along: 0) }
    #expect(throws: TorchError.self) { try x.narrowed(1, from: 2, length: 2) }
    #expect(throws: TorchError.self) { try x.narrowed(1, from: .max, length: .max) }
    #expect(throws: TorchError.self) { try x.selected(0, 2) }
    #expect(throws: TorchError.self) { try x.selected(1, indices: Tensor([3])) }
    #expect(throws: TorchError.self) { try x.reshaped([-1, -1]) }
    #expect(throws: TorchError.self) { try x.stride(2) }
  }

  @Test func `pads are given in the order of the axes`() throws {
    let x = try counting([1, 2, 3])
    let padded = try x.padded([(1, 0), (0, 2)], with: .constant(9))
    #expect(padded.shape == [1, 3, 5])
    #expect(try padded.floats() == [9, 9, 9, 9, 9, 0, 1, 2, 9, 9, 3, 4, 5, 9, 9])
    #expect(try x.padded([(1, 1)], with: .replicate).floats() == [0, 0, 1, 2, 2, 3, 3, 4, 5, 5])
    #expect(try x.padded([(1, 1)], with: .reflect).floats() == [1, 0, 1, 2, 1, 4, 3, 4, 5, 4])
    #expect(try padded.padded([(-1, 0), (0, -2)]).floats() == x.floats())
  }
}
