// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import Testing
import Volume

@testable import NNUNet

/// Label maps, summaries and folds that nnunetv2 2.8.1 made by `scripts/parity-metrics.py`.
private enum OracleMetrics {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/nnunet-metrics")

  /// The committed sets, and those of the folder that CAC_PARITY_METRICS names.
  static var sets: [URL] {
    let more = ProcessInfo.processInfo.environment["CAC_PARITY_METRICS"].map {
      URL(fileURLWithPath: $0)
    }
    return [root, more].compactMap(\.self).flatMap { folder in
      ((try? Folder.names(in: folder)) ?? []).filter { $0.hasPrefix("set_") }
        .map { folder.appendingPathComponent($0) }
    }
  }
}

@Suite struct `A summary of nnU-Net` {
  @Test func `is there for labels, regions and ignored voxels`() {
    #expect(OracleMetrics.sets.count >= 5)
  }

  @Test(arguments: OracleMetrics.sets) func `has the same keys and values here`(set: URL) throws {
    let scheme = try DatasetDescription.read(from: set.appendingPathComponent("dataset.json"))
      .labels
    let cases = try Folder.names(in: set.appendingPathComponent("prediction")).sorted().map {
      name -> SegmentationSummary.Case in
      let (prediction, reference) = ("prediction/\(name)", "reference/\(name)")
      return .init(
        predictionFile: prediction, referenceFile: reference,
        metrics: try SegmentationMetrics.measure(
          prediction: NIfTIFile.read(set.appendingPathComponent(prediction)),
          reference: NIfTIFile.read(set.appendingPathComponent(reference)), labels: scheme))
    }
    let expected = try JSON.read(from: set.appendingPathComponent("summary.json"))
    let found = try SegmentationSummary(cases: cases, labels: scheme).json
    #expect(cases.count == 4)
    #expect(differences(expected, found, "summary") == [])
  }

  @Test func `comes with folds that are the same here`() throws {
    let file = OracleMetrics.root.appendingPathComponent("splits.json")
    let lists = try #require(try JSON.read(from: file).array)
    #expect(lists.count == 6)
    for list in lists {
      let identifiers = try #require(list["identifiers"]?.array).compactMap(\.string)
      let splits = try Splits(identifiers: identifiers.reversed())
      #expect(splits.folds == (try list["folds"]?.array?.map(fold)))
      for (index, json) in try #require(list["past"]?.object).members {
        let past = try splits.fold(try #require(Int(index)), identifiers: identifiers)
        #expect(try past == fold(json))
      }
    }
  }

  private func fold(_ json: JSON) throws -> Split {
    func names(_ key: String) throws -> [String] {
      try #require(json[key]?.array).compactMap(\.string)
    }
    return Split(train: try names("train"), val: try names("val"))
  }

  /// Where two values differ: keys and their order, numbers beyond rounding, anything else.
  private func differences(_ a: JSON, _ b: JSON, _ path: String) -> [String] {
    if let x = a.object, let y = b.object {
      if x.keys != y.keys { return ["\(path): \(x.keys) / \(y.keys)"] }
      return zip(x.members, y.members).flatMap {
        differences($0.value, $1.value, "\(path).\($0.key)")
      }
    }
    if let x = a.array, let y = b.array, x.count == y.count {
      return zip(x, y).enumerated().flatMap { differences($1.0, $1.1, "\(path)[\($0)]") }
    }
    if let x = a.double, let y = b.double {
      let same = x.isNaN ? y.isNaN : abs(x - y) <= 1e-12 * max(1, abs(x))
      return same ? [] : ["\(path): \(x) / \(y)"]
    }
    return a == b ? [] : ["\(path): \(a) / \(b)"]
  }
}

extension JSONObject {
  fileprivate var members: [(key: String, value: JSON)] {
    keys.map { ($0, self[$0] ?? .null) }
  }
}
