// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Testing
import Torch
import TestSupport

@Suite struct `Training with AdamW` {
  /// A parameter and a loss whose gradient at step t is t · x.
  private func run(_ optimiser: any Optimizer, _ steps: ClosedRange<Int>) throws {
    for step in steps {
      try optimiser.clearGradients()
      try (optimiser.parameters[0].power(2).sum() * (0.5 * Double(step))).backward()
      try optimiser.step()
    }
  }

  private func parameter(_ values: [Float]) throws -> Tensor {
    let parameter = try Tensor(values)
    try parameter.requireGradient()
    return parameter
  }

  @Test func `follows the recurrence worked by hand`() throws {
    let start: [Float] = [1, -2, 0.5]
    let parameter = try parameter(start)
    // The gradient grows and then falls, so that the largest second moment is not the last one.
    let optimiser = AdamW([parameter], rate: 0.05, weightDecay: 0.1)
    var p = start.map { Double($0) }
    var (m, v, top) = ([0.0, 0, 0], [0.0, 0, 0], [0.0, 0, 0])
    for (t, scale) in [1.0, 9, 4, 0.1, 0.01, 0].enumerated() {
      try optimiser.clearGradients()
      try (parameter.power(2).sum() * (0.5 * scale)).backward()
      try optimiser.step()
      for i in p.indices {
        let g = scale * p[i]
        p[i] *= 1 - 0.05 * 0.1
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        top[i] = max(top[i], v[i])
        let (first, second) = (1 - pow(0.9, Double(t + 1)), 1 - pow(0.999, Double(t + 1)))
        p[i] -= 0.05 / first * m[i] / ((top[i] / second).squareRoot() + 1e-8)
      }
    }
    for (value, expected) in try pairs(parameter.floats(), p) {
      #expect(abs(Double(value) - expected) < 2e-6)
    }
    #expect(zip(top, v).allSatisfy { $0 > $1 })
    let kept = try #require(optimiser.state[.maximum]?[0]).floats()
    for (value, expected) in try pairs(kept, top) {
      #expect(abs(Double(value) - expected) < 1e-5)
    }
  }

  @Test func `goes on from what it remembered as if it had not stopped`() throws {
    let whole = try parameter([1, 2])
    try run(AdamW([whole], rate: 1e-3), 1...6)
    let first = try parameter([1, 2])
    let before = AdamW([first], rate: 1e-3)
    try run(before, 1...3)
    let second = try parameter(first.floats())
    let after = AdamW([second], rate: 1e-3)
    try after.restore(before.state)
    try run(after, 4...6)
    #expect(try second.floats() == whole.floats())
    #expect(try second.floats() != first.floats())
  }

  @Test func `refuses a state that does not fit`() throws {
    let optimiser = AdamW([try parameter([1, 2])], rate: 1e-3)
    try run(optimiser, 1...1)
    var state = optimiser.state
    #expect(throws: LearningError.self) { try optimiser.restore([:]) }
    state[.square] = [nil]
    #expect(throws: LearningError.self) { try optimiser.restore(state) }
    state[.square] = [try .zeros([3])]
    #expect(throws: LearningError.self) { try optimiser.restore(state) }
    state[.square] = optimiser.state[.square]
    state[.steps] = [try .zeros([2])]
    #expect(throws: LearningError.self) { try optimiser.restore(state) }
  }

  @Test func `leaves a parameter without a gradient alone`() throws {
    let (idle, used) = (try parameter([1]), try parameter([1]))
    let optimiser = AdamW([idle, used], rate: 1e-3)
    try used.sum().backward()
    try optimiser.step()
    #expect(try idle.floats() == [1])
    #expect(try used.floats() != [1])
    #expect(try nonEmpty(optimiser.state.values).allSatisfy { $0[0] == nil && $0[1] != nil })
  }
}
