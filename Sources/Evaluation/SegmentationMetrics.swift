// SPDX-License-Identifier: Apache-2.0

/// How a predicted label covers a reference label, voxel by voxel, as nnU-Net counts it.
public struct LabelMetrics: Hashable, Sendable {
  /// Voxels in both.
  public let truePositives: Int
  /// Voxels in the prediction only.
  public let falsePositives: Int
  /// Voxels in the reference only.
  public let falseNegatives: Int
  /// Voxels in neither.
  public let trueNegatives: Int

  /// Metrics from the four counts.
  public init(
    truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int
  ) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.falseNegatives = falseNegatives
    self.trueNegatives = trueNegatives
  }

  /// 2·TP / (2·TP + FP + FN); `nil` where the label is in neither map.
  public var dice: Double? {
    ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives)
  }

  /// TP / (TP + FP + FN); `nil` where the label is in neither map.
  public var iou: Double? {
    ratio(truePositives, truePositives + falsePositives + falseNegatives)
  }

  /// Voxels of the prediction.
  public var predicted: Int { truePositives + falsePositives }

  /// Voxels of the reference.
  public var reference: Int { truePositives + falseNegatives }

  private func ratio(_ a: Int, _ b: Int) -> Double? { b == 0 ? nil : Double(a) / Double(b) }
}

/// Compares two label maps for each region; a region is one label or several taken together.
///
/// Voxels whose reference is `ignore` do not count at all. Throws `.mismatch` for maps of different
/// size.
public func segmentationMetrics(
  prediction: [UInt8], reference: [UInt8], regions: [[UInt8]], ignore: UInt8? = nil
) throws(EvaluationError) -> [LabelMetrics] {
  guard prediction.count == reference.count else {
    throw EvaluationError(
      .mismatch, path: "prediction and reference",
      detail: "\(prediction.count) voxels against \(reference.count)")
  }
  var pairs = [Int](repeating: 0, count: 256 * 256)
  prediction.withUnsafeBytes { p in
    reference.withUnsafeBytes { r in
      var i = 0
      var background = 0
      while i < p.count {
        while i + 8 <= p.count,
          p.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            | r.loadUnaligned(fromByteOffset: i, as: UInt64.self) == 0
        {
          i += 8
          background += 8
        }
        let end = min(i + 8, p.count)
        while i < end {
          pairs[Int(p[i]) << 8 | Int(r[i])] += 1
          i += 1
        }
      }
      pairs[0] += background
    }
  }
  return regions.map { region in
    var counts = [0, 0, 0, 0]
    for predicted in 0..<256 {
      let inPrediction = region.contains(UInt8(predicted))
      for given in 0..<256 where given != ignore.map(Int.init) {
        let n = pairs[predicted << 8 | given]
        if n == 0 { continue }
        counts[(inPrediction ? 2 : 0) + (region.contains(UInt8(given)) ? 1 : 0)] += n
      }
    }
    return LabelMetrics(
      truePositives: counts[3], falsePositives: counts[2], falseNegatives: counts[1],
      trueNegatives: counts[0])
  }
}

/// The mean of label metrics over cases, or over labels.
public struct MeanMetrics: Hashable, Sendable {
  /// Mean Dice; `nil` where it does not exist.
  public let dice: Double?
  /// Mean intersection over union; `nil` where it does not exist.
  public let iou: Double?
  /// Mean numbers of voxels.
  public let truePositives: Double
  /// Mean number of voxels in the prediction only.
  public let falsePositives: Double
  /// Mean number of voxels in the reference only.
  public let falseNegatives: Double
  /// Mean number of voxels in neither.
  public let trueNegatives: Double

  /// Mean number of voxels of the prediction.
  public var predicted: Double { truePositives + falsePositives }

  /// Mean number of voxels of the reference.
  public var reference: Double { truePositives + falseNegatives }

  /// The mean of one label over cases; cases where Dice does not exist are passed over for it.
  ///
  /// This is nnU-Net's `mean`. `nil` without cases.
  public init?(overCases cases: [LabelMetrics]) {
    guard !cases.isEmpty else { return nil }
    let n = Double(cases.count)
    func average(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    dice = average(cases.compactMap(\.dice))
    iou = average(cases.compactMap(\.iou))
    truePositives = Double(cases.reduce(0) { $0 + $1.truePositives }) / n
    falsePositives = Double(cases.reduce(0) { $0 + $1.falsePositives }) / n
    falseNegatives = Double(cases.reduce(0) { $0 + $1.falseNegatives }) / n
    trueNegatives = Double(cases.reduce(0) { $0 + $1.trueNegatives }) / n
  }

  /// The plain mean over labels; where one label has no Dice, neither has the mean.
  ///
  /// This is nnU-Net's `foreground_mean`. `nil` without labels.
  public init?(overLabels labels: [MeanMetrics]) {
    guard !labels.isEmpty else { return nil }
    let n = Double(labels.count)
    func average(_ values: [Double?]) -> Double? {
      let present = values.compactMap(\.self)
      return present.count == values.count ? present.reduce(0, +) / n : nil
    }
    dice = average(labels.map(\.dice))
    iou = average(labels.map(\.iou))
    truePositives = labels.reduce(0) { $0 + $1.truePositives } / n
    falsePositives = labels.reduce(0) { $0 + $1.falsePositives } / n
    falseNegatives = labels.reduce(0) { $0 + $1.falseNegatives } / n
    trueNegatives = labels.reduce(0) { $0 + $1.trueNegatives } / n
  }
}
