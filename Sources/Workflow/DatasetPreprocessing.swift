// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet

/// Preprocesses the training cases of a data set for one configuration.
package enum DatasetPreprocessing {
  /// Crops, normalises, resamples and stores every case; returns a sentence about it.
  ///
  /// A case whose file is there already and belongs to the same plan is kept, so an interrupted run
  /// goes on where it stopped. Of several parts this is one: every case of its number plus multiples
  /// of theirs.
  package static func run(
    dataset: String, configuration: String, roots: Roots, jobs: Int, part: Int = 0,
    of parts: Int = 1,
    progress: @escaping ProgressHandler
  ) async throws -> String {
    let place = try Dataset(dataset, roots: roots)
    let raw = try place.raw()
    let plans = try place.plans()
    let preprocessor = try Preprocessor(
      plans: plans, configuration: configuration, labels: raw.description.labels)
    let folder = CaseFolder(
      place.preprocessed(preprocessor.configuration.dataIdentifier))
    try Folder.create(folder.url)
    let cases = raw.cases.enumerated().filter { $0.offset % parts == part }.map(\.element)
    let counter = ProgressCounter(
      "preprocess \(configuration)", total: cases.count, handler: progress)
    let plansFile = place.preprocessed("\(plans.plansName).json")
    _ = try await cases.concurrentMap(width: jobs) { files in
      try Task.checkCancellation()
      if !isNewer(folder.file(of: files.name), than: [plansFile] + files.channels + [files.label]) {
        try folder.write(preprocessor.preprocess(raw.load(files, reader: Dataset.reader)))
      }
      await counter.advance(files.name)
    }
    let known = Set(raw.cases.map(\.name))
    for stale in try folder.names() where !known.contains(stale) {
      try? FileManager.default.removeItem(at: folder.file(of: stale))
    }
    return "\(cases.count) cases for \(configuration) in \(folder.url.path)"
  }

  /// Whether a file is there and newer than all that it was made from.
  private static func isNewer(_ file: URL, than sources: [URL?]) -> Bool {
    func date(_ url: URL?) -> Date? {
      url.flatMap {
        try? FileManager.default.attributesOfItem(atPath: $0.path)[.modificationDate] as? Date
      }
    }
    guard let made = date(file) else { return false }
    return sources.allSatisfy { date($0).map { $0 < made } ?? true }
  }
}
