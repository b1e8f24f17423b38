// SPDX-License-Identifier: Apache-2.0

/// What counts as lung without a model.
enum LungRange {
  /// The attenuation of aerated lung in HU, both bounds excluded: above air, below fat.
  static let lower: Float = -950
  static let upper: Float = -600

  /// Whether a mean attenuation in HU is that of lung.
  static func contains(_ hu: Float) -> Bool { hu > lower && hu < upper }

  /// Whether a number of lung blocks is enough for a pair of lungs: 2 % of the scan's blocks.
  static func isPair(of lungBlocks: Int, among blocks: Int) -> Bool { lungBlocks * 50 >= blocks }
}
