// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Testing
import TestSupport

@testable import NNUNet

/// A fingerprint of groups of equal cases.
private func fingerprint(_ groups: [(count: Int, spacing: [Double], shape: [Int])]) -> Fingerprint {
  Fingerprint(
    intensityProperties: [
      IntensityProperties(
        max: 1, mean: 0, median: 0, min: -1, percentile005: -1, percentile995: 1, std: 1)
    ],
    medianRelativeSizeAfterCropping: 1,
    shapesAfterCrop: groups.flatMap { Array(repeating: $0.shape, count: $0.count) },
    spacings: groups.flatMap { Array(repeating: $0.spacing, count: $0.count) })
}

private func dataset(labels: Int, training: Int) throws -> DatasetDescription {
  try DatasetDescription(
    channelNames: ["CT"], labels: LabelScheme(foreground: (1..<labels).map { "l\($0)" }),
    numTraining: training)
}

private let coronary = fingerprint([
  (300, [3, 0.35, 0.35], [50, 512, 512]), (100, [2.5, 0.4, 0.4], [60, 512, 512]),
])

private func plan(
  _ fingerprint: Fingerprint, _ variant: PlannerVariant = .standard, labels: Int = 2,
  training: Int
) throws -> Plans {
  try Planner(
    fingerprint: fingerprint, dataset: dataset(labels: labels, training: training),
    datasetName: "Dataset001_Test", options: .init(variant: variant)
  ).plan()
}

private func text(_ rows: [[Int]]) -> String {
  rows.map { $0.map(String.init).joined() }.joined(separator: " ")
}

