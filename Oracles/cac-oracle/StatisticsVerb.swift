// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Statistics
import TestSupport

/// Computes every statistic of the samples that `Oracles/parity/paired_statistics.py` draws.
///
/// The script compares the numbers with SciPy's and others' afterwards.
struct StatisticsVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Compute every statistic of samples drawn at random.",
    discussion: "It reads cases.json in the folder and writes results.json and refusals.json.")

  @OptionGroup var argument: FolderArgument

  /// A sample of cases.json.
  private struct Sample: Decodable {
    let name: String
    /// A file of doubles, x before y, for those that are too long for JSON.
    let file: String?
    let x: [Double?]?
    let y: [Double?]?
    let bootstrap: Bool
  }

  func run() async throws {
    let folder = argument.url
    let samples = try JSONDecoder().decode(
      [Sample].self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
    var results: [String: [String: [Double]]] = [:]
    var refusals: [String: [String: String]] = [:]
    for sample in try nonEmpty(samples) {
      let (x, y) = try Self.values(of: sample, in: folder)
      var (numbers, refused): ([String: [Double]], [String: String]) = ([:], [:])
      func note(_ name: String, _ body: () throws -> [Double?]) {
        do {
          numbers[name] = try body().map { $0 ?? .nan }
        } catch {
          refused[name] = "\(error)"
        }
      }
      for (name, body) in Self.statistics(x, y) { note(name, body) }
      if sample.bootstrap {
        let paired = try PairedSample(x: x, y: y)
        let statistics = try [
          paired.pearson, paired.spearman, paired.slope, paired.intercept, paired.meanDifference,
        ]
        for method in [BootstrapMethod.bca, .percentile] {
          let intervals = await bootstrap(
            statistics, BootstrapOptions(resamples: 200, seed: 11, method: method))
          for (statistic, result) in zip(statistics, intervals) {
            note("\(method.rawValue) \(statistic.name)") {
              let found = try result.get()
              return [found.interval.lower, found.interval.upper, found.deviation]
            }
          }
        }
      }
      (results[sample.name], refusals[sample.name]) = (numbers, refused)
    }
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try encoder.encode(results).write(to: folder.appendingPathComponent("results.json"))
    try encoder.encode(refusals).write(to: folder.appendingPathComponent("refusals.json"))
    print("every statistic of \(samples.count) samples computed")
  }

  private static func values(of sample: Sample, in folder: URL) throws -> ([Double], [Double]) {
    guard let file = sample.file else {
      return ((sample.x ?? []).map { $0 ?? .nan }, (sample.y ?? []).map { $0 ?? .nan })
    }
    let data = try Data(contentsOf: folder.appendingPathComponent(file))
    let all = data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
    return (Array(all[..<(all.count / 2)]), Array(all[(all.count / 2)...]))
  }

  private static func statistics(
    _ x: [Double], _ y: [Double]
  ) -> [(String, () throws -> [Double?])] {
    func classes(_ values: [Double]) -> [Int] {
      values.map { value in [1.0, 10, 100, 400].count { value >= $0 } }
    }
    func estimate(_ value: Estimate) -> [Double?] {
      [value.value, value.interval?.lower, value.interval?.upper]
    }
    func correlation(_ r: Correlation) -> [Double?] {
      [r.coefficient, r.pValue, r.interval?.lower, r.interval?.upper]
    }
    func kappa(_ weights: KappaWeights) throws -> [Double?] {
      let kappa = try cohenKappa(
        ConfusionMatrix(reference: classes(x), computed: classes(y), classes: 5), weights: weights)
      return [kappa.coefficient, kappa.standardError]
    }
    func share(_ select: (DetectionTable) throws -> Proportion) throws -> [Double?] {
      let table = try DetectionTable(
        reference: x.map { $0 >= 10 }, computed: y.map { $0 >= 10 })
      let found = try select(table)
      return [found.share, found.interval.lower, found.interval.upper]
    }
    return [
      ("mean", { [try mean(x)] }), ("sd", { [try standardDeviation(x)] }),
      ("median", { [try quantile(x, 0.5)] }),
      ("pearson", { correlation(try pearson(x, y)) }),
      ("spearman", { correlation(try spearman(x, y)) }),
      (
        "line",
        {
          let line = try leastSquaresLine(x: x, y: y)
          return [
            line.slope, line.slopeInterval?.lower, line.slopeInterval?.upper, line.intercept,
            line.interceptInterval?.lower, line.interceptInterval?.upper,
          ]
        }
      ),
      (
        "bland_altman",
        {
          let b = try blandAltman(y, x)
          return [
            b.bias, b.deviation, b.limits.lower, b.limits.upper, b.biasInterval.lower,
            b.biasInterval.upper, b.lowerLimitInterval.lower, b.lowerLimitInterval.upper,
            b.upperLimitInterval.lower, b.upperLimitInterval.upper,
          ]
        }
      ),
      ("lin", { estimate(try linConcordance(x, y)) }),
      ("icc", { estimate(try intraclassCorrelation(zip(x, y).map { [$0, $1] })) }),
      ("deming", { try demingLine(x: x, y: y).numbers }),
      ("passing_bablok", { try passingBablokLine(x: x, y: y).numbers }),
      ("kappa none", { try kappa(.none) }), ("kappa linear", { try kappa(.linear) }),
      ("kappa quadratic", { try kappa(.quadratic) }),
      ("sensitivity", { try share { try $0.sensitivity() } }),
      ("specificity", { try share { try $0.specificity() } }),
      ("ppv", { try share { try $0.positivePredictiveValue() } }),
      ("npv", { try share { try $0.negativePredictiveValue() } }),
      (
        "f1",
        {
          estimate(
            try DetectionTable(reference: x.map { $0 >= 10 }, computed: y.map { $0 >= 10 }).f1())
        }
      ),
    ]
  }
}

extension MethodLine {
  fileprivate var numbers: [Double?] {
    [
      slope.value, slope.interval?.lower, slope.interval?.upper, intercept.value,
      intercept.interval?.lower, intercept.interval?.upper,
    ]
  }
}
