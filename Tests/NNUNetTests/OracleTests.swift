// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing
import Volume

@testable import NNUNet

/// Numbers of nnunetv2 2.8.1, made by Oracles/fixtures/nnunet.py.
private let oracleFile = Result { try JSON.read(from: fixture("nnunet/numbers.json")) }

/// A part of these numbers; an error where the file is missing, broken or without it.
private func oracle(_ key: String) throws -> JSON {
  try #require(try oracleFile.get()[key], "numbers.json lacks \(key)")
}

/// What the script wrote has to be there: a list that is not one is an error, never an empty list.
extension JSON {
  fileprivate subscript(index: Int) -> JSON {
    get throws {
      let list = try #require(array)
      try #require(list.indices.contains(index))
      return list[index]
    }
  }
  fileprivate var ints: [Int] {
    get throws { try #require(array).map { try #require($0.int) } }
  }
  fileprivate var doubles: [Double] {
    get throws { try #require(array).map { try #require($0.double) } }
  }
}

/// The hash that the script computes too.
private func noise(_ shape: [Int], _ seed: Int) -> [UInt64] {
  let low: UInt64 = 0xFFFF_FFFF
  var out: [UInt64] = []
  for z in 0..<UInt64(shape[0]) {
    for y in 0..<UInt64(shape[1]) {
      for x in 0..<UInt64(shape[2]) {
        var h = (x * 374_761_393 + y * 668_265_263 + z * 2_147_483_647) & low
        h = (h + UInt64(seed) * 3_266_489_917) & low
        h = ((h ^ (h >> 13)) * 1_274_126_177) & low
        out.append((h ^ (h >> 16)) & low)
      }
    }
  }
  return out
}

/// The three data sets of the script.
private struct Generated: Sendable {
  var id: Int
  var channels: [String]
  var labels: [LabelScheme.Entry]
  var values: [Int]
  var border: Int
  var cases: [(shape: [Int], spacing: [Double])]
  var empty: [Int] = []
  var regionsClassOrder: [Int]?

  typealias Size = (shape: [Int], spacing: [Double])

  static let all: [Generated] = [calcium, padded, regions]

  private static let calcium: Generated = {
    let cases: [Size] = (0..<6).map { (i: Int) -> Size in
      let x: Double = i % 2 == 0 ? 0.5 : 0.625
      return ([9 + i, 24 + 2 * i, 20 + i], [3, 0.5, x])
    }
    return Generated(
      id: 1, channels: ["CT"], labels: [.init("background", [0]), .init("calcium", [1])],
      values: [1], border: 0, cases: cases, empty: [2])
  }()

  private static let padded: Generated = {
    let cases: [Size] = (0..<4).map { (i: Int) -> Size in
      let x: Double = 1 + 0.25 * Double(i)
      return ([16 + i, 20 + i, 24 - i], [1.25, 1, x])
    }
    return Generated(
      id: 2, channels: ["CT", "MR"],
      labels: [
        .init("background", [0]), .init("a", [1]), .init("b", [2]), .init("ignore", [3]),
      ], values: [1, 2, 3], border: 3, cases: cases)
  }()

  private static let regions: Generated = {
    let cases: [Size] = (0..<3).map { (i: Int) -> Size in ([18, 11 + i, 22], [0.75, 4, 0.5]) }
    return Generated(
      id: 3, channels: ["CT"],
      labels: [
        .init("background", [0]), .init("whole", [1, 2, 3]), .init("core", [2, 3]),
        .init("tip", [3]),
      ], values: [1, 2, 3], border: 0, cases: cases, regionsClassOrder: [1, 2, 3])
  }()

  func description() throws -> DatasetDescription {
    try DatasetDescription(
      channelNames: channels,
      labels: LabelScheme(entries: labels, regionsClassOrder: regionsClassOrder),
      numTraining: cases.count)
  }

  func rawCase(_ k: Int) throws -> RawCase {
    let (shape, s) = cases[k]
    let geometry = Geometry(
      extent: Extent(slices: shape[0], rows: shape[1], columns: shape[2]),
      spacing: [s[2], s[1], s[0]])
    let middle = shape.map { $0 / 2 }
    let images = channels.indices.map { c -> Volume<Float> in
      var volume = Volume(
        geometry: geometry,
        voxels: noise(shape, 100 * id + 10 * k + c).map { Float($0 % 4096) - 1024 })
      guard border > 0 else { return volume }
      for z in 0..<shape[0] {
        for y in 0..<shape[1] {
          for x in 0..<shape[2] {
            let p = [z, y, x]
            let outside = (0..<3).contains { p[$0] < border || p[$0] >= shape[$0] - border }
            let hole = (0..<3).allSatisfy { p[$0] == middle[$0] || p[$0] == middle[$0] - 1 }
            if outside || hole { volume[z, y, x] = 0 }
          }
        }
      }
      return volume
    }
    var map = Volume<Float>(geometry: geometry, repeating: 0)
    for (i, value) in (empty.contains(k) ? [] : values).enumerated() {
      let c = shape.map { $0 * (i + 1 + k % 3) / (values.count + 3) }
      for z in 0..<shape[0] {
        for y in 0..<shape[1] {
          for x in 0..<shape[2] {
            let (dz, dy, dx) = (z - c[0], y - c[1], x - c[2])
            if dz * dz + dy * dy + dx * dx <= 9 + 4 * i { map[z, y, x] = Float(value) }
          }
        }
      }
    }
    return try RawCase(name: "case_\(k)", channels: images, labels: map)
  }

  func fingerprint() throws -> Fingerprint {
    var builder = FingerprintBuilder(numberOfCases: cases.count, budget: 1_000_000)
    for k in cases.indices { try builder.add(builder.contribution(of: rawCase(k))) }
    return try builder.finish()
  }
}

/// Sum, absolute sum and position-weighted sum.
private func signature(_ values: [Double]) -> [Double] {
  var sums = [0.0, 0, 0]
  for (i, value) in values.enumerated() {
    sums[0] += value
    sums[1] += abs(value)
    sums[2] += value * Double(i % 97)
  }
  return sums
}

private func text(_ rows: [[Int]]) -> String {
  rows.map { $0.map(String.init).joined() }.joined(separator: " ")
}

/// Compares a configuration with the script's short form.
private func compare(_ configuration: Configuration, _ brief: JSON?, _ what: Comment) throws {
  let brief = try #require(brief, what)
  #expect(try configuration.batchSize == brief[0].int, what)
  #expect(try configuration.patchSize == brief[1].ints, what)
  for (a, b) in try pairs(configuration.spacing, brief[2].doubles) {
    #expect(abs(a - b) < 1e-12, what)
  }
  #expect(try configuration.medianImageSize == brief[3].doubles, what)
  #expect(try text(configuration.architecture.strides) == brief[4].string, what)
  #expect(try text(configuration.architecture.kernelSizes) == brief[5].string, what)
  #expect(try configuration.architecture.featuresPerStage.last == brief[6].int, what)
  #expect(try JSON.bool(configuration.batchDice) == brief[7], what)
  #expect(try configuration.dataIdentifier == brief[8].string, what)
}

@Suite struct `Against nnunetv2 itself` {
  @Test(arguments: 0..<3) func `fingerprint and plan of generated cases agree`(index: Int) throws {
    let generated = Generated.all[index]
    let expected = try oracle("datasets")[index]
    let fingerprint = try generated.fingerprint()
    #expect(try fingerprint.shapesAfterCrop == expected["shapes"]?.array?.map { try $0.ints })
    #expect(!fingerprint.intensityProperties.isEmpty)
    let relative = try #require(expected["relative"]?.double)
    #expect(abs(fingerprint.medianRelativeSizeAfterCropping - relative) < 1e-15)
    for (c, p) in fingerprint.intensityProperties.enumerated() {
      let e = try #require(expected["fingerprint"]?["\(c)"])
      for (key, value) in [
        ("max", p.max), ("mean", p.mean), ("median", p.median), ("min", p.min),
        ("percentile_00_5", p.percentile005), ("percentile_99_5", p.percentile995), ("std", p.std),
      ] {
        let reference = try #require(e[key]?.double)
        // Means follow NumPy's order of additions: equal but for the last bits of float32.
        #expect(abs(value - reference) <= 1e-7 * max(1, abs(reference)), "\(key) of channel \(c)")
      }
    }
    let plans = try Planner(
      fingerprint: fingerprint, dataset: generated.description(), datasetName: "Dataset001_Oracle"
    ).plan()
    #expect(try plans.transposeForward == expected["forward"]?.ints)
    let flat = try plans.configuration("2d")
    #expect(JSON.array(flat.useMaskForNorm.map { .bool($0) }) == expected["mask_for_norm"])
    let configurations = try #require(expected["configurations"]?.object)
    for name in try nonEmpty(configurations.keys) {
      try compare(
        plans.configuration(name), configurations[name],
        "\(name) of data set \(generated.id)")
    }
  }

  @Test(arguments: 0..<3) func `preprocessed cases and exported predictions agree`(index: Int)
    throws
  {
    let generated = Generated.all[index]
    let expected = try oracle("datasets")[index]
    let description = try generated.description()
    let plans = try Planner(
      fingerprint: generated.fingerprint(), dataset: description, datasetName: "Dataset001_Oracle"
    ).plan()
    let entries: [JSON] = try #require(expected["cases"]?.array)
    for entry in try nonEmpty(entries) {
      let name: String = try #require(entry["configuration"]?.string)
      let k: Int = try #require(entry["case"]?.int)
      let what: Comment = "case \(k), \(name) of data set \(index + 1)"
      let preprocessor = try Preprocessor(
        plans: plans, configuration: name, labels: description.labels)
      let result: PreprocessedCase = try preprocessor.preprocess(generated.rawCase(k))
      #expect(try [result.channels] + result.shape == entry["shape"]?.ints, what)
      #expect(
        try result.properties.boundingBox == entry["box"]?.array?.map { try $0.ints }, what)
      let count = result.shape.reduce(1, *)
      for c in 0..<result.channels {
        let seen = signature(result.data[c * count..<(c + 1) * count].map { Double($0) })
        let reference: [Double] = try #require(entry["data"])[c].doubles
        for (a, b) in try pairs(seen, reference) {
          #expect(abs(a - b) < 1e-3, what)
        }
      }
      let labels = try #require(result.labels)
      let counts = try #require(entry["labels"]?.object)
      for value in try nonEmpty(counts.keys) {
        #expect(labels.count { "\($0)" == value } == counts[value]?.int, what)
      }
      #expect(try signature(labels.map { Double($0) }) == entry["label_signature"]?.doubles, what)
      let locations = try #require(entry["locations"]?.array)
      for (mine, theirs) in try pairs(result.classLocations, locations) {
        #expect(try mine.values == theirs[0].ints, what)
        #expect(try mine.count == theirs[1].int, what)
        let first = (0..<min(3, mine.count)).map { mine.voxel($0) }
        #expect(try first == theirs[2].array?.map { try $0.ints }, what)
        var sums = [0.0, 0, 0]
        for i in 0..<mine.count {
          for (axis, v) in mine.voxel(i).enumerated() { sums[axis] += Double(v * (1 + i % 89)) }
        }
        #expect(try mine.count == 0 || sums == theirs[3].doubles, what)
      }
      var logits: [Float16] = []
      for head in 0..<description.labels.outputCount {
        logits += noise(result.shape, 7 + head).map { Float16(Float($0 % 2001) / 100 - 10) }
      }
      let map = try Export(plans: plans, configuration: name, labels: description.labels)
        .labels(logits: logits, shape: result.shape, properties: result.properties).floats
      let exported = try #require(entry["export"]?.object)
      for value in try nonEmpty(exported.keys) {
        #expect(map.voxels.count { "\(Int($0))" == value } == exported[value]?.int, what)
      }
      #expect(
        try signature(map.voxels.map { Double($0) }) == entry["export_signature"]?.doubles, what)
      #expect(map.geometry == (try generated.rawCase(k)).channels[0].geometry)
    }
  }

