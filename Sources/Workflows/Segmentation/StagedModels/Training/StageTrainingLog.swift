// SPDX-License-Identifier: Apache-2.0
import Figures
import Stages

/// What is logged of the training of a stage: a line for each interval of steps.
///
/// All but the seconds follows from the history in the checkpoint, so a training that goes on from
/// there has no line twice.
struct StageTrainingLog {
  /// One line.
  struct Line: Codable, Hashable {
    /// The steps that are done.
    let step: Int
    /// The learning rate of the last of them.
    let rate: Double
    /// The mean of the loss over the steps since the line before.
    let loss: Double
    /// The means of its parts.
    let parts: [String: Double]
    /// The seconds of these steps; `nil` where they were not written down.
    let seconds: Double?
  }

  /// How many steps one line is about.
  let interval: Int
  /// The seconds of each interval, by its number.
  private var seconds: [Int: Double] = [:]

  /// A log that begins, or goes on after a number of steps.
  ///
  /// - Parameter earlier: the lines that there are; those of later steps, which will be repeated, do not
  ///   count.
  init(interval: Int, earlier: [Line] = [], step: Int = 0) {
    self.interval = interval
    for line in earlier where (1...max(1, step)).contains(line.step) && step > 0 {
      seconds[(line.step - 1) / interval] = line.seconds
    }
  }

  /// Adds the seconds of a step, counted from 1.
  mutating func add(_ value: Double, step: Int) {
    seconds[(step - 1) / interval, default: 0] += value
  }

  /// The lines of all steps that are done; the last one may be about fewer steps.
  func lines(_ history: StageHistory, _ options: StageTrainingOptions) -> [Line] {
    stride(from: 0, to: history.steps.count, by: interval).map { start in
      let rows = history.steps[start..<min(start + interval, history.steps.count)]
      let means = history.names.indices.map { part in
        rows.reduce(0) { $0 + $1[part] } / Double(rows.count)
      }
      var parts = Dictionary(
        zip(history.names, means), uniquingKeysWith: { first, _ in first })
      return Line(
        step: rows.endIndex, rate: options.rate(step: rows.endIndex - 1),
        loss: parts.removeValue(forKey: "loss") ?? .nan, parts: parts,
        seconds: seconds[start / interval])
    }
  }
}

extension LossHistory {
  /// The curves of a training.
  init(_ lines: [StageTrainingLog.Line], parts: [String]) {
    self.init(
      steps: lines.map(\.step),
      curves: parts.map { name in
        Curve(name, lines.map { name == "loss" ? $0.loss : $0.parts[name] ?? .nan })
      },
      seconds: lines.map { $0.seconds ?? .nan }, learningRates: lines.map(\.rate))
  }
}
