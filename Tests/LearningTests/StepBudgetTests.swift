// SPDX-License-Identifier: Apache-2.0
@testable import Learning
import Testing

@Suite struct `A time budget` {
  private func budget(_ seconds: Double?, begin: Double = 100) -> StepBudget {
    var options = TrainingOptions(batchSize: 2)
    options.seconds = seconds
    options.validationIterations = 50
    return StepBudget(options: options, begin: begin)
  }

  @Test func `ends an epoch in its middle`() {
    // 18 seconds, steps of 5: an epoch of 250 would take twenty minutes.
    let budget = budget(18)
    #expect(budget.hasTimeForStep(at: 105, perStep: 5))
    #expect(!budget.hasTimeForStep(at: 112, perStep: 5))
    #expect(!budget.isOver(at: 117.9) && budget.isOver(at: 118))
  }

  @Test func `leaves time to validate, but never more than a fifth`() {
    // 50 validation steps of a third of a second fit behind the step, or take a fifth of the rest.
    #expect(budget(60).hasTimeForStep(at: 110, perStep: 1))
    #expect(budget(60).hasTimeForStep(at: 158, perStep: 1))
    #expect(!budget(60).hasTimeForStep(at: 159.2, perStep: 1))
  }

  @Test func `that is not there never ends`() {
    #expect(budget(nil).hasTimeForStep(at: 1e9, perStep: 1e6) && !budget(nil).isOver(at: 1e9))
  }
}
