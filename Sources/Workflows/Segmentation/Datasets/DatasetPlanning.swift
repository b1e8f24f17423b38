// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
package import NNUNet
package import Workflow

/// A window in HU that normalises a CT instead of the percentiles of its foreground.
///
/// Values are clipped to the window, its middle becomes 0 and its ends −2 and 2.
package struct CTWindow: Sendable, Hashable {
  let low: Double
  let high: Double

  /// A window as the command line writes it, LOW:HIGH with LOW below HIGH.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let low = Double(parts[0]), let high = Double(parts[1]),
      low >= -2000, high <= 10000, low < high
    else { return nil }
    self.low = low
    self.high = high
  }

  var properties: IntensityProperties {
    let middle = (low + high) / 2
    return IntensityProperties(
      max: high, mean: middle, median: middle, min: low, percentile005: low, percentile995: high,
      std: (high - low) / 4)
  }
}

/// Takes a data set's fingerprint and plans its networks.
package struct DatasetPlanning: Sendable {
  /// What is odd about the cases and does no harm to the plans, a sentence each.
  package let notes: [String]
  private let plans: Plans
  /// The configurations that are in the file because an earlier plan had them.
  private let kept: [String]
  private let file: URL

  /// Checks the data set and writes fingerprint, plans and a copy of dataset.json into the
  /// preprocessed folder.
  package static func run(
    dataset: String, planner: PlannerVariant, memory: Double? = nil, features: Int = 32,
    window: CTWindow? = nil, samples: Int = FingerprintBuilder.budget, roots: Roots, jobs: Int,
    progress: @escaping ProgressHandler
  ) async throws -> DatasetPlanning {
    let place = try Dataset(dataset, roots: roots)
    let file = place.preprocessed("\(planner.plansName).json")
    let earlier = try earlierPlans(at: file)
    let raw = try place.raw()
    try raw.verifyFiles()
    let imageReader = try raw.imageReader
    let splits = try newSplits(
      from: raw.folder.appendingPathComponent("splits_final.json"),
      to: place.preprocessed("splits_final.json"))
    let held = 4 * Double(samples) * Double(raw.description.channelNames.count)
    let free = Double(Machine.availableMemory)
    if held > free {
      throw WorkflowError(
        "\(place.name): \(samples) samples a channel take \(decimal(held / 1e9, 2)) GB of memory, "
          + "\(decimal(free / 1e9, 2)) GB are free; give fewer with --samples")
    }
    let builder = FingerprintBuilder(numberOfCases: raw.cases.count, budget: samples)
    let counter = ProgressCounter("fingerprint", total: raw.cases.count, handler: progress)
    var sum = builder
    var notes: [String] = []
    try await raw.cases.concurrentFold(width: jobs) { files in
      let one = try raw.load(files, reader: CaseReader(imageReader))
      try one.checkLabels(of: raw.description.labels)
      let part = try builder.contribution(of: one)
      await counter.advance(files.name)
      return (part, one.note)
    } into: { part, note in
      try sum.add(part)
      if let note { notes.append(note) }
    }
    let fingerprint = try sum.finish(subject: place.name)
    let chosen = try Planner(
      fingerprint: fingerprint, dataset: raw.description, datasetName: place.name,
      options: .init(
        variant: planner, memory: memory, baseFeatures: features,
        intensityOverrides: window.map { [0: $0.properties] } ?? [:], imageReader: imageReader))
    let plans = try chosen.plan(keeping: earlier)
    let fresh = try chosen.plan().configurationNames
    try fingerprint.write(to: place.preprocessed("dataset_fingerprint.json"))
    // Byte for byte: nnU-Net reads keys that this package does not know.
    try StagedFile.write(
      JSONFile.contents(of: raw.folder.appendingPathComponent("dataset.json")),
      to: place.preprocessed("dataset.json"))
    try splits?.write(to: place.preprocessed("splits_final.json"))
    try plans.write(to: file)
    return DatasetPlanning(
      notes: notes, plans: plans, kept: plans.configurationNames.filter { !fresh.contains($0) },
      file: file)
  }

  /// The plans of an earlier run, whose other configurations stay, or `nil` where there are none.
  ///
  /// A file that cannot be read may hold somebody's own configurations, so it is never replaced.
  private static func earlierPlans(at file: URL) throws -> Plans? {
    guard Folder.isFile(file) else { return nil }
    do {
      return try Plans.read(from: file)
    } catch {
      throw WorkflowError(
        "\(error); its configurations cannot be kept: mend it, or delete it and plan again")
    }
  }

  /// The folds that come with the raw data, or `nil` where there are none or they are in use.
  ///
  /// Folds in use may be followed by others. Where they differ, replacing them would validate
  /// models on what they were trained on, so that is an error, as in nnU-Net.
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
        "\(used.path): holds other folds than \(raw.path); delete it to take those, and train anew")
    }
    return nil
  }

  /// The plans as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.contents(of: file), as: UTF8.self) }
  }

  /// The configurations for a terminal.
  package var table: String {
    var table = TextTable(["configuration", "patch", "batch", "spacing mm", "stages"])
    for name in plans.configurationNames {
      guard let one = try? plans.configuration(name) else { continue }
      table.add([
        name, one.patchSize.map { "\($0)" }.joined(separator: "×"), "\(one.batchSize)",
        one.spacing.map { decimal($0, 3) }.joined(separator: " "), "\(one.architecture.nStages)",
      ])
    }
    let old =
      kept.isEmpty
      ? ""
      : "\n\(kept.joined(separator: ", ")): of an earlier plan and kept, as nnU-Net does; delete the "
        + "file and plan again to drop them"
    return table.text + "\n" + file.path + old
  }
}
