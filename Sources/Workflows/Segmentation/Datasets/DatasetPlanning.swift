// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
package import NNUNet
import Text
package import Workflow

/// A window in HU that normalises a CT in place of the percentiles of its foreground.
///
/// Values are clipped to the window, its middle becomes 0 and its ends −2 and 2.
package struct CTWindow: Sendable, Hashable {
  /// The lower end in HU.
  let low: Double
  /// The upper end in HU.
  let high: Double

  /// A window as it is typed, LOW:HIGH with LOW below HIGH, or `nil` for any other text.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let low = Double(parts[0]), let high = Double(parts[1]),
      low >= -2000, high <= 10000, low < high
    else { return nil }
    self.low = low
    self.high = high
  }

  /// The intensity properties with which nnU-Net's CT normalisation applies the window.
  var properties: IntensityProperties {
    let middle = (low + high) / 2
    return IntensityProperties(
      max: high, mean: middle, median: middle, min: low, percentile005: low, percentile995: high,
      std: (high - low) / 4)
  }
}

/// Takes a data set's fingerprint and plans its networks.
package struct DatasetPlanning: Sendable {
  /// Notes about cases that do not affect the plans, one sentence each.
  package let notes: [String]
  private let plans: Plans
  /// The configurations that are in the file because an earlier plan had them.
  private let inherited: [String]
  private let file: URL

  /// Checks the data set and writes fingerprint, plans and a copy of dataset.json into the
  /// preprocessed folder.
  package static func run(
    dataset: String, planner: PlannerVariant, memory: Double? = nil, features: Int = 32,
    window: CTWindow? = nil, samples: Int = FingerprintBuilder.budget, roots: Roots, jobs: Int,
    progress: @escaping ProgressHandler
  ) async throws -> DatasetPlanning {
    let dataset = try Dataset(dataset, roots: roots)
    let file = dataset.preprocessed("\(planner.plansName).json")
    let earlier = try earlierPlans(at: file)
    let raw = try dataset.raw()
    try raw.verifyFiles()
    let imageFormat = try raw.imageFormat
    let splits = try newSplits(
      from: raw.folder.appendingPathComponent("splits_final.json"),
      to: dataset.preprocessed("splits_final.json"))
    let held = 4 * Double(samples) * Double(raw.description.channelNames.count)
    let free = Double(Machine.availableMemory)
    if held > free {
      throw WorkflowError(
        .notEnoughMemory,
        "\(dataset.name): \(counted(samples, "sample")) a channel would take "
          + "\(readable(held / 1e9, 2)) GB of memory, "
          + "\(readable(free / 1e9, 2)) GB are free; give fewer with --samples")
    }
    let builder = FingerprintBuilder(numberOfCases: raw.cases.count, budget: samples)
    let counter = ProgressCounter("fingerprint", total: raw.cases.count, handler: progress)
    var sum = builder
    var notes: [String] = []
    try await raw.cases.concurrentFold(width: jobs) { files in
      let loaded = try raw.load(files, reader: CaseReader(imageFormat))
      try loaded.checkLabels(of: raw.description.labels)
      let part = try builder.contribution(of: loaded)
      await counter.advance(files.name)
      return (part, loaded.note)
    } into: { part, note in
      try sum.add(part)
      if let note { notes.append(note) }
    }
    let fingerprint = try sum.finish(subject: dataset.name)
    let chosen = try Planner(
      fingerprint: fingerprint, dataset: raw.description, datasetName: dataset.name,
      options: .init(
        variant: planner, memory: memory, baseFeatures: features,
        intensityOverrides: window.map { [0: $0.properties] } ?? [:], imageFormat: imageFormat))
    let plans = try chosen.plan(keeping: earlier)
    let fresh = try chosen.plan().configurationNames
    try fingerprint.write(to: dataset.preprocessed("dataset_fingerprint.json"))
    // Copied byte for byte, because nnU-Net reads keys that this package does not know.
    try StagedFile.write(
      FileBytes.read(raw.folder.appendingPathComponent("dataset.json")),
      to: dataset.preprocessed("dataset.json"))
    try splits?.write(to: dataset.preprocessed("splits_final.json"))
    try plans.write(to: file)
    return DatasetPlanning(
      notes: notes, plans: plans,
      inherited: plans.configurationNames.filter { !fresh.contains($0) },
      file: file)
  }

  /// The plans of an earlier run, whose other configurations stay, or `nil` where there are none.
  ///
  /// A file that cannot be read is never replaced, since it may hold configurations that a user
  /// added.
  private static func earlierPlans(at file: URL) throws -> Plans? {
    guard Folder.isFile(file) else { return nil }
    do {
      return try Plans.read(from: file)
    } catch {
      throw WorkflowError(
        .refused,
        "\(error); its configurations cannot be kept: mend it, or delete it and plan again")
    }
  }

  /// The folds that come with the raw data, or `nil` where there are none or they are in use.
  ///
  /// The folds in use may have more folds than the given ones. Where they differ, replacing them
  /// would validate models on cases that they were trained on, so that is an error, as in nnU-Net.
  private static func newSplits(from raw: URL, to used: URL) throws -> Splits? {
    guard Folder.isFile(raw) else { return nil }
    let given = try Splits.read(from: raw)
    guard Folder.isFile(used) else { return given }
    let earlier = try Splits.read(from: used).folds
    func same(_ a: Split, _ b: Split) -> Bool {
      Set(a.train) == Set(b.train) && Set(a.val) == Set(b.val)
    }
    guard earlier.count >= given.folds.count, zip(earlier, given.folds).allSatisfy(same) else {
      throw WorkflowError(
        .refused,
        "\(used.path): holds other folds than \(raw.path); delete it to take those, and train anew")
    }
    return nil
  }

  /// The plans as JSON.
  package var json: String {
    get throws { String(decoding: try FileBytes.read(file), as: UTF8.self) }
  }

  /// The configurations for a terminal.
  package var table: String {
    var table = TextTable(["configuration", "patch", "batch", "spacing mm", "stages"])
    for name in plans.configurationNames {
      guard let configuration = try? plans.configuration(name) else { continue }
      table.add([
        name, configuration.patchSize.map { "\($0)" }.joined(separator: "×"),
        "\(configuration.batchSize)",
        configuration.spacing.map { readable($0, 3) }.joined(separator: " "),
        "\(configuration.architecture.nStages)",
      ])
    }
    let old =
      inherited.isEmpty
      ? ""
      : "\n\(inherited.joined(separator: ", ")): of an earlier plan and kept, as nnU-Net does; delete the "
        + "file and plan again to drop them"
    return table.text + "\n" + file.path + old
  }
}
