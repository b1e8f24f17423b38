// SPDX-License-Identifier: Apache-2.0

/// The lower bounds, in Hounsfield units, of the four density weights.
///
/// The steps 130, 200, 300 and 400 HU are those of Agatston 1990
/// (doi:10.1016/0735-1097(90)90282-t) and hold at 120 kV.
public struct DensityBounds: Hashable, Sendable {
  /// The lowest peaks that weigh 1, 2, 3 and 4, in HU, in rising order.
  public let lower: SIMD4<Int16>

  /// Bounds from the lowest peaks that weigh 1, 2, 3 and 4, in HU.
  public init(_ one: Int16, _ two: Int16, _ three: Int16, _ four: Int16) {
    lower = SIMD4(one, two, three, four)
  }

  /// The bounds of Agatston 1990, for 120 kV.
  public static let agatston1990 = DensityBounds(130, 200, 300, 400)

  /// The bounds of Gräni 2018 (doi:10.1093/ehjci/jey019) at a tube voltage in kV, if it has any.
  public static func graeni2018(kilovoltage: Double) -> DensityBounds? {
    graeniTable.first { isSameVoltage($0.kilovoltage, kilovoltage) }?.bounds
  }

  /// The tube voltages, in kV, of the table of Gräni 2018.
  public static var graeni2018Kilovoltages: [Int] { graeniTable.map { Int($0.kilovoltage) } }

  private static let graeniTable: [(kilovoltage: Double, bounds: DensityBounds)] = [
    (70, DensityBounds(207, 318, 477, 636)), (80, DensityBounds(177, 271, 408, 544)),
    (100, DensityBounds(145, 222, 334, 446)), (120, agatston1990),
    (135, DensityBounds(119, 183, 274, 364)),
  ]

  /// The density weight, 0 to 4, of a component with a peak attenuation in HU.
  ///
  /// A peak below the first bound weighs nothing: it belongs to no calcification.
  public func weight(peak hu: Int16) -> Int {
    if hu < lower[0] { return 0 }
    if hu < lower[1] { return 1 }
    if hu < lower[2] { return 2 }
    return hu < lower[3] ? 3 : 4
  }
}

/// Whether two tube voltages in kV are the same setting; headers carry them as decimal text.
func isSameVoltage(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 0.5 }
