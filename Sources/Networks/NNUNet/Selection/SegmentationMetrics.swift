// SPDX-License-Identifier: Apache-2.0
public import Files
public import Foundation
public import Volume

/// The voxel counts of one class in one case, and the metrics that follow from them.
public struct SegmentationMetrics: Hashable, Sendable, Codable {
  /// Voxels in both.
  public var truePositives: Int
  /// Voxels only predicted.
  public var falsePositives: Int
  /// Voxels only in the reference.
  public var falseNegatives: Int
  /// Voxels in neither.
  public var trueNegatives: Int

  /// Counts of a class.
  public init(
    truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int
  ) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.falseNegatives = falseNegatives
    self.trueNegatives = trueNegatives
  }

  /// 2 TP / (2 TP + FP + FN), or `nil` where the class is in neither map.
  public var dice: Double? {
    let sum = 2 * truePositives + falsePositives + falseNegatives
    return sum == 0 ? nil : Double(2 * truePositives) / Double(sum)
  }

  /// TP / (TP + FP + FN), or `nil` where the class is in neither map.
  public var intersectionOverUnion: Double? {
    let sum = truePositives + falsePositives + falseNegatives
    return sum == 0 ? nil : Double(truePositives) / Double(sum)
  }

  /// The counts of each class of a label scheme; reference voxels with the ignore label do not
  /// count.
  public static func measure(
    prediction: Volume<UInt8>, reference: Volume<UInt8>, labels: LabelScheme
  ) throws -> [SegmentationMetrics] {
    try prediction.requireSameGrid(as: reference, subject: "prediction and reference")
    // Each pair of values is counted in a table; the counts of classes are sums over it.
    var table = [Int](repeating: 0, count: 256 * 256)
    prediction.voxels.withUnsafeBufferPointer { predicted in
      reference.voxels.withUnsafeBufferPointer { reference in
        table.withUnsafeMutableBufferPointer { table in
          for i in predicted.indices { table[Int(predicted[i]) << 8 | Int(reference[i])] += 1 }
        }
      }
    }
    let ignore = labels.ignoreLabel
    return labels.foregroundClasses.map { values in
      var metrics = SegmentationMetrics(
        truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0)
      let inside = (0..<256).map { values.contains($0) }
      for p in 0..<256 {
        for r in 0..<256 where r != ignore && table[p << 8 | r] > 0 {
          let n = table[p << 8 | r]
          switch (inside[p], inside[r]) {
          case (true, true): metrics.truePositives += n
          case (true, false): metrics.falsePositives += n
          case (false, true): metrics.falseNegatives += n
          case (false, false): metrics.trueNegatives += n
          }
        }
      }
      return metrics
    }
  }

  /// The eight values under nnU-Net's names, NaN where undefined.
  var named: [(String, Double)] {
    [
      ("Dice", dice ?? .nan), ("FN", Double(falseNegatives)), ("FP", Double(falsePositives)),
      ("IoU", intersectionOverUnion ?? .nan), ("TN", Double(trueNegatives)),
      ("TP", Double(truePositives)), ("n_pred", Double(falsePositives + truePositives)),
      ("n_ref", Double(falseNegatives + truePositives)),
    ]
  }
}

/// The metrics of a set of cases, written as nnU-Net's summary.json.
public struct SegmentationSummary: Sendable, Hashable {
  /// The name of the file beside the label maps.
  public static let fileName = "summary.json"

  /// The metrics of one case.
  public struct Case: Sendable, Hashable {
    /// The predicted label map.
    public var predictionFile: String
    /// The reference label map.
    public var referenceFile: String
    /// The metrics in the order of the classes.
    public var metrics: [SegmentationMetrics]

    /// A case with its files.
    public init(predictionFile: String, referenceFile: String, metrics: [SegmentationMetrics]) {
      self.predictionFile = predictionFile
      self.referenceFile = referenceFile
      self.metrics = metrics
    }
  }

  /// The cases in order.
  public package(set) var cases: [Case]
  /// The classes: label values or regions.
  public let classes: [[Int]]
  /// The classes' names in summary.json.
  private let names: [String]

  /// A summary; every case has one entry for each class.
  public init(cases: [Case], labels: LabelScheme) throws(NNUNetError) {
    classes = labels.foregroundClasses
    names = labels.foregroundClassNames
    self.cases = cases
    if let odd = cases.first(where: { $0.metrics.count != labels.foregroundClasses.count }) {
      throw NNUNetError(
        .export, odd.predictionFile,
        "has \(odd.metrics.count) measured classes instead of \(classes.count)")
    }
  }

  /// The mean Dice of a class over the cases that have it, or `nil`.
  public func meanDice(ofClass index: Int) -> Double? {
    let values = cases.compactMap { $0.metrics[index].dice }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The mean of the classes' mean Dice; `nil` where a class is in no case.
  public var foregroundMeanDice: Double? {
    let means = classes.indices.map { meanDice(ofClass: $0) }
    if means.isEmpty || means.contains(where: { $0 == nil }) { return nil }
    return means.compactMap { $0 }.reduce(0, +) / Double(means.count)
  }

  /// The keys and values of summary.json, with NaN where a class is absent.
  public var json: JSON {
    var means: [[Double]] = []
    var mean = JSONObject()
    for (c, name) in names.enumerated().sorted(by: { $0.element < $1.element }) {
      let rows = cases.map { $0.metrics[c].named.map(\.1) }
      var object = JSONObject()
      var values: [Double] = []
      let keys = SegmentationMetrics(
        truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0
      ).named.map(\.0)
      for (i, metric) in keys.enumerated() {
        let defined = rows.map { $0[i] }.filter { !$0.isNaN }
        values.append(defined.isEmpty ? .nan : defined.reduce(0, +) / Double(defined.count))
        object[metric] = .double(values[i])
      }
      means.append(values)
      mean[name] = .object(object)
    }
    var foreground = JSONObject()
    if let first = mean.keys.first, let keys = mean[first]?.object?.keys {
      for (i, metric) in keys.enumerated() {
        foreground[metric] = .double(
          means.map { $0[i] }.reduce(0, +) / Double(means.count))
      }
    }
    let list = cases.map { entry in
      var metrics = JSONObject()
      for (name, values) in zip(names, entry.metrics).sorted(by: { $0.0 < $1.0 }) {
        var object = JSONObject()
        for (metric, value) in values.named {
          object[metric] = metric == "Dice" || metric == "IoU" ? .double(value) : .int(Int(value))
        }
        metrics[name] = .object(object)
      }
      return JSON.object([
        "metrics": .object(metrics), "prediction_file": .string(entry.predictionFile),
        "reference_file": .string(entry.referenceFile),
      ])
    }
    return .object([
      "foreground_mean": .object(foreground), "mean": .object(mean),
      "metric_per_case": .array(list),
    ])
  }

  /// Writes summary.json, complete or not at all.
  public func write(to url: URL) throws { try StagedFile.write(json.text, to: url) }
}
