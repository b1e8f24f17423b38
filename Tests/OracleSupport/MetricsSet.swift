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

/// The folds that nnunetv2 2.8.1 made of lists of cases, as `Oracles/parity/metrics.py` wrote them.
package struct FoldLists: Sendable {
  /// How many lists of cases there are.
  package let count: Int
  private let lists: [JSON]

  /// Reads `splits.json` of a folder.
  ///
  /// - Throws: a file error if there is none, `UnfitList` if it holds no list.
  package init(in folder: URL) throws {
    let file = folder.appendingPathComponent("splits.json")
    lists = try nonEmpty(JSON.read(from: file).array ?? [])
    count = lists.count
  }

  /// Where the folds made here differ, those past the last one included; a sentence each.
  package func differences() throws -> [String] {
    try lists.flatMap { list in
      let identifiers = try Self.names("identifiers", of: list)
      let splits = try Splits(identifiers: identifiers.reversed())
      let expected = try nonEmpty(list["folds"]?.array ?? []).map(Self.split)
      var differences: [String] = []
      if splits.folds != expected {
        differences.append("folds of \(identifiers.count) cases: \(splits.folds) / \(expected)")
      }
      guard let past = list["past"]?.object else {
        throw UnfitList(description: "\(identifiers.count) cases have no folds past the last one")
      }
      for key in try nonEmpty(past.keys) {
        let wanted = try Self.split(past[key] ?? .null)
        let found = try Int(key).map { try splits.fold($0, identifiers: identifiers) }
        if found != wanted {
          differences.append("fold \(key) of \(identifiers.count) cases differs from nnunetv2's")
        }
      }
      return differences
    }
  }

  private static func split(_ json: JSON) throws -> Split {
    Split(train: try names("train", of: json), val: try names("val", of: json))
  }

  private static func names(_ key: String, of json: JSON) throws -> [String] {
    try nonEmpty(json[key]?.array ?? []).compactMap(\.string)
  }
}
