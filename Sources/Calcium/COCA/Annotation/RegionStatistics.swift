// SPDX-License-Identifier: Apache-2.0

/// The HU of a set of pixels, as OsiriX summarises them.
public struct RegionStatistics: Hashable, Sendable {
  /// The number of pixels.
  public private(set) var count = 0
  /// The sum of the HU.
  public private(set) var total = 0
  /// The lowest HU; 0 for no pixel.
  public private(set) var min: Int16 = 0
  /// The highest HU; 0 for no pixel.
  public private(set) var max: Int16 = 0
  private var squares = 0

  /// The statistics of no pixel.
  public init() {}

  /// Adds a pixel.
  public mutating func add(_ hu: Int16) {
    min = count == 0 ? hu : Swift.min(min, hu)
    max = count == 0 ? hu : Swift.max(max, hu)
    count += 1
    total += Int(hu)
    squares += Int(hu) * Int(hu)
  }

  /// The mean HU, NaN for no pixel.
  public var mean: Double { Double(total) / Double(count) }

  /// The sample standard deviation (divided by n − 1), NaN for a single pixel.
  public var deviation: Double {
    guard count > 1 else { return .nan }
    let n = Double(count)
    // Whole numbers up to here, so nothing cancels.
    return (Double(count * squares - total * total) / (n * (n - 1))).squareRoot()
  }
}
