// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Torch

@Suite struct `A tensor` {
  @Test func `gives back what was put in, of every kind`() throws {
    func check<Element: TensorElement & Equatable>(_ values: [Element]) throws {
      let tensor = try Tensor(values, shape: [2, 2])
      #expect(try tensor.dtype == Element.dtype)
      #expect(tensor.shape == [2, 2] && tensor.count == 4 && tensor.rank == 2)
      #expect(try tensor.values(as: Element.self) == values)
    }
    try check([0, 1, 128, 255] as [UInt8])
    try check([.min, -1, 0, .max] as [Int16])
    try check([.min, -1, 0, .max] as [Int32])
    try check([.min, -1, 0, .max] as [Int64])
    try check([.min, -1, 0, .max] as [Int])
    try check([-65504, 0.5, 6e-8, 1] as [Float16])
    try check([-.infinity, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Float])
    try check([-.infinity, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Double])
    try check([true, false, false, true])
  }

  @Test func `may be empty or a single value`() throws {
    #expect(try Tensor([] as [Float]).values(as: Float.self) == [])
    #expect(try Tensor([] as [Float], shape: [0, 3]).shape == [0, 3])
    let one = try Tensor(2.5, dtype: .float64)
    #expect(one.shape == [])
    #expect(try one.item() == 2.5)
    #expect(try Tensor.concatenated([one.reshaped([1]), one.reshaped([1])], along: 0).count == 2)
  }

  @Test(arguments: [[3], [2, 3], [-1, -4], [.max, .max, 4], [5, 0]])
  func `refuses a shape that is not that of its values`(shape: [Int]) throws {
    #expect(throws: TorchError.self) { try Tensor([1, 2, 3, 4] as [Float], shape: shape) }
  }

  @Test(arguments: [[-1], [.max, .max], [1 << 40, 1 << 20]])
  func `refuses sizes beyond all memory`(shape: [Int]) throws {
    #expect(throws: TorchError.self) { try Tensor.zeros(shape) }
    #expect(throws: TorchError.self) { try Tensor.empty(shape, dtype: .float64) }
  }

  @Test func `an error names the operation and the shapes`() throws {
    let error = try #require(throws: TorchError.self) {
      try Tensor.zeros([2, 3]) + Tensor.zeros([4], dtype: .int64)
    }
    #expect(error.code == .operation && error.subject == "add")
    #expect(error.description.hasPrefix("add: [2, 3] float32, [4] int64: "))
    #expect(!error.description.contains("\n") && !error.description.contains(".cpp"))
    let product = try #require(throws: TorchError.self) {
      try Tensor.zeros([2, 3]).matrixProduct(.zeros([2, 3]))
    }
    #expect(product.description.hasPrefix("matmul: [2, 3] float32, [2, 3] float32: "))
  }

  @Test func `tells by its code that memory ran out`() throws {
    // 4 PB, which no machine has.
    let error = try #require(throws: TorchError.self) { try Tensor.empty([1 << 50]) }
    #expect(error.code == .memory && error.subject == "empty")
    let next = try #require(throws: TorchError.self) {
      try Tensor.zeros([2]) + Tensor.zeros([3])
    }
    #expect(next.code == .operation)
  }

  @Test func `is not read as another kind by mistake`() throws {
    let tensor = try Tensor([1, 2] as [Float])
    let error = try #require(throws: TorchError.self) { try tensor.values(as: Double.self) }
    #expect(error.detail.contains("to(.float64)"))
    #expect(try tensor.to(.float64).values(as: Double.self) == [1, 2])
    #expect(
      try Tensor([0.4, 1.6, -1.6] as [Float]).to(.int32).values(as: Int32.self) == [0, 1, -1])
  }

  @Test func `describes itself without its values`() throws {
    #expect(try Tensor([7.25] as [Float]).description == "Tensor [1] float32 on cpu")
  }

  @Test func `is random by its seed alone`() throws {
    let a = try Tensor.normal([1000], mean: 2, deviation: 3, seed: 9).floats()
    #expect(try Tensor.normal([1000], mean: 2, deviation: 3, seed: 9).floats() == a)
    #expect(try Tensor.normal([1000], mean: 2, deviation: 3, seed: 10).floats() != a)
    let mean = a.reduce(0, +) / 1000
    #expect(abs(mean - 2) < 4 * 3 / Float(1000).squareRoot())
    let u = try Tensor.uniform([1000], low: -1, high: 1, seed: 9).floats()
    #expect(u.allSatisfy { -1 <= $0 && $0 < 1 })
  }

  @Test func `borrows memory until its last view is gone`() throws {
    final class Owner {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 8)
      let gone: () -> Void
      init(_ gone: @escaping () -> Void) { self.gone = gone }
      deinit {
        memory.deallocate()
        gone()
      }
    }
    var isGone = false
    var view: Tensor?
    do {
      let owner = Owner { isGone = true }
      owner.memory.storeBytes(of: 7, toByteOffset: 12, as: Float.self)
      let tensor = try Tensor(
        borrowing: owner.memory, shape: [2, 2], dtype: .float32, owner: owner)
      view = try tensor.selected(0, 1)
      #expect(throws: TorchError.self) {
        try Tensor(borrowing: owner.memory, shape: [5], dtype: .float32, owner: owner)
      }
      #expect(throws: TorchError.self) {
        let odd = UnsafeMutableRawBufferPointer(rebasing: owner.memory[1..<5])
        return try Tensor(borrowing: odd, shape: [1], dtype: .float32, owner: owner)
      }
    }
    #expect(!isGone)
    #expect(try view?.selected(0, 1).item() == 7)
    view = nil
    #expect(isGone)
  }

  @Test func `leaves no memory behind, after errors too`() async {
    // In a process of its own: the count of handles is one for the process.
    await #expect(processExitsWith: .success) {
      let before = try TorchRuntime.liveTensors()
      for i in 0..<50 {
        let x = try Tensor.normal([8, 8], seed: UInt64(i))
        try x.requireGradient()
        let y = try (x * 2 + 1).softmax(1).narrowed(0, from: 0, length: 4)
        try y.power(2).sum().backward()
        _ = try x.gradient
        _ = try? x + Tensor.zeros([3])
        _ = try? Tensor.concatenated([], along: 0)
        _ = try Tensor.concatenated([x, x.detached()], along: 0)
        try withoutGradients { try x.addInPlace(1) }
        guard try TorchRuntime.liveTensors() > before else { exit(3) }
      }
      guard try TorchRuntime.liveTensors() == before else { exit(4) }
      exit(0)
    }
  }
}
