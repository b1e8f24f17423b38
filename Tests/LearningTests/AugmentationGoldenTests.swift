// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Testing
import TestSupport
import Torch

/// What batchgeneratorsv2 made of small patches (`Oracles/fixtures/augmentation.py`).
struct AugmentationGolden: Decodable {
  struct Spatial: Decodable, CustomTestStringConvertible {
    let shape: [Int]
    let size: [Int]
    let inPlane: Bool
    let rotation: [Double]?
    let scale: Double?
    let image: [Int]
    let labels: String

    var testDescription: String {
      "\(shape) to \(size), angles \(rotation ?? []), scale \(scale ?? 1)"
    }
  }
  struct Intensity: Decodable, CustomTestStringConvertible {
    let name: String
    let shape: [Int]
    let value: [Double]
    let inPlane: Bool
    let image: [Int]

    var testDescription: String { "\(name) \(value) of \(shape)" }
  }

  struct Morphology: Decodable, CustomTestStringConvertible {
    let shape: [Int]
    let operation: String
    let radius: Double
    let channels: String

    var testDescription: String { "\(operation) by \(radius) of \(shape)" }
  }

  struct Sequence: Decodable, CustomTestStringConvertible {
    struct Change: Decodable {
      let channel: Int
      let operation: String
      let radius: Double
    }
    let shape: [Int]
    let changes: [Change]
    let channels: String

    var testDescription: String {
      changes.map { "\($0.operation) by \($0.radius) of \($0.channel)" }.joined(separator: ", ")
    }
  }

  struct Losses: Decodable, CustomTestStringConvertible {
    let shape: [Int]
    let mask: String
    let left: [String]

    var testDescription: String { "\(left.count) small components in \(shape)" }
  }

  let spatial: [Spatial]
  let intensity: [Intensity]
  let morphology: [Morphology]
  let sequences: [Sequence]
  let losses: [Losses]

  static let file = Result {
    try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: fixture("learning/augmentation.json")))
  }

  /// How far values are from those of the file, which are in ten-thousandths.
  static func worst(_ values: [Float], _ golden: [Int]) throws -> Float {
    try pairs(values, golden).map { abs($0 - Float($1) / 1e4) }.max() ?? .infinity
  }

  /// The patch of the script's formulas: an image, and labels with −1 along a border.
  static func patch(_ shape: [Int]) -> (image: [Float], labels: [Int16]) {
    let deep = shape.count == 2 ? [1] + shape : shape
    var (image, labels): ([Float], [Int16]) = ([], [])
    for z in 0..<deep[0] {
      for y in 0..<deep[1] {
        for x in 0..<deep[2] {
          image.append(Float((7 * z + 3 * y * y + 5 * x + y * x) % 19) / 4 - 2)
          let label: Int16 = y + 2 * z < 9 && x > 7 ? 1 : x + z > 14 || y == 11 ? 2 : 0
          labels.append(y == 0 || x < 2 ? -1 : label)
        }
      }
    }
    return (image, labels)
  }
}

@Suite struct `Augmentation with given numbers` {
  @Test(arguments: try AugmentationGolden.file.get().spatial)
  func `moves patches as batchgeneratorsv2 does`(golden: AugmentationGolden.Spatial) throws {
    let (image, labels) = AugmentationGolden.patch(golden.shape)
    var draw = AugmentationDraw()
    draw.rotation = golden.rotation
    draw.scale = golden.scale
    let result = try Augmentation(size: golden.size, rotatesInPlane: golden.inPlane)(
      [draw], images: Tensor(image, shape: [1, 1] + golden.shape),
      labels: Tensor(labels, shape: [1] + golden.shape))
    // Half a unit of the file, and places in single precision between neighbours 4 apart.
    #expect(try AugmentationGolden.worst(result.images.floats(), golden.image) < 1e-4)
    #expect(
      try result.labels.values(as: Int16.self)
        == golden.labels.map { Int16($0.wholeNumberValue ?? 0) })
  }

  @Test(arguments: try AugmentationGolden.file.get().intensity)
  func `changes intensities as batchgeneratorsv2 does`(
    golden: AugmentationGolden.Intensity
  ) throws {
    let (image, labels) = AugmentationGolden.patch(golden.shape)
    var draw = AugmentationDraw()
    switch golden.name {
    case "blur": draw.blur = [golden.value]
    case "lowResolution": draw.lowResolution = golden.value
    case "contrast": draw.contrast = golden.value
    case "gamma": draw.gamma = golden.value
    case "invertedGamma": draw.invertedGamma = golden.value
    default: Issue.record("no transform is called \(golden.name)")
    }
    let result = try Augmentation(size: golden.shape, rotatesInPlane: golden.inPlane)(
      [draw], images: Tensor(image, shape: [1, 1] + golden.shape),
      labels: Tensor(labels, shape: [1] + golden.shape))
    #expect(try AugmentationGolden.worst(result.images.floats(), golden.image) < 7e-5)
    #expect(try result.labels.values(as: Int16.self) == labels.map { max(0, $0) })
  }
}