@Suite struct `A plan` {
  @Test func `of a coronary data set is nnU-Net's`() throws {
    let plans = try plan(coronary, training: 400)
    #expect(
      plans.configurationNames == ["2d", "3d_lowres", "3d_fullres", "3d_cascade_fullres"])
    #expect(plans.transposeForward == [0, 1, 2])
    let flat = try plans.configuration("2d")
    #expect(flat.batchSize == 12)
    #expect(flat.patchSize == [512, 512])
    #expect(flat.spacing == [0.35, 0.35])
    #expect(flat.architecture.nStages == 8)
    #expect(text(flat.architecture.strides) == "11 22 22 22 22 22 22 22")
    #expect(flat.architecture.featuresPerStage == [32, 64, 128, 256, 512, 512, 512, 512])
    #expect(flat.batchDice)
    let full = try plans.configuration("3d_fullres")
    #expect(full.batchSize == 2)
    #expect(full.patchSize == [28, 256, 256])
    #expect(full.spacing == [2.5, 0.35, 0.35])
    #expect(full.medianImageSize == [60, 512, 512])
    #expect(text(full.architecture.strides) == "111 122 122 222 222 122 122")
    #expect(text(full.architecture.kernelSizes) == "133 133 333 333 333 333 333")
    #expect(full.architecture.featuresPerStage == [32, 64, 128, 256, 320, 320, 320])
    #expect(full.batchDice)
    let low = try plans.configuration("3d_lowres")
    #expect(low.patchSize == [40, 224, 192])
    #expect(abs(low.spacing[1] - 0.54529) < 1e-5)
    #expect(low.medianImageSize == [60, 329, 329])
    #expect(text(low.architecture.strides) == "111 122 122 222 222 222")
    #expect(!low.batchDice)
    #expect(low.nextStages == ["3d_cascade_fullres"])
    let cascade = try plans.configuration("3d_cascade_fullres")
    #expect(cascade.previousStage == "3d_lowres")
    #expect(cascade.patchSize == [28, 256, 256])
    #expect(cascade.architecture == full.architecture)
  }

  struct Expected: Sendable {
    var variant: PlannerVariant
    var configuration: String
    var batch: Int
    var patch: [Int]
    var strides: String
  }

  @Test(arguments: [
    Expected(
      variant: .residualM, configuration: "3d_fullres", batch: 2, patch: [28, 224, 224],
      strides: "111 122 122 222 222 122"),
    Expected(
      variant: .residualM, configuration: "3d_lowres", batch: 2, patch: [40, 192, 192],
      strides: "111 122 122 222 222 222"),
    Expected(
      variant: .residualM, configuration: "2d", batch: 13, patch: [512, 512],
      strides: "11 22 22 22 22 22 22 22"),
    Expected(
      variant: .residualL, configuration: "3d_fullres", batch: 2, patch: [40, 320, 320],
      strides: "111 122 122 222 222 222 122"),
    Expected(
      variant: .residualL, configuration: "2d", batch: 35, patch: [512, 512],
      strides: "11 22 22 22 22 22 22 22"),
    Expected(
      variant: .residualXL, configuration: "3d_fullres", batch: 2, patch: [48, 448, 384],
      strides: "111 122 122 222 222 222 122"),
    Expected(
      variant: .residualXL, configuration: "2d", batch: 52, patch: [512, 512],
      strides: "11 22 22 22 22 22 22 22"),
  ]) func `of a residual planner is nnU-Net's`(expected: Expected) throws {
    let plans = try plan(coronary, expected.variant, training: 400)
    let configuration = try plans.configuration(expected.configuration)
    #expect(configuration.batchSize == expected.batch)
    #expect(configuration.patchSize == expected.patch)
    if expected.configuration != "3d_lowres" {
      #expect(text(configuration.architecture.strides) == expected.strides)
    }
    #expect(configuration.architecture.family == .residualEncoderUNet)
    #expect(
      plans.configurationNames.contains("3d_lowres") == (expected.variant == .residualM))
  }

  @Test func `of five labels changes only the residual 2D batch`() throws {
    let plans = try plan(coronary, .residualM, labels: 5, training: 400)
    #expect(try plans.configuration("2d").batchSize == 12)
    #expect(try plan(coronary, labels: 5, training: 400).configuration("2d").batchSize == 12)
    #expect(
      try plan(coronary, labels: 5, training: 400).configuration("3d_fullres").patchSize == [
        28, 256, 256,
      ])
  }

  @Test func `of a small data set is limited by the number of voxels`() throws {
    let small = fingerprint([(10, [3, 0.5, 0.5], [20, 72, 64])])
    let plans = try plan(small, labels: 3, training: 10)
    let flat = try plans.configuration("2d")
    #expect(flat.batchSize == 9)
    #expect(flat.patchSize == [80, 64])
    #expect(flat.architecture.nStages == 5)
    let full = try plans.configuration("3d_fullres")
    #expect(full.batchSize == 2)
    #expect(full.patchSize == [20, 80, 64])
    #expect(!full.batchDice)
    let residual = try plan(small, .residualM, labels: 3, training: 10)
    #expect(try residual.configuration("2d").batchSize == 180)
    #expect(try residual.configuration("3d_fullres").batchSize == 9)
  }

  @Test func `of isotropic images is nnU-Net's`() throws {
    let isotropic = fingerprint([(50, [0.7, 0.7, 0.7], [400, 512, 512])])
    let plans = try plan(isotropic, labels: 3, training: 50)
    #expect(try plans.configuration("3d_fullres").patchSize == [112, 160, 128])
    #expect(try plans.configuration("3d_fullres").batchSize == 2)
    let low = try plans.configuration("3d_lowres")
    #expect(low.patchSize == [112, 160, 128])
    #expect(try nonEmpty(low.spacing).allSatisfy { abs($0 - 1.60155) < 1e-5 })
    #expect(
      try plan(isotropic, .residualL, labels: 3, training: 50).configuration("3d_fullres")
        .patchSize == [160, 224, 192])
    #expect(
      try plan(isotropic, .residualXL, labels: 3, training: 50).configuration("3d_fullres")
        .patchSize == [192, 256, 256])
  }

  @Test func `starts from the estimates that nnU-Net prints`() {
    func estimate(_ variant: PlannerVariant, _ spacing: [Double], _ size: [Int]) -> Double {
      let topology = Topology(spacing: spacing, size: size.map(Double.init))
      let stages = topology.strides.count
      let architecture = NetworkArchitecture(
        family: variant.family,
        featuresPerStage: (0..<stages).map { min(size.count == 2 ? 512 : 320, 32 << $0) },
        kernelSizes: topology.kernelSizes, strides: topology.strides,
        nConvPerStage: Array(variant.encoderCounts[..<stages]),
        nConvPerStageDecoder: Array(repeating: variant.decoderCount, count: stages - 1))
      return architecture.convolutionOutputs(patch: topology.patch, outputs: 2)
    }
    #expect(estimate(.standard, [0.35, 0.35], [512, 512]) == 82_624_512)
    #expect(estimate(.standard, [2.5, 0.35, 0.35], [28, 256, 256]) == 539_478_016)
    #expect(estimate(.standard, [1, 1, 1], [128, 128, 128]) == 450_699_264)
    #expect(estimate(.residual, [1, 1], [512, 512]) == 129_441_792)
    #expect(estimate(.residual, [1, 1, 1], [128, 128, 128]) == 555_323_392)
    // The first and some later steps of the worked example.
    for (size, expected) in [
      ([60, 493, 493], 4_928_888_832), ([56, 512, 512], 4_313_171_968),
      ([48, 448, 384], 2_425_876_992), ([32, 256, 256], 616_095_744),
    ] {
      #expect(estimate(.standard, [2.5, 0.35, 0.35], size) == Double(expected))
    }
  }

  @Test func `puts the coarsest axis first`() throws {
    let coronal = fingerprint([(8, [0.5, 4, 0.5], [200, 30, 200])])
    let plans = try plan(coronal, training: 8)
    #expect(plans.transposeForward == [1, 0, 2])
    #expect(plans.transposeBackward == [1, 0, 2])
    #expect(try plans.configuration("3d_fullres").spacing == [4, 0.5, 0.5])
    let sagittal = try plan(fingerprint([(8, [0.5, 0.5, 4], [200, 200, 30])]), training: 8)
    #expect(sagittal.transposeForward == [2, 0, 1])
    #expect(sagittal.transposeBackward == [1, 2, 0])
  }

  @Test func `of single slices has no 3D configuration`() throws {
    let plans = try plan(fingerprint([(9, [3, 0.4, 0.4], [1, 300, 300])]), training: 9)
    #expect(plans.configurationNames == ["2d"])
    #expect(plans.transposeForward == [0, 1, 2])
  }

  @Test func `keeps configurations that it does not define itself`() throws {
    var earlier = try plan(coronary, training: 400)
    earlier.configurations["mine"] = .object(["inherits_from": .string("2d")])
    let planner = try Planner(
      fingerprint: coronary, dataset: dataset(labels: 2, training: 400), datasetName: "D",
      options: .init(memory: 16))
    let plans = try planner.plan(keeping: earlier)
    #expect(plans.configurationNames.contains("mine"))
    #expect(try plans.configuration("mine").batchSize == 25)
    #expect(try earlier.configuration("mine").batchSize == 12)
  }

  @Test func `takes a target spacing and intensities from the user`() throws {
    let wanted = IntensityProperties(
      max: 3000, mean: 100, median: 50, min: -1000, percentile005: -200, percentile995: 1000,
      std: 250)
    let plans = try Planner(
      fingerprint: coronary, dataset: dataset(labels: 2, training: 400), datasetName: "D",
      options: .init(targetSpacing: [3, 0.4, 0.4], intensityOverrides: [0: wanted])
    ).plan()
    #expect(try plans.configuration("3d_fullres").spacing == [3, 0.4, 0.4])
    #expect(plans.intensityProperties == [wanted])
  }

  @Test(
    arguments: [[1, 1], [0, 1, 1], [-1, 1, 1], [.nan, 1, 1], [1, .infinity, 1]] as [[Double]])
  func `refuses a spacing that is none`(spacing: [Double]) {
    #expect(throws: NNUNetError.self) {
      try Planner(
        fingerprint: coronary, dataset: dataset(labels: 2, training: 400), datasetName: "D",
        options: .init(targetSpacing: spacing))
    }
  }

  @Test func `that cannot fit any patch is an error, not an endless loop`() {
    #expect(throws: NNUNetError.self) {
      try Planner(
        fingerprint: coronary, dataset: dataset(labels: 2, training: 400), datasetName: "D",
        options: .init(memory: 1e-6)
      ).plan()
    }
  }

  @Test func `for images without an edge of 8 has networks of one stage, as nnU-Net's`() throws {
    let plans = try plan(fingerprint([(5, [1, 1, 1], [4, 5, 6])]), training: 5)
    for (name, patch) in [("2d", [5, 6]), ("3d_fullres", [4, 5, 6])] {
      let one = try plans.configuration(name)
      #expect(one.patchSize == patch)
      #expect(one.architecture.nStages == 1)
      #expect(one.architecture.strides == [patch.map { _ in 1 }])
      #expect(one.architecture.nConvPerStageDecoder.isEmpty)
    }
  }
}
