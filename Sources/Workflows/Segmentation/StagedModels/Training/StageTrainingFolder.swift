// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
import Foundation
import Stages
import Text
import Torch
import Workflow

/// The folder of the training of a stage: its options, checkpoint, log, figure and weights.
struct StageTrainingFolder<Stage: TrainableStage> {
  let url: URL

  private func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// Everything that the training needs to go on.
  var checkpoint: URL { file("checkpoint.safetensors") }
  /// The averaged weights.
  var weights: URL { file("\(Stage.Design.kind).safetensors") }
  /// What the run record lies beside.
  var record: URL { file("training") }
  private var options: URL { file("training-options.json") }
  private var metrics: URL { file("metrics.jsonl") }
  private var progress: URL { file("progress.png") }

  /// Refuses a folder with files of another kind of training.
  ///
  /// - Throws: `WorkflowError` with the code `refused`.
  func requireOwn() throws {
    guard Folder.isFolder(url), !Folder.isFile(options) else { return }
    let foreign = try Folder.names(in: url).first {
      $0.hasPrefix("checkpoint") || $0.hasSuffix(".safetensors")
        || [metrics, progress].map(\.lastPathComponent).contains($0)
    }
    if let foreign {
      throw WorkflowError(
        .refused,
        "\(url.path): holds \(foreign.shown()) of another training; name another folder")
    }
  }

  /// Notes what the training keeps to; a training that there is must keep to the same.
  ///
  /// - Throws: `WorkflowError` with the code `refused` that names the options which differ.
  func begin(_ identity: StageTrainingIdentity<Stage.Design>, origin: String) throws {
    if Folder.isFile(checkpoint) {
      let differences = identity.differences(
        of: try JSONFile.read(StageTrainingIdentity<Stage.Design>.self, from: options),
        origin: origin)
      guard differences.isEmpty else {
        throw WorkflowError(
          .refused,
          "\(url.path): its training was begun with \(differences.joined(separator: ", ")); "
            + "repeat its options to go on, or name another folder")
      }
      return
    }
    guard !Folder.isFile(weights) else {
      throw WorkflowError(
        .refused,
        "\(weights.path): was trained before, and there is no checkpoint to go on from; name "
          + "another folder")
    }
    try JSONFile.write(identity, to: options)
    // What a training left that had no checkpoint yet.
    for file in [metrics, progress] { try Folder.remove(file) }
  }

  /// The log of the steps that a trainer has done.
  func log(interval: Int, step: Int) throws -> StageTrainingLog {
    StageTrainingLog(interval: interval, earlier: try lines(), step: step)
  }

  /// Whether all steps are done and the weights of the end are written.
  func isFinished(_ identity: StageTrainingIdentity<Stage.Design>) throws -> Bool {
    // The line of the last step is written behind the weights.
    let last = try lines().last?.step
    return last == identity.options.steps && [checkpoint, weights].allSatisfy(Folder.isFile)
  }

  /// The lines of the log; those that cannot be read count for nothing, because all but their seconds
  /// is made again.
  private func lines() throws -> [StageTrainingLog.Line] {
    guard Folder.isFile(metrics) else { return [] }
    return try FileBytes.read(metrics).split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(StageTrainingLog.Line.self, from: Data($0))
    }
  }

  /// Writes the whole log each time, so that it never contains a step twice that a run repeats.
  func write(_ log: StageTrainingLog, of trainer: StageTrainer<Stage>) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let lines = try log.lines(trainer.history, trainer.options).map {
      String(decoding: try encoder.encode($0), as: UTF8.self) + "\n"
    }
    try StagedFile.write(lines.joined(), to: metrics)
  }

  /// Writes the checkpoint and the figure.
  func keep(_ trainer: StageTrainer<Stage>, _ log: StageTrainingLog) throws {
    try trainer.write(to: checkpoint)
    let lines = log.lines(trainer.history, trainer.options)
    guard !lines.isEmpty else { return }
    try StagedFile.write(
      Plot.lossProgress(
        LossHistory(lines, parts: trainer.history.names), title: url.lastPathComponent),
      to: progress)
  }
}
