// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
import Text
internal import Volume

/// The input of the planner: shapes, spacings and foreground intensities of a data set.
///
/// The keys are those of nnU-Net's dataset_fingerprint.json.
public struct Fingerprint: Codable, Hashable, Sendable {
  /// The name of the file in the folders of a data set and of a model.
  public static let fileName = "dataset_fingerprint.json"

  /// The foreground intensities of each channel.
  public var intensityProperties: [IntensityProperties]
  /// The median share of voxels that remain after cropping.
  public var medianRelativeSizeAfterCropping: Double
  /// The shape (z, y, x) of each case after cropping.
  public var shapesAfterCrop: [[Int]]
  /// The spacing (z, y, x) of each case in mm.
  public var spacings: [[Double]]

  /// A fingerprint with every value given.
  public init(
    intensityProperties: [IntensityProperties], medianRelativeSizeAfterCropping: Double,
    shapesAfterCrop: [[Int]], spacings: [[Double]]
  ) {
    self.intensityProperties = intensityProperties
    self.medianRelativeSizeAfterCropping = medianRelativeSizeAfterCropping
    self.shapesAfterCrop = shapesAfterCrop
    self.spacings = spacings
  }

  /// Reads a dataset_fingerprint.json.
  public static func read(from url: URL) throws -> Fingerprint {
    let fingerprint = try JSON.read(from: url).decode(
      Fingerprint.self, code: .fingerprint, subject: url.path)
    try fingerprint.check(subject: url.path)
    return fingerprint
  }

  /// Writes dataset_fingerprint.json, complete or not at all.
  public func write(to url: URL) throws {
    // Channel 10 comes after 9, not after 1.
    let channels = intensityProperties.indices.map { "\($0)" }
    try StagedFile.write(JSON(encoding: self).ordered(by: channels).text, to: url)
  }

  func check(subject: String) throws(NNUNetError) {
    if shapesAfterCrop.isEmpty || shapesAfterCrop.count != spacings.count
      || shapesAfterCrop.contains(where: { $0.count != 3 || $0.contains { $0 < 1 } })
      || spacings.contains(where: { $0.count != 3 || $0.contains { !($0 > 0 && $0 < 1e6) } })
    {
      throw NNUNetError(
        .fingerprint, subject,
        "shapes_after_crop and spacings need three positive numbers for each case")
    }
    if intensityProperties.isEmpty {
      throw NNUNetError(.fingerprint, subject, "the intensities of the channels are missing")
    }
  }

  private enum Key: String, CodingKey {
    case intensities = "foreground_intensity_properties_per_channel"
    case relativeSize = "median_relative_size_after_cropping"
    case shapes = "shapes_after_crop"
    case spacings
  }

  /// Reads the four keys of nnU-Net.
  public init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: Key.self)
    let channels = try c.decode([String: IntensityProperties].self, forKey: .intensities)
    intensityProperties = []
    for i in 0..<channels.count {
      guard let properties = channels["\(i)"] else {
        throw DecodingError.dataCorruptedError(
          forKey: .intensities, in: c, debugDescription: "channel \(i) is missing")
      }
      intensityProperties.append(properties)
    }
    medianRelativeSizeAfterCropping = try c.decode(Double.self, forKey: .relativeSize)
    shapesAfterCrop = try c.decode([[Int]].self, forKey: .shapes)
    spacings = try c.decode([[Double]].self, forKey: .spacings)
  }

  /// Writes the four keys of nnU-Net.
  public func encode(to encoder: any Encoder) throws {
    var c = encoder.container(keyedBy: Key.self)
    var channels: [String: IntensityProperties] = [:]
    for (i, properties) in intensityProperties.enumerated() { channels["\(i)"] = properties }
    try c.encode(channels, forKey: .intensities)
    try c.encode(medianRelativeSizeAfterCropping, forKey: .relativeSize)
    try c.encode(shapesAfterCrop, forKey: .shapes)
    try c.encode(spacings, forKey: .spacings)
  }
}

/// Builds a fingerprint case by case.
///
/// The cases share one hundred million samples evenly, which bounds the memory to 400 MB for each
/// channel.
///
/// ```swift
/// var builder = FingerprintBuilder(numberOfCases: dataset.cases.count)
/// for files in dataset.cases {
///   let raw = try dataset.load(files, reader: CaseReader(dataset.imageFormat))
///   try builder.add(builder.contribution(of: raw))
/// }
/// let fingerprint = try builder.finish(subject: dataset.name)
/// ```
public struct FingerprintBuilder: Sendable {
  /// nnU-Net's number of samples for each channel of the whole data set.
  public static let budget = 100_000_000
  /// The seed of the sampling, the same for every case.
  static let seed: UInt32 = 1234

  /// The contribution of one case; cases may be measured in parallel, but must be added in order.
  public struct Contribution: Sendable {
    let name: String
    let samples: [[Float]]
    let shape: [Int]
    let spacing: [Double]
    let relativeSize: Double
  }

  private let numberOfCases: Int
  private let samplesPerCase: Int
  private var samples: [[Float]] = []
  private var shapes: [[Int]] = []
  private var spacings: [[Double]] = []
  private var relativeSizes: [Double] = []
  private var someCaseIsEmpty = false

