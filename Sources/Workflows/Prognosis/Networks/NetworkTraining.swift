// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import RiskNetworks
import Text
import Torch
import Workflow

/// One training: a network, a seed and a part of the cross-validation that it does not see.
struct NetworkTraining: Sendable {
  let kind: RiskNetworkKind
  let seed: Int
  let part: Int

  /// The scores of the held-out subjects, and what the training was of.
  private struct Result: Codable {
    let digest: String
    let scores: [Double]
    let loss: Double
  }

  private var name: String { "\(kind.rawValue)-seed\(seed)-part\(part)" }

  /// The scores of the held-out subjects, from a file of an earlier run or from a training.
  ///
  /// - Parameters:
  ///   - cohort: the subjects.
  ///   - request: the table's options.
  ///   - networks: the networks' options.
  ///   - onEpoch: called after each epoch.
  ///   - shouldStop: asked after each step.
  /// - Returns: `nil` where it was stopped; what was done is kept.
  func scores(
    _ cohort: NetworkCohort, _ request: CohortRequest, _ networks: NetworkRequest,
    onEpoch: () -> Void, shouldStop: () -> Bool
  ) throws -> [Double]? {
    let folder = networks.folder.appendingPathComponent("networks")
    let file = folder.appendingPathComponent("\(name).json")
    let checkpoint = folder.appendingPathComponent("\(name).safetensors")
    let (seen, held) = try cohort.samples(
      without: part, loss: networks.loss, horizon: request.horizon)
    guard !held.isEmpty else { return [] }
    let digest = digest(seen, held, networks)
    if let known = try? JSONFile.read(Result.self, from: file), known.digest == digest,
      known.scores.count == held.count
    {
      return known.scores
    }
    let device = try Device.available(named: networks.device)
    if device == .cpu { try TorchRuntime.setThreads(1) }
    let trainer = try trainer(seen, cohort, networks, device)
    // A checkpoint of other subjects or options is that of another study.
    if Folder.isFile(checkpoint) { try? trainer.restore(from: checkpoint, subjects: digest) }
    let length = max(1, trainer.steps / networks.epochs)
    let due = length * max(1, networks.epochs / 4)
    try trainer.run(until: shouldStop) { step, _ in
      if step % length == 0 { onEpoch() }
      if step % due == 0, kind.seesImage { try trainer.write(to: checkpoint, subjects: digest) }
    }
    guard trainer.step == trainer.steps else {
      try trainer.write(to: checkpoint, subjects: digest)
      return nil
    }
    let scores = try trainer.network.scores(held)
    try JSONFile.write(
      Result(digest: digest, scores: scores, loss: trainer.losses.last ?? 0), to: file)
    try Folder.remove(checkpoint)
    return scores
  }

  private func trainer(
    _ seen: [RiskSample], _ cohort: NetworkCohort, _ networks: NetworkRequest, _ device: Device
  ) throws -> RiskTrainer {
    let design = RiskNetworkDesign(
      kind, edge: networks.crop.edge, columns: cohort.factors.first?.count ?? 0)
    do {
      return try RiskTrainer(
        RiskNetwork(design, seed: UInt64(seed), on: device), options: options(networks),
        samples: seen)
    } catch let error as RiskNetworkError where error.code == .input {
      throw WorkflowError(
        .invalid,
        "part \(part + 1) of the cross-validation: of \(error.subject) \(error.detail)")
    }
  }

  private func options(_ networks: NetworkRequest) -> RiskTrainingOptions {
    RiskTrainingOptions(
      loss: networks.loss, epochs: networks.epochs, batchSize: networks.batchSize,
      rate: networks.rate, seed: UInt64(seed))
  }

  /// A digest of all that the result depends on.
  private func digest(
    _ seen: [RiskSample], _ held: [RiskSample], _ networks: NetworkRequest
  ) -> String {
    var bytes = Data("\(kind.rawValue) \(seed) \(networks.crop) \(options(networks))".utf8)
    for sample in seen + held {
      bytes.append(
        Data("\(sample.time) \(sample.hasEvent) \(sample.outcome) \(sample.weight)".utf8))
      for values in [sample.table, kind.seesImage ? sample.image : []] {
        bytes.append(values.withUnsafeBytes { Data($0) })
      }
      // The whole cohort's images would be gigabytes at once.
      bytes = Data(Digest.sha256(bytes).utf8)
    }
    return Digest.sha256(bytes)
  }
}
