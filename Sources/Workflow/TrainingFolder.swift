// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
import Foundation
import Learning

/// The folder of one fold: checkpoints, `metrics.jsonl`, `progress.png`.
struct TrainingFolder: Sendable {
  private let folder: URL

  init(_ folder: URL) { self.folder = folder }

  private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// The checkpoint to go on from and its file: the one with the most epochs; none at the start.
  ///
  /// A run that goes on past its final epoch and is interrupted leaves a newer "latest" than "final".
  func lastCheckpoint() throws -> (url: URL, checkpoint: Checkpoint)? {
    var last: (url: URL, checkpoint: Checkpoint)?
    for name in ["final", "latest", "best"] {
      let url = file("checkpoint_\(name).safetensors")
      guard Folder.isFile(url) else { continue }
      let one = try Checkpoint(contentsOf: url)
      if last.map({ one.state.epoch > $0.checkpoint.state.epoch }) ?? true { last = (url, one) }
    }
    return last
  }

  /// Keeps what an epoch came to, and the weights where they are worth it.
  func add(_ record: EpochRecord, trainer: Trainer, isBest: Bool) throws {
    let checkpoint = Checkpoint(of: trainer)
    if isBest { try checkpoint.write(to: file("checkpoint_best.safetensors")) }
    if (record.epoch + 1) % trainer.state.options.saveEvery == 0 {
      try checkpoint.write(to: file("checkpoint_latest.safetensors"))
    }
    try writeLog(trainer.state)
  }

  /// Keeps the final weights; the latest ones are no longer needed.
  func finish(_ trainer: Trainer) throws {
    try Checkpoint(of: trainer).write(to: file("checkpoint_final.safetensors"))
    try? FileManager.default.removeItem(at: file("checkpoint_latest.safetensors"))
    try writeLog(trainer.state)
  }

  /// Written anew each time, so that it never has an epoch that a resumed run repeats.
  private func writeLog(_ state: TrainingState) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let lines = try state.log.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    try StagedFile.write(lines.joined(separator: "\n") + "\n", to: file("metrics.jsonl"))
    try StagedFile.write(
      Plot.learningCurve(TrainingHistory(state.log), title: "Learning curve").png(),
      to: file("progress.png"))
  }

  /// The epochs that a fold's `metrics.jsonl` records.
  static func log(of folder: URL) throws -> [EpochRecord] {
    let data = try JSONFile.contents(of: folder.appendingPathComponent("metrics.jsonl"))
    return try data.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(EpochRecord.self, from: Data($0))
    }
  }
}

extension TrainingHistory {
  /// The curves of a training; an epoch without a pseudo-Dice leaves a gap.
  init(_ log: [EpochRecord]) {
    self.init(
      trainingLoss: log.map(\.trainLoss), validationLoss: log.map(\.validationLoss),
      pseudoDice: log.map { $0.meanDice ?? .nan },
      smoothedPseudoDice: log.map { $0.smoothedDice ?? .nan })
  }
}
