// SPDX-License-Identifier: Apache-2.0

/// Which Hounsfield units become which grey.
public struct Window: Hashable, Sendable, Codable {
  /// The HU that becomes middle grey.
  public var level: Double
  /// The range of HU from black to white.
  public var width: Double

  /// A window from its level and its width, both in HU.
  public init(level: Double, width: Double) {
    self.level = level
    self.width = width
  }

  /// Level 90 and width 750 HU: calcium stands out, fat and blood stay distinguishable.
  public static let calcium = Window(level: 90, width: 750)
  /// Level 40 and width 400 HU, that is −160…240: soft tissue.
  public static let mediastinum = Window(level: 40, width: 400)

  /// The grey, 0…255, of a voxel; linear inside the window, black below and white above.
  ///
  /// A width that is not positive makes a threshold at the level.
  public func grey(_ hu: Int16) -> UInt8 {
    let value = Double(hu) - level
    guard width > 0, level.isFinite, width.isFinite else { return value >= 0 ? 255 : 0 }
    return UInt8((min(max(value / width + 0.5, 0), 1) * 255).rounded())
  }
}
