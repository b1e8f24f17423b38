// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
package import NNUNet
import Pickle
package import Studies
package import Workflow

/// Finds the post-processing that raises the Dice of predictions, by nnU-Net's rules.
///
/// For calcium, which comes in many lesions, it is rejected as a rule; on a heart or a lung it helps.
package struct PostProcessingSearch: Sendable {
  /// What was accepted.
  package let accepted: PostProcessing
  /// The metrics of the predictions as they are.
  package let before: SegmentationSummary
  /// The metrics after what was accepted.
  package let after: SegmentationSummary

  /// Tries each candidate on all label maps of a folder; they should be those of all cases.
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
  /// the predictions; returns the first.
  package func write(to folder: LabelFolder, jobs: Int) async throws -> URL {
    let output = folder.url.appendingPathComponent("postprocessed")
    try Folder.remove(output)
    _ = try await folder.apply(accepted, to: output, jobs: jobs)
    try before.write(to: folder.url.appendingPathComponent("summary.json"))
    try after.in(output).write(to: output.appendingPathComponent("summary.json"))
    let file = folder.url.appendingPathComponent("postprocessing.json")
    try StagedFile.write(accepted.json(before: before, after: after).text, to: file)
    // For nnUNetv2_apply_postprocessing, which reads nothing else; this package never does.
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

  /// What was accepted, in words.
  package var description: String {
    guard !accepted.steps.isEmpty else { return "no post-processing raises the Dice" }
    let kept = accepted.steps.map { "of \($0.labels.map { "\($0)" }.joined(separator: "+"))" }
    return "keep the largest piece \(kept.joined(separator: ", then "))"
  }
}

extension SegmentationSummary {
  /// The same metrics, said of the files of that name in another folder.
  fileprivate func `in`(_ folder: URL) throws -> SegmentationSummary {
    var copy = self
    copy.cases = cases.map {
      var one = $0
      one.predictionFile =
        folder.appendingPathComponent(URL(fileURLWithPath: $0.predictionFile).lastPathComponent)
        .path
      return one
    }
    return copy
  }
}
