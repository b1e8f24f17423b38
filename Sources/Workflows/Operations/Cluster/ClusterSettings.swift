// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Text
import Workflow

/// What each step of a cluster's work may use: lines `key = value`, for all steps or for one.
///
/// `time = 4:00:00` holds for every step, `train.time = 24:00:00` for training alone. A line that
/// begins with `#` is a comment.
package struct ClusterSettings: Sendable {
  /// The resources that sbatch is asked for, by key.
  private static let directives: [String: String] = [
    "account": "account", "partition": "partition", "qos": "qos", "time": "time",
    "cpus": "cpus-per-task", "memory": "mem", "gpus": "gres", "constraint": "constraint",
    "exclude": "exclude", "nodelist": "nodelist",
  ]
  /// Numbers: processors, graphics cards, and how long before the time limit training is warned.
  private static let numbers = ["cpus", "gpus", "warning"]
  /// Keys that may be given several times: further options of sbatch, and lines of shell.
  private static let lists = ["option", "setup"]
  /// The steps that keys may begin with.
  package static let steps = ClusterWork.StepKind.allCases.map(\.rawValue)

  private var values: [String: String] = [
    "plan.cpus": "4", "preprocess.cpus": "4", "train.cpus": "8", "find-best.cpus": "4",
    "predict.cpus": "8", "evaluate.cpus": "4", "train.gpus": "1", "predict.gpus": "1",
    "warning": "300",
  ]
  private var repeated: [String: [String]] = [:]

  /// The defaults: four or eight processors, and one graphics card to train and to predict with.
  package init() {}

  /// The defaults with a file's lines laid over them, then others such as `train.gpus=2`.
  package init(file: URL?, overrides: [String] = []) throws {
    if let file {
      let text = String(decoding: try FileBytes.read(file), as: UTF8.self)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      {
        let line = line.trimmingCharacters(in: .whitespaces)
        guard !line.isEmpty, !line.hasPrefix("#") else { continue }
        try set(line, source: "\(file.path), line \(number + 1)")
      }
    }
    for line in overrides { try set(line, source: "--set") }
  }

  private mutating func set(_ line: String, source: String) throws {
    guard let equals = line.firstIndex(of: "=") else {
      throw WorkflowError(.invalid, "\(source): \"\(line.shown())\" is no key = value")
    }
    let key = line[..<equals].trimmingCharacters(in: .whitespaces)
    let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
    let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
    guard let name = parts.last, parts.count == 1 || Self.steps.contains(parts[0]),
      Self.directives[name] != nil || Self.lists.contains(name) || name == "warning"
    else {
      let keys = (Self.directives.keys.sorted() + Self.lists + ["warning"]).joined(separator: ", ")
      throw WorkflowError(
        .invalid,
        "\(source): \"\(key.shown())\" is no setting; these are, alone or after a step and a dot: \(keys)"
      )
    }
    guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw WorkflowError(.invalid, "\(source): the value of \(key) has a control character")
    }
    if Self.numbers.contains(name), Int(value).map({ $0 < 0 || $0 > 65_535 }) ?? true {
      throw WorkflowError(
        .invalid, "\(source): \(key) should be a number, not \"\(value.shown())\"")
    }
    if Self.lists.contains(name) {
      repeated[key, default: []].append(value)
    } else {
      // A value for all steps also replaces the defaults of each.
      if parts.count == 1 { for step in Self.steps { values["\(step).\(name)"] = nil } }
      values[key] = value
    }
  }

  /// The lines `#SBATCH …` of a step.
  func directives(of step: String) -> [String] {
    var lines: [String] = []
    for name in Self.directives.keys.sorted() {
      guard let value = values["\(step).\(name)"] ?? values[name], !value.isEmpty else { continue }
      if name == "gpus" {
        if value != "0" { lines.append("--gres=gpu:\(value)") }
      } else {
        lines.append("--\(Self.directives[name] ?? name)=\(value)")
      }
    }
    return lines + list("option", step)
  }

  /// How many seconds before the time limit a training is asked to stop.
  var warning: Int {
    (values["train.warning"] ?? values["warning"]).flatMap { Int($0) } ?? 300
  }

  /// The lines of shell that a step begins with, such as `module load cuda`.
  func setup(of step: String) -> [String] { list("setup", step) }

  private func list(_ name: String, _ step: String) -> [String] {
    (repeated[name] ?? []) + (repeated["\(step).\(name)"] ?? [])
  }
}
