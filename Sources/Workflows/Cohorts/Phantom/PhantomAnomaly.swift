// SPDX-License-Identifier: Apache-2.0
import COCA
import Files

/// The anomalies of a subject of a COCA tree that copies of COCA are known for.
///
/// `cac phantom --anomalies` makes one subject of each. An audit has to find each by general rules.
enum PhantomAnomaly: String, CaseIterable, Sendable {
  case annotationWithoutDICOM = "annotation without DICOM"
  case finerAnnotation = "annotated on 1.5 mm slices, DICOM of 3 mm"
  case finerSeries = "1.5 mm reconstruction"
  case oddStep = "z step of 2.95 mm"
  case doubledPosition = "one slice position twice, indices above it off by one"
  case indexInOneSeries = "two series in one folder, the index counts within one"
  case identicalPositions = "two series at identical positions"
  case unknownNames = "ROIs whose names are no artery, one of them with 2 points and zero mean"
  case metal = "HU 3071: metal"
  case twoFolders = "two sub-folders"
  case unusualVoltage = "80 kV"
  case emptyFile = "a DICOM file of zero bytes"
  case truncatedFile = "a truncated DICOM file"
  case outsideScan = "ROIs above the last slice"
  case missingEnding = "DICOM files without the ending .dcm"
  case noise = ".DS_Store files, blanks and % in a folder's name"

  /// The exact findings that an audit has to report as anomalies.
  var codes: Set<FindingCode> {
    switch self {
    case .annotationWithoutDICOM: [.annotationWithoutDICOM]
    case .finerAnnotation:
      [.unmatchedRegion, .indexPastLastSlice, .indexDisagreement, .incrementMismatch]
    case .finerSeries, .oddStep: [.unusualIncrement]
    case .doubledPosition: [.duplicatePosition, .indexDisagreement, .unreadableVolume]
    case .indexInOneSeries: [.severalSeries]
    case .identicalPositions: [.severalSeries, .identicalPositions]
    case .unknownNames: [.unknownArtery]
    case .metal: [.metal]
    case .twoFolders: [.severalFolders]
    case .unusualVoltage: [.unusualVoltage]
    case .emptyFile: [.unreadableFiles, .unevenSlices, .unreadableVolume]
    case .truncatedFile: [.unreadableFiles, .unreadableVolume]
    case .outsideScan: [.unmatchedRegion, .indexPastLastSlice]
    case .missingEnding, .noise: []
    }
  }

  /// The finding that an audit has to report as a note, not as an anomaly.
  var note: FindingCode? { self == .missingEnding ? .missingEnding : nil }
}

/// The findings that an audit has to report for a synthetic cohort: `anomalies.csv`, beside
/// `truth.csv`.
struct ExpectedFindings: Sendable {
  private var rows: [[String]] = []

  /// Adds the expected findings for a subject or a whole file; codes are separated by blanks.
  mutating func add(_ subject: String, _ what: String, codes: [String], notes: [String] = []) {
    rows.append([
      subject, what, codes.sorted().joined(separator: " "), notes.joined(separator: " "),
    ])
  }

  /// The whole table as CSV.
  var text: String {
    CSVTable(header: ["subject", "anomaly", "codes", "notes"], rows: rows).text
  }
}
