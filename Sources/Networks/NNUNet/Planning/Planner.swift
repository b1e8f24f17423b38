// SPDX-License-Identifier: Apache-2.0
import Files
import Text
internal import Foundation

/// Chooses spacing, patch size, network and batch size from a fingerprint, as nnU-Net 2.8 does.
///
/// ```swift
/// let planner = try Planner(
///   fingerprint: fingerprint, dataset: description, datasetName: "Dataset001_Calcium",
///   options: .init(variant: .residualL))
/// try planner.plan().write(to: folder.appendingPathComponent("nnUNetResEncUNetLPlans.json"))
/// ```
public struct Planner: Sendable {
  /// The choices of a user; the defaults are nnU-Net's.
  public struct Options: Hashable, Sendable {
    /// The planner.
    public var variant: PlannerVariant
    /// The graphics memory in GB to plan for; by default that of the variant.
    public var memory: Double?
    /// The channels of the network's first stage, nnU-Net's `UNet_base_num_features`.
    public var baseFeatures: Int
    /// The spacing (z, y, x) in mm of the full-resolution configurations, instead of the median.
    public var targetSpacing: [Double]?
    /// The name of the plan; by default that of the variant.
    public var plansName: String?
    /// Intensities by channel that replace the measured ones.
    ///
    /// Where the foreground is calcium, the measured percentile 0.5 is near 130 HU, which clips all
    /// soft tissue to one value.
    public var intensityOverrides: [Int: IntensityProperties]
    /// The format of the images; `nil` where the file ending alone decides.
    public var imageFormat: ImageFormat?

    /// Options, nnU-Net's defaults unless given.
    public init(
      variant: PlannerVariant = .standard, memory: Double? = nil, baseFeatures: Int = 32,
      targetSpacing: [Double]? = nil, plansName: String? = nil,
      intensityOverrides: [Int: IntensityProperties] = [:], imageFormat: ImageFormat? = nil
    ) {
      self.variant = variant
      self.memory = memory
      self.baseFeatures = baseFeatures
      self.targetSpacing = targetSpacing
      self.plansName = plansName
      self.intensityOverrides = intensityOverrides
      self.imageFormat = imageFormat
    }
  }

  private let fingerprint: Fingerprint
  private let dataset: DatasetDescription
  private let datasetName: String
  private let options: Options

