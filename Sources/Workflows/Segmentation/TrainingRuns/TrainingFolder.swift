// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
package import Foundation
package import Learning

/// The folder of one fold, with its checkpoints, `metrics.jsonl` and `progress.png`.
package struct TrainingFolder: Sendable {
  let folder: URL

  init(_ folder: URL) { self.folder = folder }

  private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// The file of a checkpoint: final, best or latest.
  func checkpoint(_ kind: String) -> URL { file("checkpoint_\(kind).safetensors") }

  /// The checkpoint to resume from, and its file: the one with the most steps; `nil` where there is none.
  ///
  /// A run that is continued past its final epoch and interrupted leaves a "latest" that is newer than
  /// "final". Of nnU-Net's own files only the one that its trainer would resume from is considered, and
  /// only where it has more steps than those of this program.
  func lastCheckpoint() throws -> (url: URL, stored: StoredFold)? {
    func progress(_ stored: StoredFold) -> (Int, Int) {
      (stored.state.epoch, stored.state.partial?.steps ?? 0)
    }
    let kinds = ["final", "latest", "best"]
    let theirs = kinds.map { file("checkpoint_\($0).pth") }.first(where: Folder.isFile)
    var last: (url: URL, stored: StoredFold)?
    for url in kinds.map(checkpoint) + (theirs.map { [$0] } ?? []) where Folder.isFile(url) {
      let stored = try StoredFold(contentsOf: url, withOptimizerState: true)
      if last.map({ progress(stored) > progress($0.stored) }) ?? true { last = (url, stored) }
    }
    return last
  }

  /// Moves the files of an earlier training into a new folder, and returns it; `nil` where there is no
  /// checkpoint.
  ///
  /// A training that starts over does this before it writes its first checkpoint, so that `--continue`
  /// cannot confuse the two.
  func setAsideEarlier() throws -> URL? {
    let kinds = ["final", "latest", "best"]
    let checkpoints = kinds.flatMap { [checkpoint($0), file("checkpoint_\($0).pth")] }
    guard checkpoints.contains(where: Folder.isFile) else { return nil }
    var number = 1
    while Folder.isFolder(file("earlier-\(number)")) { number += 1 }
    let folder = file("earlier-\(number)")
    try Folder.create(folder)
    let others = ["metrics.jsonl", "progress.png", "training.run.json", "validation"].map(file)
    for from in checkpoints + others where Folder.isFile(from) || Folder.isFolder(from) {
      try Folder.move(from, to: folder.appendingPathComponent(from.lastPathComponent))
    }
    return folder
  }

  /// Writes the record of an epoch, and checkpoints where they are due; returns whether the latest one
  /// was written.
  ///
  /// The order is nnU-Net's: the latest checkpoint every 50 epochs, but not at the end, and then the best
  /// one.
  ///
  /// - Parameter isDue: whether the latest one is written in any case, because enough time has passed.
  func add(_ record: EpochRecord, trainer: Trainer, isBest: Bool, isDue: Bool) throws -> Bool {
    let options = trainer.state.options
    let isLast = record.epoch + 1 == options.epochs
    let isLatest = ((record.epoch + 1) % options.saveEvery == 0 || isDue) && !isLast
    if isLatest { try keepLatest(trainer) }
    if isBest { try Checkpoint(of: trainer).write(to: checkpoint("best")) }
    try writeLog(trainer.state.log)
    return isLatest
  }

  /// Writes the latest checkpoint, within an epoch or between two.
  func keepLatest(_ trainer: Trainer) throws {
    try Checkpoint(of: trainer).write(to: checkpoint("latest"))
  }

  /// Writes the final checkpoint and removes the latest one.
  func finish(_ trainer: Trainer) throws {
    try Checkpoint(of: trainer).write(to: checkpoint("final"))
    try? FileManager.default.removeItem(at: checkpoint("latest"))
    try writeLog(trainer.state.log)
  }

  /// Writes the whole log each time, so that it never contains an epoch twice that a resumed run repeats.
  func writeLog(_ log: [EpochRecord]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let lines = try log.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    try StagedFile.write(lines.joined(separator: "\n") + "\n", to: file("metrics.jsonl"))
    guard !log.isEmpty else { return }
    try StagedFile.write(
      Plot.trainingProgress(
        TrainingHistory(log), seconds: log.map(\.seconds),
        learningRates: log.map(\.learningRate), title: folder.lastPathComponent),
      to: file("progress.png"))
  }

  /// The epochs that a fold's `metrics.jsonl` records.
  package static func log(of folder: URL) throws -> [EpochRecord] {
    let data = try FileBytes.read(folder.appendingPathComponent("metrics.jsonl"))
    return try data.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(EpochRecord.self, from: Data($0))
    }
  }
}

extension TrainingHistory {
  /// The curves of a training; an epoch without a pseudo-Dice leaves a gap.
  package init(_ log: [EpochRecord]) {
    self.init(
      trainingLoss: log.map(\.trainLoss), validationLoss: log.map(\.validationLoss),
      pseudoDice: log.map { $0.meanDice ?? .nan },
      smoothedPseudoDice: log.map { $0.smoothedDice ?? .nan })
  }
}
