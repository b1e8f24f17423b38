// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Scoring

/// Which results of a study are written as DICOM objects, and how.
package struct DICOMRequest: Sendable {
  /// The kinds of objects.
  package enum Kind: String, CaseIterable, Sendable {
    /// A Segmentation with a frame for each artery and slice.
    case seg
    /// A label map, which older software does not read.
    case labelmap
    /// A structured report with the numbers.
    case sr
    /// An encapsulated PDF.
    case pdf
    /// Secondary captures, pictures that every viewer shows.
    case sc

    /// What it is, for people.
    var title: String {
      switch self {
      case .seg: "Segmentation"
      case .labelmap: "Label Map Segmentation"
      case .sr: "Comprehensive SR, TID 1500"
      case .pdf: "Encapsulated PDF"
      case .sc: "Secondary Capture"
      }
    }

    /// What is written unless told otherwise.
    package static let usual: [Kind] = [.seg, .sr, .pdf, .sc]
  }

  /// The study and how it is scored.
  package var scoring: ScoringRequest
  /// The folder for the objects.
  package var output: URL
  /// The kinds of objects.
  package var kinds = Kind.usual
  /// Who made the mask; `nil` where it follows from the mask: a model, or a folder of its predictions.
  package var origin: ResultOrigin?
  /// The reader as a person's name of DICOM.
  package var reader: String?
  /// Whether the same result of the same series gets the same identifiers.
  package var hasStableIdentifiers = false

  /// The usual objects of a study.
  package init(scoring: ScoringRequest, output: URL) {
    self.scoring = scoring
    self.output = output
  }
}
