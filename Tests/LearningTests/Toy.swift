// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import TestSupport
import Torch
import Volume

/// A small configuration and cases with a bright disc in noise.
enum Toy {
  static func configuration(patch: [Int] = [32, 32]) -> Configuration {
    Configuration(
      dataIdentifier: "nnUNetPlans_2d", batchSize: 4, patchSize: patch,
      medianImageSize: [40, 40], spacing: [1, 1], normalizationSchemes: [.ct],
      useMaskForNorm: [false],
      architecture: NetworkArchitecture(
        featuresPerStage: [4, 8, 8], kernelSizes: [[3, 3], [3, 3], [3, 3]],
        strides: [[1, 1], [2, 2], [2, 2]], nConvPerStage: [1, 1, 1], nConvPerStageDecoder: [1, 1]),
      batchDice: true)
  }

  static func dataset() throws -> DatasetDescription {
    try DatasetDescription(
      channelNames: ["CT"], labels: LabelScheme(foreground: ["calcium"]), numTraining: 3)
  }

  static func network(seed: UInt64 = 1) throws -> any SegmentationNetwork {
    try Model.network(configuration(), dataset: dataset(), seed: seed, on: .cpu)
  }

  /// A preprocessed case of any content.
  static func preprocessed(_ name: String, shape: [Int], data: [Float], labels: [Int16]?) throws
    -> PreprocessedCase
  {
    let geometry = Geometry(
      extent: Extent(slices: shape[0], rows: shape[1], columns: shape[2]), spacing: [1, 1, 3],
      origin: [0, 0, 0], direction: .identity)
    return PreprocessedCase(
      name: name, channels: 1, shape: shape, data: data, labels: labels,
      properties: CaseProperties(
        geometry: geometry, spacing: [3, 1, 1], shapeBeforeCropping: shape,
        boundingBox: shape.map { [0, $0] }, shapeAfterCropping: shape),
      classLocations: try labels.map {
        ClassLocations.sample($0, shape: shape, scheme: try LabelScheme(foreground: ["calcium"]))
      } ?? [])
  }

  /// Three slices with a disc of radius 6 whose place differs from case to case.
  static func cases(_ count: Int, in folder: URL) throws -> [StoredCase] {
    let caseFolder = CaseFolder(folder)
    try Folder.create(folder)
    return try (0..<count).map { index in
      var generator = SplitMix64(seed: UInt64(index))
      let shape = [3, 40, 40]
      let centre = (15 + 3 * index, 24 - 2 * index)
      var data: [Float] = []
      var labels: [Int16] = []
      for _ in 0..<shape[0] {
        for y in 0..<shape[1] {
          for x in 0..<shape[2] {
            let (dy, dx) = (y - centre.0, x - centre.1)
            let inside = dy * dy + dx * dx <= 36
            labels.append(inside ? 1 : 0)
            data.append((inside ? 2 : -0.5) + Float.random(in: -0.5...0.5, using: &generator))
          }
        }
      }
      try caseFolder.write(
        preprocessed("case_\(index)", shape: shape, data: data, labels: labels))
      return try caseFolder.open("case_\(index)")
    }
  }

  /// A 3D configuration, perhaps of a cascade.
  static func solid(
    family: NetworkArchitecture.Family = .plainConvUNet, previousStage: String? = nil
  ) -> Configuration {
    Configuration(
      dataIdentifier: "nnUNetPlans_3d", batchSize: 2, patchSize: [8, 16, 16],
      medianImageSize: [12, 24, 24], spacing: [1, 1, 1], normalizationSchemes: [.ct],
      useMaskForNorm: [false],
      architecture: NetworkArchitecture(
        family: family, featuresPerStage: [4, 8, 8],
        kernelSizes: [[3, 3, 3], [3, 3, 3], [3, 3, 3]],
        strides: [[1, 1, 1], [2, 2, 2], [2, 2, 2]], nConvPerStage: [1, 1, 1],
        nConvPerStageDecoder: [1, 1]),
      batchDice: true, previousStage: previousStage)
  }

