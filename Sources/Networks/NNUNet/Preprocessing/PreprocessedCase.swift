// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Sampled voxels of one foreground class, on which training patches are centred.
public struct ClassLocations: Codable, Hashable, Sendable {
  /// The label values of the class: one for a label, several for a region.
  public var values: [Int]
  /// The indices z, y, x of the voxels, one voxel after the other.
  public var voxels: [Int32]

  /// Locations of a class.
  public init(values: [Int], voxels: [Int32]) {
    self.values = values
    self.voxels = voxels
  }

  /// The number of voxels.
  public var count: Int { voxels.count / 3 }

  /// The index (z, y, x) of a voxel.
  public func voxel(_ i: Int) -> [Int] {
    [Int(voxels[3 * i]), Int(voxels[3 * i + 1]), Int(voxels[3 * i + 2])]
  }
}

/// The properties of a case that are needed to bring a prediction back onto the original grid.
///
/// Shapes and box are in the transposed order of axes of the plan; `spacing` and `geometry` are
/// those of the file.
public struct CaseProperties: Codable, Hashable, Sendable {
  /// The original grid.
  public var geometry: Geometry
  /// The original spacing along (z, y, x) in mm.
  public var spacing: [Double]
  /// The shape before cropping.
  public var shapeBeforeCropping: [Int]
  /// The box that cropping left: [low, high) for each axis.
  public var boundingBox: [[Int]]
  /// The shape after cropping, before resampling.
  public var shapeAfterCropping: [Int]

  /// Properties of given values.
  public init(
    geometry: Geometry, spacing: [Double], shapeBeforeCropping: [Int], boundingBox: [[Int]],
    shapeAfterCropping: [Int]
  ) {
    self.geometry = geometry
    self.spacing = spacing
    self.shapeBeforeCropping = shapeBeforeCropping
    self.boundingBox = boundingBox
    self.shapeAfterCropping = shapeAfterCropping
  }

  private enum CodingKeys: String, CodingKey {
    case geometry, spacing
    case shapeBeforeCropping = "shape_before_cropping"
    case boundingBox = "bbox_used_for_cropping"
    case shapeAfterCropping = "shape_after_cropping_and_before_resampling"
  }
}

/// A case that was cropped, normalised and resampled to the grid of a configuration.
public struct PreprocessedCase: Sendable, Hashable {
  /// The case identifier.
  public var name: String
  /// The number of image channels.
  public var channels: Int
  /// The shape (z, y, x) of one channel, transposed.
  public var shape: [Int]
  /// The normalised intensities, (channel, z, y, x).
  public var data: [Float]
  /// The labels (z, y, x), or `nil` at inference.
  ///
  /// −1 marks voxels outside of the non-zero region.
  public var labels: [Int16]?
  /// The way back to the original grid.
  public var properties: CaseProperties
  /// Sampled voxels of each foreground class.
  ///
  /// The order is that of `LabelScheme.foregroundClasses`; with an ignore label a last entry, whose
  /// values begin with −1, holds all annotated voxels.
  public var classLocations: [ClassLocations]

  /// A case of given values, whose counts must fit the shape.
  public init(
    name: String, channels: Int, shape: [Int], data: [Float], labels: [Int16]?,
    properties: CaseProperties, classLocations: [ClassLocations] = []
  ) {
    let count = shape.reduce(1, *)
    precondition(shape.count == 3 && data.count == channels * count, "data and shape disagree")
    precondition(labels.map { $0.count == count } ?? true, "labels and shape disagree")
    self.name = name
    self.channels = channels
    self.shape = shape
    self.data = data
    self.labels = labels
    self.properties = properties
    self.classLocations = classLocations
  }
}
