// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

extension CandidateClassifier: TrainableStage {
  /// The loss of a batch of candidates, and the weighted share of those that are named rightly.
  ///
  /// - Parameters:
  ///   - batch: the candidates with their labels and weights.
  ///   - moment: where the batch stands in a training; the fine features of some samples are then
  ///     zeros, which the seed and the number of the sample determine.
  /// - Throws: `StagesError` with the code `input` where a candidate does not fit the design.
  public func loss(_ batch: [ClassifierSample], at moment: StageMoment?) throws -> StageLoss {
    for (i, sample) in batch.enumerated() {
      guard design.classes.indices.contains(sample.label) else {
        throw StagesError(
          .input, subject: "candidate \(i)",
          detail: "its label is \(sample.label); there are \(design.classes.count) classes")
      }
      guard sample.weight >= 0, sample.weight.isFinite else {
        throw StagesError(
          .input, subject: "candidate \(i)",
          detail: "its weight is \(sample.weight); 0 or a positive number was expected")
      }
    }
    let inputs = try ClassifierBatch(batch, design, on: device)
    let weights = batch.map(\.weight)
    let sum = weights.reduce(0, +)
    guard sum > 0 else {
      throw StagesError(.input, subject: "batch", detail: "all of its samples have weight 0")
    }
    let labels = batch.map(\.label)
    let logits = try logits(
      inputs, seesFine: moment.map { moment in batch.indices.map { seesFine(moment, $0) } })
    let loss = try objective(logits, labels: labels, weights: weights)
    let answers = try logits.detached().argmax(1).values(as: Int.self)
    let right = zip(zip(answers, labels), weights).reduce(0) { $0 + ($1.0.0 == $1.0.1 ? $1.1 : 0) }
    return (
      loss, [("cross-entropy", try loss.detached().item()), ("right", Double(right / sum))]
    )
  }

  /// 0 for the samples whose fine patch is not seen, 1 for the others.
  private func seesFine(_ moment: StageMoment, _ index: Int) -> Float {
    var generator = KeyedGenerator(
      seed: moment.seed, purpose: .training, step: moment.sample + index)
    return Double.random(in: 0..<1, using: &generator) < objective.blindShare ? 0 : 1
  }
}