  /// A ball of radius 4 in noise, a core of radius 2 where there is a label 2, and a corner with the
  /// ignored label; all of it unseen in the image unless `isVisible`.
  static func solidCases(
    _ count: Int, in folder: URL, labels scheme: LabelScheme, isVisible: Bool = true
  ) throws -> [StoredCase] {
    let caseFolder = CaseFolder(folder)
    try Folder.create(folder)
    let hasCore = scheme.allLabels.contains(2)
    return try (0..<count).map { index in
      var generator = SplitMix64(seed: UInt64(index))
      let shape = [12, 24, 24]
      var data: [Float] = []
      var labels: [Int16] = []
      for z in 0..<shape[0] {
        for y in 0..<shape[1] {
          for x in 0..<shape[2] {
            let square = [z - 5 - index % 2, y - 10 - index, x - 13 + index].map { $0 * $0 }
              .reduce(0, +)
            let inside = square <= 16
            var label: Int16 = inside ? 1 : 0
            if hasCore, square <= 5 { label = 2 }
            if let ignored = scheme.ignoreLabel, y < 4, x < 4 { label = Int16(ignored) }
            labels.append(label)
            data.append(
              (!isVisible ? 0 : label == 2 && hasCore ? 4 : inside ? 2 : -0.5)
                + Float.random(in: -0.5...0.5, using: &generator))
          }
        }
      }
      var one = try preprocessed("ball_\(index)", shape: shape, data: data, labels: labels)
      one.classLocations = ClassLocations.sample(labels, shape: shape, scheme: scheme)
      try caseFolder.write(one)
      return try caseFolder.open("ball_\(index)")
    }
  }

  /// Label maps without channels, as a cascade's first stage leaves them.
  static func previous(of cases: [StoredCase], in folder: URL) throws -> [StoredCase] {
    let caseFolder = CaseFolder(folder.appendingPathComponent("previous"))
    try Folder.create(caseFolder.url)
    return try cases.map { one in
      let whole = one.load()
      try caseFolder.write(
        PreprocessedCase(
          name: one.name, channels: 0, shape: one.shape, data: [], labels: whole.labels,
          properties: one.properties))
      return try caseFolder.open(one.name)
    }
  }

  static func options(epochs: Int, iterations: Int) -> TrainingOptions {
    var options = TrainingOptions(batchSize: 4)
    options.epochs = epochs
    options.iterations = iterations
    options.validationIterations = 3
    return options
  }

  /// A model folder without folds.
  static func modelFolder(in folder: URL) throws -> URL {
    let model = folder.appendingPathComponent("nnUNetTrainer__nnUNetPlans__2d")
    let configuration = String(decoding: try JSONFile.data(configuration()), as: UTF8.self)
    try StagedFile.write(
      """
      {"dataset_name": "Dataset901_Toy", "plans_name": "nnUNetPlans",
       "original_median_spacing_after_transp": [3, 1, 1],
       "original_median_shape_after_transp": [3, 40, 40],
       "image_reader_writer": "SimpleITKIO", "transpose_forward": [0, 1, 2],
       "transpose_backward": [0, 1, 2], "configurations": {"2d": \(configuration)},
       "experiment_planner_used": "ExperimentPlanner", "label_manager": "LabelManager",
       "foreground_intensity_properties_per_channel": {"0": {"max": 900, "mean": 300,
        "median": 250, "min": 130, "percentile_00_5": 130, "percentile_99_5": 800, "std": 100}}}
      """, to: model.appendingPathComponent("plans.json"))
    try dataset().write(to: model.appendingPathComponent("dataset.json"))
    return model
  }
}

extension Predictor {
  /// The logits of a case in single precision, which tests compute with.
  func floatLogits(
    of preprocessed: PreprocessedCase, filter: WindowFilter? = nil,
    mirroring choice: MirroringChoice? = nil,
    onWindow: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> [Float] {
    try logits(of: preprocessed, filter: filter, mirroring: choice, onWindow: onWindow)
      .map { Float($0) }
  }
}
