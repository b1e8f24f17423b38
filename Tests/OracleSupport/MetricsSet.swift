// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NIfTI
import NNUNet
import TestSupport
import Volume

/// Label maps and the summary that nnunetv2 2.8.1 made of them by `Oracles/parity/metrics.py`.
package struct MetricsSet: Sendable {
  /// The folder of the set.
  package let folder: URL

  /// The sets in a folder.
  ///
  /// - Throws: `MissingFixture` if there is none.
  package static func all(in folder: URL) throws -> [MetricsSet] {
    try fixtures(in: folder) { $0.hasPrefix("set_") }.map(MetricsSet.init)
  }

  /// Where the summary made here differs, the order of its keys included; a sentence each.
  package func differences() throws -> [String] {
    let scheme = try DatasetDescription.read(from: folder.appendingPathComponent("dataset.json"))
      .labels
    let names = try fixtures(in: folder.appendingPathComponent("prediction"))
      .map(\.lastPathComponent)
    let cases = try names.map { name -> SegmentationSummary.Case in
      let (prediction, reference) = ("prediction/\(name)", "reference/\(name)")
      return .init(
        predictionFile: prediction, referenceFile: reference,
        metrics: try SegmentationMetrics.measure(
          prediction: NIfTIFile.read(folder.appendingPathComponent(prediction)),
          reference: NIfTIFile.read(folder.appendingPathComponent(reference)), labels: scheme))
    }
    let expected = try JSON.read(from: folder.appendingPathComponent("summary.json"))
    let found = try SegmentationSummary(cases: cases, labels: scheme).json
    return jsonDifferences(expected, found, in: "summary", isOrdered: true)
  }
}

extension MetricsSet: CustomStringConvertible {
  /// The name of the set.
  package var description: String { folder.lastPathComponent }
}
