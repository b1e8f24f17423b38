// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Torch
import TestSupport

@Suite struct `Arithmetic` {
  @Test func `broadcasts`() throws {
    let x = try counting([2, 3])
    let y = try Tensor([1, 10] as [Float], shape: [2, 1])
    #expect(try (x + y).floats() == [1, 2, 3, 13, 14, 15])
    #expect(try (x - y).floats() == [-1, 0, 1, -7, -6, -5])
    #expect(try (x * y).floats() == [0, 1, 2, 30, 40, 50])
    #expect(try (x / y).floats() == [0, 1, 2, 0.3, 0.4, 0.5])
    #expect(try (1 - x).floats() == [1, 0, -1, -2, -3, -4])
    #expect(try (-x / 2 + 1).floats() == [1, 0.5, 0, -0.5, -1, -1.5])
    #expect(try x.adding(y, scaledBy: 0.5).floats() == [0.5, 1.5, 2.5, 8, 9, 10])
  }

  @Test func `a whole number keeps integers integers, a broken one does not`() throws {
    let x = try Tensor([1, -2] as [Int16])
    #expect(try (x * 3 + 1).values(as: Int16.self) == [4, -5])
    #expect(try (x * 0.5).dtype == .float32)
    #expect(try x.clipped(0, 1).values(as: Int16.self) == [1, 0])
    #expect(try (x - x).values(as: Int16.self) == [0, 0])
    #expect(try (x / 2).floats() == [0.5, -1])
  }

  @Test func `follows the functions of the library`() throws {
    let x = try Tensor([0.25, 1, 4] as [Float])
    #expect(try x.power(2).floats() == [0.0625, 1, 16])
    #expect(try Tensor([-2, 3] as [Float]).absolute().floats() == [2, 3])
    #expect(try Tensor([0.5, 1.5, 2.5, -0.5] as [Float]).rounded().floats() == [0, 2, 2, 0])
    #expect(try Tensor([0] as [Float]).sigmoid().item() == 0.5)
    #expect(try x.clipped(0.5, .infinity).floats() == [0.5, 1, 4])
    #expect(try x.matrixProduct(x).item() == 17.0625)
  }

  @Test func `compares and fills`() throws {
    let x = try counting([4])
    #expect(try x.isGreater(than: 1).values(as: Bool.self) == [false, false, true, true])
    #expect(try x.isLess(than: 1).values(as: Bool.self) == [true, false, false, false])
    #expect(try x.equals(2).values(as: Bool.self) == [false, false, true, false])
    #expect(try x.equals(x).and(x).not().values(as: Bool.self) == [true, false, false, false])
    #expect(try x.filled(where: x.equals(0), with: 9).floats() == [9, 1, 2, 3])
  }

  @Test func `finds what is not finite`() throws {
    let x = try Tensor([1, .nan, .infinity] as [Float])
    #expect(try !x.allFinite())
    #expect(try counting([3]).allFinite())
    #expect(try Tensor([] as [Float]).allFinite())
  }

  @Test func `a half-precision accumulator takes single-precision products`() throws {
    let sum = try Tensor.zeros([2], dtype: .float16)
    try sum.addInPlace(Tensor([0.1, 2049] as [Float]))
    #expect(try sum.dtype == .float16)
    #expect(try sum.floats() == [Float(Float16(0.1)), 2048])
    try sum.multiplyInPlace(0.5)
    #expect(try sum.floats() == [Float(Float16(0.1) / 2), 1024])
    try sum.clipInPlace(0, 1)
    try sum.multiplyInPlace(Tensor([0, 3] as [Float16]))
    #expect(try sum.floats() == [0, 3])
  }

  @Test func `reduces over some axes or all`() throws {
    let x = try counting([2, 3])
    #expect(try x.sum().item() == 15)
    #expect(try x.sum([0]).floats() == [3, 5, 7])
    #expect(try x.sum([-1], keepingAxes: true).shape == [2, 1])
    #expect(try x.mean([1]).floats() == [1, 4])
    #expect(try x.max([0]).floats() == [3, 4, 5])
    #expect(try x.min().item() == 0)
    #expect(try x.argmax(1).values(as: Int.self) == [2, 2])
    #expect(try Tensor([1, 1, 0] as [Float]).argmax(0).item() == 0)
    #expect(abs(try x.standardDeviation().item() - 3.5.squareRoot()) < 1e-6)
    #expect(abs(try x.standardDeviation(unbiased: false).item() - (17.5 / 6).squareRoot()) < 1e-6)
    #expect(try Tensor([200, 100] as [UInt8]).sum().item() == 300)
    #expect(throws: TorchError.self) { try x.sum([2]) }
    #expect(throws: TorchError.self) { try x.item() }
  }
}
