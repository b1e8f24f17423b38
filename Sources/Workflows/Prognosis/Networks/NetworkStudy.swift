// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import RiskNetworks
import Survival
import Synchronization
import Text
package import Workflow

/// Trains networks on a cohort's scans and table and keeps what each says of subjects that it did not see.
///
/// Trainings of one seed begin with the same backbone and see the same batches, and all seeds have the same
/// parts of the cross-validation, so that networks are compared subject by subject.
package struct NetworkStudy: Sendable {
  /// The scores of one network: of each seed and subject.
  struct Held: Sendable {
    let name: String
    let scores: [[Double]]
  }

  /// The subjects.
  let cohort: NetworkCohort
  /// What the networks learned to foretell.
  let loss: RiskLoss
  /// The years by which events are foretold.
  let horizon: Double
  /// The networks, in the order of the request.
  let networks: [Held]
  /// The subjects that were left out, and why.
  package let leftOut: [LeftOut]
  /// What is to be known, one sentence each.
  package let notes: [String]

  /// Makes the crops and trains; what an earlier run of the same command did is taken from the folder.
  ///
  /// - Parameters:
  ///   - request: the table.
  ///   - networks: the scans and the networks.
  ///   - progress: told of crops and epochs.
  ///   - shouldStop: asked often; by default whether the process was asked to end.
  /// - Throws: `WorkflowError` where table and scans do not fit, nothing can be learned, or it was stopped.
  package init(
    _ request: CohortRequest, _ networks: NetworkRequest, progress: @escaping ProgressHandler,
    shouldStop: @escaping @Sendable () -> Bool = { StopSignal.isAsked }
  ) async throws {
    try Self.check(request, networks)
    let table = try CohortTable(request)
    try Folder.create(networks.folder)
    let lock = try FolderLock(networks.folder)
    defer { withExtendedLifetime(lock) {} }
    let crops = try CohortCrops(
      table.ids, table: request.table, networks, progress: progress, shouldStop: shouldStop)
    let cohort = try NetworkCohort(table, crops, request)
    try Self.requireEvents(cohort, request)
    let trainings = (0..<networks.seeds).flatMap { seed in
      (0..<cohort.folds).flatMap { part in
        networks.kinds.map { NetworkTraining(kind: $0, seed: seed, part: part) }
      }
    }
    let epochs = Mutex(0)
    let total = trainings.count * networks.epochs
    let results: [[Double]?]
    do {
      results = try await trainings.concurrentMap(width: networks.jobs) { training in
        if shouldStop() { return nil }
        return try training.scores(
          cohort, request, networks,
          onEpoch: {
            let done = epochs.withLock { count in
              count += 1
              return count
            }
            progress(
              WorkProgress("networks", done: done, of: total, detail: training.kind.rawValue))
          }, shouldStop: shouldStop)
      }
    } catch let error as SurvivalError {
      throw WorkflowError(.invalid, "\(request.table.path): \(error)")
    }
    let done = results.count { $0 != nil }
    guard done == results.count else {
      throw WorkflowError(
        .stopped,
        "\(networks.folder.path): stopped after \(done) of \(counted(results.count, "training")); all of it is kept, "
          + "the same command goes on")
    }
    var scores: [RiskNetworkKind: [[Double]]] = [:]
    for kind in networks.kinds {
      scores[kind] = Array(
        repeating: Array(repeating: 0, count: cohort.ids.count), count: networks.seeds)
    }
    for (training, held) in zip(trainings, results) {
      for (place, score) in zip(cohort.places(in: training.part, held: true), held ?? []) {
        scores[training.kind]?[training.seed][place] = score
      }
    }
    (self.cohort, loss, horizon) = (cohort, networks.loss, request.horizon)
    self.networks = networks.kinds.map { Held(name: $0.rawValue, scores: scores[$0] ?? []) }
    (leftOut, notes) = (crops.leftOut, crops.notes)
  }

  private static func check(_ request: CohortRequest, _ networks: NetworkRequest) throws {
    guard request.strata == nil, request.weights == nil else {
      throw WorkflowError(
        .invalid, "--strata and --weight belong to Cox models; leave them out with --images")
    }
    let edge = networks.crop.edge
    guard RiskNetworkDesign.edges.contains(edge) else {
      throw WorkflowError(
        .invalid,
        "crops of \(readable(networks.size, 0)) mm in voxels of \(readable(networks.edge, 1)) mm have \(edge) along an "
          + "edge; \(RiskNetworkDesign.edges.lowerBound) to \(RiskNetworkDesign.edges.upperBound) are possible, change "
          + "--edge or --size")
    }
    if let kind = networks.kinds.first(where: { $0.seesTable && request.covariates.isEmpty }) {
      throw WorkflowError(
        .invalid, "the network \(kind.rawValue) looks at the table, but no --covariate is named")
    }
  }

  /// Throws, before anything is trained, where a part of the cross-validation leaves no event.
  private static func requireEvents(_ cohort: NetworkCohort, _ request: CohortRequest) throws {
    for part in 0..<cohort.folds {
      for held in [true, false] {
        let places = cohort.places(in: part, held: held)
        guard places.contains(where: { cohort.data.events[$0] }) else {
          throw WorkflowError(
            .invalid,
            "\(request.table.path): none of the \(counted(places.count, "subject")) "
              + (held ? "in" : "outside of")
              + " part \(part + 1) of the cross-validation has the event; take fewer --folds or another --seed"
          )
        }
      }
    }
  }
}
