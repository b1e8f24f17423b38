// SPDX-License-Identifier: Apache-2.0
package import DICOM

/// How DICOM studies are read, as a command was told.
package struct DICOMInput: Sendable {
  /// The series to use, by their identifiers, one for each study; without any the rules choose.
  package var series: [String]
  /// Whether slices that are missing between others are interpolated.
  package var fillGaps: Bool
  /// Whether what a file lacks of its pixels becomes air.
  package var allowTruncated: Bool

  package init(series: [String] = [], fillGaps: Bool = false, allowTruncated: Bool = false) {
    self.series = series
    self.fillGaps = fillGaps
    self.allowTruncated = allowTruncated
  }

  /// What the reader of a series is told.
  package var reading: DICOMReadOptions {
    DICOMReadOptions(fillGaps: fillGaps, allowTruncated: allowTruncated)
  }
}

/// The series of a study, kept or dropped, for whoever watches.
package struct SeriesListing: Sendable, CustomStringConvertible {
  let study: String
  let decisions: [SeriesSelection.Decision]

  /// A line for each series, below the study's name.
  package var description: String {
    (["\(study):"] + decisions.map { "  \($0)" }).joined(separator: "\n")
  }
}
