// SPDX-License-Identifier: Apache-2.0
import Volume

/// What the three steps of DeepCAC look at (Zeleznik 2021).
enum DeepCACBoxes {
  /// The whole scan in cubes of 3 mm.
  static let scanExtent = [112, 112, 112]
  static let scanSpacing = [3.0, 3, 3]
  /// The heart's surroundings, 384×384×80 voxels of 0.68×0.68×2.5 mm at a third of the resolution in
  /// plane.
  static let heartExtent = [80, 128, 128]
  static let heartSpacing = [2.5, 2.04, 2.04]
  /// A cube of calcium's step.
  static let cubeExtent = [32, 64, 64]
  static let cubeSpacing = [2.5, 0.68, 0.68]
  /// How far training moves a box at most, in voxels along each axis, and turns it, in radians.
  static let shift = 9
  static let turn = 3 * Double.pi / 180

  /// The box of the first step.
  static func scan(_ grid: SlabGrid) -> VolumeBox {
    VolumeBox(extent: scanExtent, spacing: scanSpacing, centre: middle(grid))
  }

  /// The middle of a scan in mm.
  static func middle(_ grid: SlabGrid) -> [Double] {
    [
      Double(grid.extent.slices) * SlabGrid.step / 2, Double(grid.extent.rows) * SlabGrid.pixel / 2,
      Double(grid.extent.columns) * SlabGrid.pixel / 2,
    ]
  }

  /// The place of a voxel of the grid in mm.
  static func place(_ voxel: (z: Int, y: Int, x: Int)) -> [Double] {
    [
      (Double(voxel.z) + 0.5) * SlabGrid.step, (Double(voxel.y) + 0.5) * SlabGrid.pixel,
      (Double(voxel.x) + 0.5) * SlabGrid.pixel,
    ]
  }

  /// A box moved and turned as in training.
  static func moved(
    _ box: VolumeBox, using generator: inout some RandomNumberGenerator
  ) -> VolumeBox {
    let centre = (0..<3).map {
      box.centre[$0] + Double(Int.random(in: -shift...shift, using: &generator)) * box.spacing[$0]
    }
    return VolumeBox(
      extent: box.extent, spacing: box.spacing, centre: centre,
      angle: Double.random(in: -turn...turn, using: &generator))
  }
}