  /// A planner for a data set.
  ///
  /// - Throws: `NNUNetError` with the code `plans` where options or inputs contradict each other.
  public init(
    fingerprint: Fingerprint, dataset: DatasetDescription, datasetName: String,
    options: Options = Options()
  ) throws(NNUNetError) {
    try fingerprint.check(subject: datasetName)
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.plans, datasetName, detail) }
    if fingerprint.intensityProperties.count != dataset.channelNames.count {
      throw wrong(
        "the fingerprint has \(counted(fingerprint.intensityProperties.count, "channel")), dataset.json "
          + "\(dataset.channelNames.count)")
    }
    if let spacing = options.targetSpacing,
      spacing.count != 3 || spacing.contains(where: { !($0 > 0 && $0 < 1e6) })
    {
      throw wrong(
        "the target spacing is \(crossed(spacing)); three positive millimetres were expected")
    }
    if let memory = options.memory, !(memory > 0 && memory < 1e6) {
      throw wrong("the memory target is \(memory) GB")
    }
    self.fingerprint = fingerprint
    self.dataset = dataset
    self.datasetName = datasetName
    self.options = options
  }

  /// The plan, with the configurations of an earlier plan that this one does not define.
  ///
  /// - Throws: `NNUNetError` with the code `plans` where no patch fits the memory.
  public func plan(keeping earlier: Plans? = nil) throws -> Plans {
    let target = fullResolutionSpacing()
    let coarsestAxis = argmax(target)
    let forward = [coarsestAxis] + (0..<3).filter { $0 != coarsestAxis }
    let backward = (0..<3).map { forward.firstIndex(of: $0) ?? $0 }
    let spacing = forward.map { target[$0] }
    let shapes = zip(fingerprint.shapesAfterCrop, fingerprint.spacings).map {
      Resampler.newShape(of: $0, spacing: $1, newSpacing: target)
    }
    let median = forward.map { axis in
      NNUNet.median(shapes.map { Double($0[axis]) })
    }
    let voxels = median.reduce(1, *) * Double(dataset.numTraining)

    var full: Configuration?
    var low: Configuration?
    if median[0] != 1 {
      full = try configuration("3d_fullres", spacing: spacing, median: median, voxels: voxels)
      if let full { low = try lowResolution(below: full, spacing: spacing, median: median) }
      full?.batchDice = low != nil
      if low != nil { low?.nextStages = ["3d_cascade_fullres"] }
    }
    var flat = try configuration(
      "2d", spacing: Array(spacing[1...]), median: Array(median[1...]), voxels: voxels)
    flat.batchDice = true

    var configurations = JSONObject()
    configurations["2d"] = try flat.json()
    if let low { configurations["3d_lowres"] = try low.json() }
    if let full { configurations["3d_fullres"] = try full.json() }
    if low != nil {
      configurations["3d_cascade_fullres"] = .object([
        "inherits_from": .string("3d_fullres"), "previous_stage": .string("3d_lowres"),
      ])
    }
    for name in earlier?.configurationNames ?? [] where configurations[name] == nil {
      configurations[name] = earlier?.configurations[name]
    }
    func medians(_ rows: [[Double]]) -> [Double] {
      forward.map { axis in NNUNet.median(rows.map { $0[axis] }) }
    }
    return Plans(
      datasetName: datasetName, plansName: options.plansName ?? options.variant.plansName,
      originalMedianSpacing: medians(fingerprint.spacings),
      originalMedianShape: medians(fingerprint.shapesAfterCrop.map { $0.map(Double.init) })
        .map { Int($0.rounded(.toNearestOrEven)) },
      imageReaderWriter: try options.imageFormat?.rawValue
        ?? ImageFormat(of: dataset, subject: datasetName).rawValue,
      transposeForward: forward, transposeBackward: backward, configurations: configurations,
      experimentPlanner: options.variant.rawValue,
      intensityProperties: fingerprint.intensityProperties.enumerated().map {
        options.intensityOverrides[$0] ?? $1
      })
  }

  /// The median spacing; for an axis that is much coarser and much shorter than the others, the
  /// tenth percentile of its spacing.
  private func fullResolutionSpacing() -> [Double] {
    if let spacing = options.targetSpacing { return spacing }
    var target = (0..<3).map { axis in percentile(fingerprint.spacings.map { $0[axis] }, 50) }
    let size = (0..<3).map { axis in
      percentile(fingerprint.shapesAfterCrop.map { Double($0[axis]) }, 50)
    }
    let coarsestAxis = argmax(target)
    let others = (0..<3).filter { $0 != coarsestAxis }
    let coarsest = others.map { target[$0] }.max() ?? 0
    let shortest = others.map { size[$0] }.min() ?? 0
    if target[coarsestAxis] > Resampler.anisotropyThreshold * coarsest,
      size[coarsestAxis] * Resampler.anisotropyThreshold < shortest
    {
      var tenth = percentile(fingerprint.spacings.map { $0[coarsestAxis] }, 10)
      if tenth < coarsest { tenth = max(coarsest, tenth) + 1e-5 }
      target[coarsestAxis] = tenth
    }
    return target
  }

  /// A configuration with patch size, network and batch size for a spacing and a median shape.
  private func configuration(
    _ name: String, spacing: [Double], median: [Double], voxels: Double
  ) throws -> Configuration {
    let n = spacing.count
    let variant = options.variant
    let reference =
      variant.reference(dimensions: n)
      * ((options.memory ?? variant.referenceMemory) / variant.referenceMemory)
    let density = spacing.map { 1 / $0 }
    let cube = n == 3 ? 16_777_216.0 : 4_194_304.0
    let edge = pow(cube / density.reduce(1, *), 1 / Double(n))
    let initial = zip(density, median).map { density, median in
      min((density * edge).rounded(.toNearestOrEven), median)
    }
    var topology = Topology(spacing: spacing, size: initial)
    func architecture() throws(NNUNetError) -> NetworkArchitecture {
      let stages = topology.strides.count
      if stages > variant.encoderCounts.count {
        throw NNUNetError(
          .plans, "\(datasetName), \(name)",
          "images of \(crossed(median)) voxels at \(crossed(spacing)) mm ask for a network of \(stages) stages; "
            + "\(variant.encoderCounts.count) are the most")
      }
      return NetworkArchitecture(
        family: variant.family,
        featuresPerStage: (0..<stages).map {
          min(PlannerVariant.featureCap(dimensions: n), options.baseFeatures << $0)
        },
        kernelSizes: topology.kernelSizes, strides: topology.strides,
        nConvPerStage: Array(variant.encoderCounts[..<stages]),
        nConvPerStageDecoder: Array(repeating: variant.decoderCount, count: stages - 1))
    }
    let outputs = dataset.labels.entries.count
    var network = try architecture()
    var estimate = network.convolutionOutputs(patch: topology.patch, outputs: outputs)
    var steps = 0
    while variant.isTooLarge(estimate, reference: reference, dimensions: n) {
      steps += 1
      // The axis along which the patch covers most of the median image; of equal ones the last.
      var patch = topology.patch
      let cover = zip(patch, median).map { Double($0) / $1 }
      let axis = cover.lastIndex(of: cover.max() ?? 0) ?? 0
      patch[axis] -= topology.divisibleBy[axis]
      let trial = Topology(spacing: spacing, size: patch.map(Double.init))
      patch = topology.patch
      patch[axis] -= trial.divisibleBy[axis]
      // Rounding up to the network's stride may undo a step again and again.
      if patch[axis] < 1 || steps > 10_000 {
        throw NNUNetError(
          .plans, "\(datasetName), \(name)",
          "no patch fits the memory target; raise it")
      }
      topology = Topology(spacing: spacing, size: patch.map(Double.init))
      network = try architecture()
      estimate = network.convolutionOutputs(patch: topology.patch, outputs: outputs)
    }
    let fitting = (reference / estimate * PlannerVariant.referenceBatch(dimensions: n))
      .rounded(.toNearestOrEven)
    let patchVoxels = topology.patch.map(Double.init).reduce(1, *)
    let cap = (voxels * variant.largestShare / patchVoxels).rounded(.toNearestOrEven)
    let schemes = dataset.normalizationSchemes
    let mostlyEmpty = fingerprint.medianRelativeSizeAfterCropping < 0.75
    let result = Configuration(
      dataIdentifier: variant.dataIdentifier(
        plansName: options.plansName ?? variant.plansName, configuration: name),
      batchSize: Int(max(min(fitting, cap), 2)), patchSize: topology.patch,
      medianImageSize: median, spacing: spacing, normalizationSchemes: schemes,
      useMaskForNorm: schemes.map { mostlyEmpty && $0.usesNonzeroMask },
      architecture: network, batchDice: false)
    try result.check(subject: "\(datasetName), \(name)")
    return result
  }

  /// A configuration of lower resolution, where the full-resolution patch covers less than a
  /// quarter of the image.
  private func lowResolution(below full: Configuration, spacing: [Double], median: [Double])
    throws -> Configuration?
  {
    let growth = 1.03
    let fullVoxels = median.reduce(1, *)
    var coarse = spacing
    var voxels = fullVoxels
    var seen = full.patchSize.map(Double.init).reduce(1, *) / fullVoxels
    var result: Configuration?
    while seen < 0.25 {
      let largest = coarse.max() ?? 1
      let finer = coarse.indices.filter { largest / coarse[$0] > 2 }
      for axis in finer.isEmpty ? Array(coarse.indices) : finer { coarse[axis] *= growth }
      let shape = zip(zip(spacing, coarse), median).map { $0.0 / $0.1 * $1 }
      voxels = shape.reduce(1, *)
      let configuration = try configuration(
        "3d_lowres", spacing: coarse, median: shape.map { $0.rounded(.toNearestOrEven) },
        voxels: voxels * Double(dataset.numTraining))
      seen = configuration.patchSize.map(Double.init).reduce(1, *) / voxels
      result = configuration
    }
    return fullVoxels / voxels < 2 ? nil : result
  }

  private func argmax(_ values: [Double]) -> Int {
    values.firstIndex(of: values.max() ?? 0) ?? 0
  }
}
