// SPDX-License-Identifier: Apache-2.0
package import Agatston
import DICOM
import DICOMObjects
package import Foundation
import Workflow

/// The calcium numbers of a structured report (TID 1500), of this program or of another.
package struct DICOMReport: Sendable {
  /// The numbers of one place.
  package struct Part: Sendable, Hashable {
    /// The Agatston score.
    package var agatston: Double?
    /// The volume in mm³.
    package var volume: Double?
    /// The mass in mg.
    package var mass: Double?
  }

  /// The numbers of each artery that the report names.
  package private(set) var arteries: [Artery: Part] = [:]
  /// The numbers of all arteries together.
  package private(set) var total = Part()

  /// Reads a file; `nil` for a DICOM file that is no structured report.
  ///
  /// - Throws: `WorkflowError` for a report without a calcium score.
  package init?(_ url: URL) throws {
    guard DICOMSegmentation.isDICOM(url), let file = try? MeasurementFile(url) else { return nil }
    let sites: [String: Artery] = [
      "3227004": .leftMain, "59438005": .leftAnteriorDescending, "57396003": .leftCircumflex,
      "13647002": .right,
    ]
    for number in file.numbers {
      let field: WritableKeyPath<Part, Double?>
      switch number.concept {
      // The code of the score, and the retired one that older reports have.
      case "450360000", "112058": field = \.agatston
      case "122660": field = \.volume
      case "122661": field = \.mass
      default: continue
      }
      if let artery = sites[number.site] {
        arteries[artery, default: Part()][keyPath: field] = number.value
      } else {
        total[keyPath: field] = number.value
      }
    }
    guard total.agatston != nil || !arteries.isEmpty else {
      throw WorkflowError(.invalid, "\(url.path): is a report without a calcium score")
    }
  }
}
