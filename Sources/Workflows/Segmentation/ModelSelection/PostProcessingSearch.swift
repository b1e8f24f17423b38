// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
package import NNUNet
import Pickle
package import Studies
package import Workflow

/// Finds the post-processing that raises the Dice of predictions, by nnU-Net's rules.
///
/// It keeps only the largest connected component of a label. For calcium, which has many lesions,
/// it is usually rejected; for a heart or a lung it helps.
///
/// ```swift
/// let folder = try LabelFolder(predictions)
/// let found = try await PostProcessingSearch.run(folder, reference: labels, jobs: 2) { print($0) }
/// let file = try await found.write(to: folder, jobs: 2)
/// ```
package struct PostProcessingSearch: Sendable {
  /// The accepted steps.
  package let accepted: PostProcessing
  /// The metrics of the predictions without post-processing.
  package let before: SegmentationSummary
  /// The metrics after the accepted steps.
  package let after: SegmentationSummary

  /// Tries each candidate on all label maps of a folder, which should be those of all cases.
  package static func run(
    _ folder: LabelFolder, reference: URL, jobs: Int, progress: @escaping ProgressHandler
  ) async throws -> PostProcessingSearch {
    let candidates = PostProcessing.candidates(of: folder.dataset.labels)
    let counter = ProgressCounter(
      "post-processing", total: try folder.names().count * (candidates.count + 1),
      handler: progress)
    func summary(_ steps: [PostProcessing.Step]) async throws -> SegmentationSummary {
      try await folder.summary(reference: reference, after: .init(steps: steps), jobs: jobs) {
        await counter.advance()
      }
    }
    var steps: [PostProcessing.Step] = []
    let before = try await summary([])
    var best = before
    for (index, candidate) in candidates.enumerated() {
      let after = try await summary(steps + [candidate])
      if PostProcessing.accepts(candidate: index, before: best, after: after) {
        steps.append(candidate)
        best = after
      }
    }
    return PostProcessingSearch(accepted: .init(steps: steps), before: before, after: best)
  }

  /// Writes `postprocessing.json`, `summary.json` and the folder `postprocessed` into the folder of
  /// the predictions; returns the path of `postprocessing.json`.
  package func write(to folder: LabelFolder, jobs: Int) async throws -> URL {
    let output = folder.url.appendingPathComponent("postprocessed")
    try Folder.remove(output)
    _ = try await folder.apply(accepted, to: output, jobs: jobs)
    try before.write(to: folder.url.appendingPathComponent(SegmentationSummary.fileName))
    try after.in(output).write(to: output.appendingPathComponent(SegmentationSummary.fileName))
    let file = folder.url.appendingPathComponent(PostProcessing.fileName)
    try StagedFile.write(accepted.json(before: before, after: after).text, to: file)
    // nnUNetv2_apply_postprocessing reads this file only; this package never reads it.
    try StagedFile.write(
      Data(Pickler.data(pickle)), to: folder.url.appendingPathComponent("postprocessing.pkl"))
    return file
  }

  /// The functions and their arguments as nnU-Net pickles them.
  private var pickle: PickleOutput {
    .tuple([
      .list(
        accepted.steps.map { _ in
          .global(
            "nnunetv2.postprocessing.remove_connected_components", PostProcessing.functionName)
        }),
      .list(
        accepted.steps.map { step in
          let labels = step.labels.map { PickleOutput.int($0) }
          return .object([("labels_or_regions", step.isList ? .list(labels) : labels[0])])
        }),
    ])
  }

  /// The accepted steps in words.
  package var description: String {
    guard !accepted.steps.isEmpty else { return "no post-processing raises the Dice" }
    let labels = accepted.steps.map { "of \($0.labels.map { "\($0)" }.joined(separator: "+"))" }
    return "keep the largest connected component \(labels.joined(separator: ", then "))"
  }
}

extension SegmentationSummary {
  /// The same metrics, with the paths of the files of the same names in another folder.
  fileprivate func `in`(_ folder: URL) throws -> SegmentationSummary {
    var copy = self
    copy.cases = cases.map {
      var item = $0
      item.predictionFile =
        folder.appendingPathComponent(URL(fileURLWithPath: $0.predictionFile).lastPathComponent)
        .path
      return item
    }
    return copy
  }
}
