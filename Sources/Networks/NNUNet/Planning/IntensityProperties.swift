// SPDX-License-Identifier: Apache-2.0

/// The distribution of one channel's intensities over the foreground of the training cases.
public struct IntensityProperties: Codable, Hashable, Sendable {
  /// The largest sampled value.
  public var max: Double
  /// The mean.
  public var mean: Double
  /// The median.
  public var median: Double
  /// The smallest sampled value.
  public var min: Double
  /// The percentile 0.5, the lower clip of CT normalisation.
  public var percentile005: Double
  /// The percentile 99.5, the upper clip of CT normalisation.
  public var percentile995: Double
  /// The population standard deviation.
  public var std: Double

  /// Properties of given values.
  public init(
    max: Double, mean: Double, median: Double, min: Double, percentile005: Double,
    percentile995: Double, std: Double
  ) {
    self.max = max
    self.mean = mean
    self.median = median
    self.min = min
    self.percentile005 = percentile005
    self.percentile995 = percentile995
    self.std = std
  }

  private enum CodingKeys: String, CodingKey {
    case max, mean, median, min, std
    case percentile005 = "percentile_00_5"
    case percentile995 = "percentile_99_5"
  }
}