  /// A builder for a known number of cases, which share the samples evenly.
  public init(numberOfCases: Int, budget: Int = FingerprintBuilder.budget) {
    self.numberOfCases = max(0, numberOfCases)
    samplesPerCase = max(1, budget / max(1, numberOfCases))
  }

  /// Crops a training case and draws intensities from its foreground.
  public func contribution(of raw: RawCase) throws(NNUNetError) -> Contribution {
    guard let labels = raw.labels else {
      throw NNUNetError(.fingerprint, raw.name, "has no label map")
    }
    let region = NonzeroRegion(channels: raw.channels.map(\.voxels), shape: raw.shape)
    let box = region.box
    let shape = box.map(\.count)
    let map = ArrayAxes.cropped(labels.voxels, raw.shape, box)
    var random = MersenneTwister(seed: Self.seed)
    var drawn: [[Float]] = []
    for channel in raw.channels {
      let values = ArrayAxes.cropped(channel.voxels, raw.shape, box)
      var foreground: [Float] = []
      for i in map.indices where map[i] > 0 { foreground.append(values[i]) }
      drawn.append(foreground.isEmpty ? [] : random.choice(foreground, count: samplesPerCase))
    }
    let relativeSize =
      Double(shape.reduce(1, *)) / Double(raw.shape.reduce(1, *))
    return Contribution(
      name: raw.name, samples: drawn, shape: shape, spacing: raw.spacing,
      relativeSize: relativeSize)
  }

  /// Adds a case; the order of cases matters.
  public mutating func add(_ contribution: Contribution) throws(NNUNetError) {
    if samples.isEmpty {
      samples = contribution.samples.map { _ in [] }
      // Growing by doubling would hold the largest array of the whole run twice.
      for c in samples.indices { samples[c].reserveCapacity(samplesPerCase * numberOfCases) }
    }
    guard samples.count == contribution.samples.count else {
      throw NNUNetError(
        .fingerprint, contribution.name,
        "has \(counted(contribution.samples.count, "channel")), earlier cases have \(samples.count)"
      )
    }
    for (c, drawn) in contribution.samples.enumerated() {
      samples[c].append(contentsOf: drawn)
      if drawn.isEmpty { someCaseIsEmpty = true }
    }
    shapes.append(contribution.shape)
    spacings.append(contribution.spacing)
    relativeSizes.append(contribution.relativeSize)
  }

  /// The fingerprint of all cases added.
  public func finish(subject: String = "data set") throws(NNUNetError) -> Fingerprint {
    guard !shapes.isEmpty else { throw NNUNetError(.fingerprint, subject, "has no case") }
    var properties: [IntensityProperties] = []
    let inFloat64 = someCaseIsEmpty
    for c in samples.indices {
      guard !samples[c].isEmpty else {
        throw NNUNetError(
          .fingerprint, subject, "no case has a labelled voxel, so there is nothing to learn")
      }
      properties.append(IntensityProperties(of: samples[c], inFloat64: inFloat64))
    }
    let fingerprint = Fingerprint(
      intensityProperties: properties, medianRelativeSizeAfterCropping: median(relativeSizes),
      shapesAfterCrop: shapes, spacings: spacings)
    try fingerprint.check(subject: subject)
    return fingerprint
  }
}

extension IntensityProperties {
  /// The properties of samples.
  ///
  /// Means are computed in float32, or in float64 where `inFloat64`: a case without foreground
  /// makes NumPy convert all samples.
  init(of values: [Float], inFloat64: Bool) {
    let (mean, std) = values.withUnsafeBufferPointer { values -> (Double, Double) in
      if inFloat64 { return PairwiseSum.meanAndDeviationInFloat64(values) }
      let (mean, std) = PairwiseSum.meanAndDeviation(values)
      return (Double(mean), Double(std))
    }
    let positions = [0, 0.5, 50, 99.5, 100].map { Double(values.count - 1) * ($0 / 100) }
    let ranks = positions.flatMap { p -> [Int] in
      let low = Int(p.rounded(.down))
      return [low, Swift.min(low + 1, values.count - 1)]
    }
    let ranked = OrderStatistics.values(of: values, atRanks: ranks)
    let found = positions.enumerated().map { i, position -> Double in
      let a = ranked[2 * i]
      let b = ranked[2 * i + 1]
      let t = position - position.rounded(.down)
      let step = inFloat64 ? Double(b) - Double(a) : Double(b - a)
      return t >= 0.5 ? Double(b) - step * (1 - t) : Double(a) + step * t
    }
    self.init(
      max: found[4], mean: mean, median: found[2], min: found[0], percentile005: found[1],
      percentile995: found[3], std: std)
  }
}

/// The middle value, or the mean of the two middle ones.
func median(_ values: [Double]) -> Double { percentile(values, 50) }

/// The percentile with linear interpolation between the neighbours.
func percentile(_ values: [Double], _ q: Double) -> Double {
  let sorted = values.sorted()
  let position = Double(sorted.count - 1) * (q / 100)
  let low = Int(position.rounded(.down))
  let high = min(low + 1, sorted.count - 1)
  let t = position - Double(low)
  let step = sorted[high] - sorted[low]
  return t >= 0.5 ? sorted[high] - step * (1 - t) : sorted[low] + step * t
}
