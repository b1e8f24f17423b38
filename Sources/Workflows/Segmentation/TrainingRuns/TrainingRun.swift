// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Text
import Torch
package import Workflow

/// Trains and validates one fold: locks its folder, starts further processes, and reports the result.
///
/// `FoldTraining` trains, `FoldValidation` validates, `TrainingFaults` explains errors.
package struct TrainingRun: Sendable {
  private let setup: FoldSetup
  private var request: TrainingRequest { setup.request }
  private var faults: TrainingFaults { TrainingFaults(setup: setup) }

  /// A run of one fold, whose data set must be planned already.
  package init(
    dataset: String, configuration: String, fold: Fold, roots: Roots, request: TrainingRequest
  ) throws {
    setup = try FoldSetup(
      dataset: dataset, configuration: configuration, fold: fold, roots: roots, request: request)
  }

  /// The model folder.
  package var modelFolder: URL { setup.modelFolder }

  /// Trains and validates; returns a sentence about the result.
  ///
  /// - Parameters:
  ///   - say: gets notes for the user before the long work begins.
  ///   - progress: gets the state of the work.
  package func run(
    say: @escaping (String) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) async throws -> String {
    if let process = request.process {
      return try runPart(process, say: say, progress: progress)
    }
    let processes = try startable()
    let device = try ownDevice()
    let cases = try setup.cases()
    let folder = setup.folder
    if request.validation == .only, !Folder.isFolder(folder.folder) {
      throw WorkflowError(
        .missing,
        "\(folder.folder.path): nothing was trained here; run: \(setup.command(""))")
    }
    let lock = try FoldLock(folder.folder)
    defer { withExtendedLifetime(lock) {} }
    StopSignal.listen()
    do {
      var sentences: [String] = []
      if request.validation != .only {
        sentences.append(
          try await processes?.run()
            ?? FoldTraining(setup, device: device, say: say, progress: progress).run(cases))
      }
      if request.validation != .none {
        if request.training.seconds != nil, request.validation != .only {
          say(
            "validating \(counted(cases.validation.cases.count, "whole case")), for which --minutes "
              + "leaves no time; --no-validation skips it")
        }
        let dice = try FoldValidation(setup, device: device).run(
          cases.validation, shouldStop: { StopSignal.isAsked }, progress: progress)
        sentences.append("mean validation Dice \(dice.map { readable($0, 3) } ?? "–")")
      }
      return sentences.joined(separator: "; ") + "; \(folder.folder.path)"
    } catch {
      throw faults.explained(error)
    }
  }

  /// The processes that share the training, where there are to be several.
  private func startable() throws -> TrainingProcesses? {
    guard let launch = request.launch, request.processes > 1, request.validation != .only else {
      return nil
    }
    let processes = TrainingProcesses(
      command: launch, count: request.processes, device: request.device)
    // A resumed training has the batch size of its checkpoint, which the processes read.
    try processes.check(
      batchSize: request.resume
        ? nil : request.options(batchSize: setup.configuration.batchSize).batchSize)
    return processes
  }

  /// The device of this process.
  private func ownDevice() throws -> Device {
    let device =
      try request.process.map { try TrainingProcesses.device(request.device, rank: $0.rank) }
      ?? Device.available(named: request.device)
    if case .cuda = device { try TorchRuntime.setCuDNNBenchmark(true) }
    return device
  }

  /// Trains as one of several processes; the process that started them has locked the folder.
  private func runPart(
    _ process: TrainingProcess, say: @escaping (String) -> Void,
    progress: @escaping ProgressHandler
  ) throws -> String {
    StopSignal.listen(ignoresRepeats: true)
    // Only the first process talks to the user.
    let silent: (String) -> Void = { _ in }
    let hidden: ProgressHandler = { _ in }
    do {
      let device = try ownDevice()
      let training = FoldTraining(
        setup, device: device, say: process.rank == 0 ? say : silent,
        progress: process.rank == 0 ? progress : hidden)
      let sentence = try training.run(setup.cases())
      process.leave(.result, sentence)
      return sentence
    } catch  where TrainingProcess.isPeerFailure(error) {
      process.leave(.peerFailure, faults.explainedPeerFailure(error, processes: process.count))
      throw error
    } catch {
      process.leave(.failure, "\(faults.explained(error))")
      throw error
    }
  }
}
