// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Concurrency
import Files
import Foundation
import Text
import Torch
import Workflow

/// Prints how long the main steps take, each beside the least that this machine needs for it.
@main
struct CACBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cac-bench",
    abstract:
      "Time the main steps, each beside its floor, the least time this machine needs for it.",
    discussion: """
      All data are synthetic and made for the run. The floor is the time of the same bytes, pixels \
      or multiplications by the plainest means, measured in turn with the step itself. Ratios \
      compare the two minima, so that other work on the machine disturbs them least; "cpu" is what \
      all threads together used. Nothing fails because it is slow.

      Example: cac-bench scoring contours --runs 20
      """)

  @Option(help: "How often each step is timed, after one run to warm up.")
  var runs = 7

  @Flag(help: ArgumentHelp("Answer scripts/peers on standard input.", visibility: .hidden))
  var peers = false

  @Flag(
    help: ArgumentHelp("Answer Oracles/peers/augmentation.py.", visibility: .hidden))
  var augmentationPeers = false

  @Option(help: ArgumentHelp("Answer scripts/gpu-check into this folder.", visibility: .hidden))
  var deviceCheck: String?

  @Option(help: ArgumentHelp("The device of --device-check.", visibility: .hidden))
  var device = "cuda"

  @Flag(help: ArgumentHelp("Small batches for --device-check.", visibility: .hidden))
  var short = false

  @Argument(
    help: ArgumentHelp(
      "Groups to time: \(CACBench.groups.map(\.name).joined(separator: ", ")). All by default.",
      valueName: "group"))
  var only: [String] = []

  func validate() throws {
    guard (1...1000).contains(runs) else {
      throw ValidationError("--runs \(runs) is not in 1 to 1000.")
    }
    let names = Self.groups.map(\.name)
    if let stranger = only.first(where: { !names.contains($0) }) {
      throw ValidationError(
        "There is no group \"\(stranger)\"; name some of \(names.joined(separator: ", ")).")
    }
  }

  func run() async throws {
    if peers { return try answerPeers() }
    if let deviceCheck {
      return try DeviceCheck(
        device: try Device.available(named: device), folder: URL(fileURLWithPath: deviceCheck),
        isShort: short
      ).run()
    }
    if augmentationPeers { return try answerAugmentationPeers() }
    let stopwatch = Stopwatch(runs: runs)
    let inputs = BenchmarkInputs()
    print(conditions)
    print(Row.legend)
    print()
    print(Row.header)
    for group in Self.groups where only.isEmpty || only.contains(group.name) {
      try await group.time(stopwatch, inputs)
    }
  }

  private typealias Group = (name: String, time: (Stopwatch, BenchmarkInputs) async throws -> Void)

  private static var groups: [Group] {
    [
      ("start", timeStart), ("dicom", timeDICOM), ("nifti", timeNIfTI), ("contours", timeContours),
      ("audit", timeAudit), ("prepare", timePrepare), ("scoring", timeScoring),
      ("statistics", timeStatistics), ("network", timeNetwork),
      ("inference", timeInference), ("augmentation", timeAugmentation), ("phantom", timePhantom),
    ]
  }

  /// What the timings depend on beside the code.
  private var conditions: String {
    var load = [0.0]
    getloadavg(&load, 1)
    // This process has hardly begun: a load of one or more is someone else's.
    let remark = load[0] >= 1 ? "; other work is running, so times are too long" : ""
    return
      "\(Machine.processorCount) cores, load \(decimal(load[0])), median and minimum of \(runs) runs"
      + remark
  }
}