  @Test(arguments: 0..<12) func `plans of random fingerprints agree for all planners`(index: Int)
    throws
  {
    let entry = try oracle("plans")[index]
    let fingerprint = Fingerprint(
      intensityProperties: [
        IntensityProperties(
          max: 1, mean: 0, median: 0, min: -1, percentile005: -1, percentile995: 1, std: 1)
      ], medianRelativeSizeAfterCropping: 1,
      shapesAfterCrop: try #require(entry["shapes"]?.array).map { try $0.ints },
      spacings: try #require(entry["spacings"]?.array).map { try $0.doubles })
    let labels = try #require(entry["entries"]?.int)
    let dataset = try DatasetDescription(
      channelNames: ["CT"], labels: LabelScheme(foreground: (1..<labels).map { "l\($0)" }),
      numTraining: try #require(entry["training"]?.int))
    for variant in PlannerVariant.allCases {
      let expected = try #require(entry["plans"]?[variant.rawValue]?.object)
      let plans = try Planner(
        fingerprint: fingerprint, dataset: dataset, datasetName: "D",
        options: .init(variant: variant)
      ).plan()
      #expect(try plans.transposeForward == entry["forward"]?.ints)
      let median = try #require(entry["median"])
      #expect(try plans.originalMedianShape == median[1].ints)
      for (a, b) in try pairs(plans.originalMedianSpacing, median[0].doubles) {
        #expect(abs(a - b) < 1e-12)
      }
      #expect(
        Set(plans.configurationNames.filter { $0 != "3d_cascade_fullres" }) == Set(expected.keys))
      for name in try nonEmpty(expected.keys) {
        try compare(
          plans.configuration(name), expected[name],
          "\(name) of \(variant.rawValue) on fingerprint \(index)")
      }
    }
  }

  @Test(arguments: 0..<5) func `Gaussian maps agree in every bit`(index: Int) throws {
    let entry = try oracle("gaussian")[index]
    let map = try SlidingWindow(patchSize: entry[0].ints).gaussian()
    let seen = signature(map.map { Double($0) })
    for (a, b) in try pairs(seen, entry[1].doubles) { #expect(abs(a - b) <= 1e-12 * b) }
  }

  @Test(arguments: ["summary", "summary_regions"]) func `metrics agree`(key: String) throws {
    let expected = try oracle(key)
    let scheme =
      key == "summary"
      ? try LabelScheme(foreground: ["a", "b", "c"])
      : try LabelScheme(
        entries: [
          .init("background", [0]), .init("r", [1, 2]), .init("s", [2]), .init("ignore", [3]),
        ], regionsClassOrder: [1, 2])
    let geometry = Geometry(extent: Extent(slices: 4, rows: 9, columns: 8), spacing: [1, 1, 1])
    let cases = try (0..<3).map { k -> SegmentationSummary.Case in
      func map(_ seed: Int) -> Volume<UInt8> {
        Volume(
          geometry: geometry,
          voxels: noise([4, 9, 8], seed).map { k == 2 ? 0 : UInt8($0 % 4) })
      }
      return .init(
        predictionFile: "p\(k)", referenceFile: "r\(k)",
        metrics: try SegmentationMetrics.measure(
          prediction: map(k + 50), reference: map(k), labels: scheme))
    }
    let summary = try SegmentationSummary(cases: cases, labels: scheme)
    let json = summary.json
    let names = key == "summary" ? ["1", "2", "3"] : ["(1, 2)", "2"]
    func agree(_ object: JSON?, _ values: JSON) throws {
      let object = try #require(object?.object)
      #expect(object.keys == object.keys.sorted())
      for (metric, value) in try pairs(object.keys, values.doubles) {
        let seen = try #require(object[metric]?.double)
        #expect(abs(seen - value) < 1e-12, "\(metric)")
      }
    }
    for (i, name) in names.enumerated() {
      try agree(json["mean"]?[name], try #require(expected["mean"])[i])
    }
    try agree(json["foreground_mean"], try #require(expected["foreground"]))
  }
}
