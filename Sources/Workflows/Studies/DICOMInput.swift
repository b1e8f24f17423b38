// SPDX-License-Identifier: Apache-2.0
package import DICOM
import Text

/// How a command reads DICOM studies: which series, and how an incomplete one.
package struct DICOMInput: Sendable {
  /// The UIDs of the series to use, one for each study; where none fits, the rules choose.
  package var series: [String]
  /// Whether slices that are missing between others are interpolated.
  package var fillGaps: Bool
  /// Whether pixels that a truncated file lacks become air (-1024 HU).
  package var allowTruncated: Bool

  /// Whether values are taken for Hounsfield units where a header does not say that they are: no
  /// slope and intercept, or RescaleType US.
  package var assumesHounsfield: Bool

  /// By default the rules choose the series, and an incomplete one is refused.
  package init(
    series: [String] = [], fillGaps: Bool = false, allowTruncated: Bool = false,
    assumesHounsfield: Bool = false
  ) {
    self.series = series
    self.fillGaps = fillGaps
    self.allowTruncated = allowTruncated
    self.assumesHounsfield = assumesHounsfield
  }

  /// The options for the reader of a series.
  package var reading: DICOMReadOptions {
    var options = DICOMReadOptions(fillGaps: fillGaps, allowTruncated: allowTruncated)
    options.assumesHounsfield = assumesHounsfield
    if assumesHounsfield { options.rescaleWhenMissing = Rescale(slope: 1, intercept: 0) }
    return options
  }
}

/// The series of a study, each with the decision to use it or not, and the files that were not used, for
/// the terminal.
package struct SeriesListing: Sendable, CustomStringConvertible {
  let study: String
  let decisions: [SeriesSelection.Decision]
  let unused: [UnusedFile]

  /// A line for each series, below the study's name.
  package var description: String {
    let files =
      unused.isEmpty
      ? []
      : [
        "  not used: \(counted(unused.count, "file")): "
          + shortList(unused.map { "\($0.path.shown()) \($0.reason)" }, limit: 3)
      ]
    return (["\(study):"] + decisions.map { "  \($0)" } + files).joined(separator: "\n")
  }
}
