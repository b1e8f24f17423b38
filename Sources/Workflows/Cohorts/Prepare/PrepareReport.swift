// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import COCA
package import DICOM
import Evaluation
import Files
import Foundation
import Text
package import Workflow

/// The result of a preparation: the cases made of every subject, or why it was left out.
package struct PrepareReport: Codable, Sendable {
  /// One subject.
  package struct Subject: Codable, Sendable {
    /// The subject's id in the tree.
    package let id: String
    /// The names of the cases: one, or one for each slice.
    package var cases: [String] = []
    /// Whether it is held out for testing.
    package let isTest: Bool
    /// Whether there was no annotation, which means no calcium.
    package var isImplicitZero = false
    /// The UID of the series that was used.
    package var seriesUID: String?
    /// Agatston score from the annotation alone.
    package var annotatedAgatston: Double?
    /// The number of slices of the scan.
    package var slices = 0
    /// The number of slices with annotated calcium.
    package var annotatedSlices = 0
    /// How the scan was acquired.
    package var acquisition: Acquisition?
    /// The findings of the audit, each as a code and a sentence.
    package var findings: [String] = []
    /// Why it was left out.
    package var leftOut: String?

    private enum CodingKeys: String, CodingKey {
      case id, cases, slices, findings, acquisition
      case isTest = "test"
      case isImplicitZero = "implicit_zero"
      case seriesUID = "series_uid"
      case annotatedAgatston = "annotated_agatston"
      case annotatedSlices = "annotated_slices"
      case leftOut = "left_out"
    }

    /// A subject without cases.
    package init(id: String, isTest: Bool) {
      self.id = id
      self.isTest = isTest
    }
  }

  /// The data set's full name.
  package let dataset: String
  /// What one image file holds.
  package let dimension: Preparation.Dimension
  /// Which slices a 2D data set holds.
  package let slices: Preparation.Slices
  /// One label, or one for each artery.
  package let labels: MaskLabels
  /// How contours became masks.
  package let contourFill: ContourFill
  /// All subjects of the tree, in its order.
  package let subjects: [Subject]
  /// How the list of test subjects was read, where it was odd; one sentence each.
  package let notes: [String]?

  private enum CodingKeys: String, CodingKey {
    case dataset, dimension, slices, labels, subjects, notes
    case contourFill = "contour_fill"
  }

  /// The number of cases for training.
  package var trainingCases: Int {
    subjects.filter { !$0.isTest }.reduce(0) { $0 + $1.cases.count }
  }

  /// The number of cases held out.
  package var testCases: Int { subjects.filter(\.isTest).reduce(0) { $0 + $1.cases.count } }

  /// The subjects that were left out.
  package var leftOut: [LeftOut] {
    subjects.compactMap { subject in
      subject.leftOut.map { LeftOut(subject: subject.id, reason: $0) }
    }
  }

  /// How the scan of each case was acquired, as CSV: columns to make subgroups of.
  ///
  /// Numbers are as in the header; what it does not say is an empty cell.
  package var acquisitionCSV: String {
    func number(_ value: Double?) -> String {
      value.map { decimal($0, $0 == $0.rounded() ? 0 : 3) } ?? ""
    }
    return CSVTable(
      header: [
        "patient_name", "manufacturer", "scanner", "kernel", "kilovolts", "slice_thickness_mm",
      ],
      rows: subjects.filter { $0.leftOut == nil }.flatMap { subject in
        let a = subject.acquisition
        return subject.cases.map {
          [
            $0, a?.manufacturer ?? "", a?.model ?? "", a?.kernel ?? "", number(a?.kilovolts),
            number(a?.sliceThickness),
          ]
        }
      }
    ).text
  }

  /// A sentence for the terminal.
  package var summary: String {
    let prepared = subjects.filter { $0.leftOut == nil }
    return "\(dataset): \(prepared.count) of \(counted(subjects.count, "subject")), "
      + "\(prepared.count(where: \.isImplicitZero)) of them without an annotation; "
      + "\(counted(trainingCases, "case")) for training, \(testCases) for testing"
  }

  /// The whole report for a reader: options, classes, findings, and who was left out.
  package var text: String {
    let prepared = subjects.filter { $0.leftOut == nil }
    var parts = [
      summary,
      "dimension \(dimension.rawValue), slices \(slices.rawValue), labels \(labels.rawValue), "
        + "contour fill \(contourFill.title)",
      "\(counted(prepared.reduce(0) { $0 + $1.slices }, "slice")), \(prepared.reduce(0) { $0 + $1.annotatedSlices }) "
        + "of them with calcium, each as a picture in overlays",
    ]
    if let notes { parts.append(notes.joined(separator: "\n")) }
    var classes = TextTable(["class by the annotation", "training", "test"])
    for risk in FiveClassRisk.allCases {
      let of = prepared.filter { FiveClassRisk(agatston: $0.annotatedAgatston ?? 0) == risk }
      classes.add([
        risk.rawValue, "\(of.count { !$0.isTest })", "\(of.count { $0.isTest })",
      ])
    }
    parts.append(classes.text)
    var counts: [String: Int] = [:]
    for subject in subjects {
      for code in Set(subject.findings.map { String($0.prefix { $0 != ":" }) }) {
        counts[code, default: 0] += 1
      }
    }
    if !counts.isEmpty {
      var findings = TextTable(["finding", "subjects"])
      for (code, count) in counts.sorted(by: { $0.key < $1.key }) {
        findings.add([code, "\(count)"])
      }
      parts.append(findings.text)
    }
    parts.append(
      leftOut.isEmpty
        ? "no subject was left out"
        : "left out:\n" + leftOut.map { "  \($0)" }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n") + "\n"
  }
}
