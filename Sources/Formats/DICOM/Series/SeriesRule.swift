// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text
import Volume

/// The rules by which one of several series is chosen for calcium scoring, in their order.
///
/// The first of them decide alone; the others only between series that differ in them.
public enum SeriesRule: String, Sendable, Hashable, Codable, CaseIterable {
  /// It was asked for by its identifier.
  case named
  /// It is no CT, or a scout.
  case notCT = "not-ct"
  /// It is projected or computed from other slices.
  case projection
  /// It does not cover a heart.
  case tooShort = "too-short"
  /// Its slices are not axial.
  case notAxial = "not-axial"
  /// An agent was given.
  case contrast
  /// No other series is left.
  case only
  /// Its description speaks of calcium scoring, others' do not.
  case calciumScoring = "calcium-scoring"
  /// Others are the scanner's own images (ImageType).
  case derived
  /// Others have slices of 2.5 to 3 mm.
  case thickness
  /// Others have a kernel without sharpening.
  case sharpKernel = "sharp-kernel"
  /// Others have a kernel that calcium is scored with.
  case kernel
  /// Others have slices that neither overlap nor leave gaps.
  case increment
  /// Others were gated.
  case gated
  /// Others were taken at 120 kV.
  case voltage
  /// Others have a field of view for the heart.
  case fieldOfView = "field-of-view"
  /// No rule tells it from another one.
  case tie
}

extension SeriesRule {
  /// The rules that exclude a series by themselves.
  static let exclusions: [SeriesRule] = [.projection, .tooShort, .notAxial, .contrast]
  /// The rules that compare the series that are left.
  static let preferences: [SeriesRule] = [
    .calciumScoring, .derived, .thickness, .sharpKernel, .kernel, .increment, .gated, .voltage,
    .fieldOfView,
  ]

  /// Whether a series satisfies the rule.
  func accepts(_ series: DICOMSeries) -> Bool {
    let (scan, traits) = (series.acquisition, series.traits)
    return switch self {
    case .projection: !traits.isProjection
    case .tooShort: series.coverage >= 60 && series.files.count >= 4
    // Ten degrees: gated scans are not tilted, and reformats along the heart's axis are by more.
    case .notAxial: abs(series.direction.z.z) >= 0.985
    case .contrast: !scan.hasContrastAgent
    case .calciumScoring: traits.namesCalcium
    case .derived: !traits.isDerived
    case .thickness:
      [scan.sliceThickness, series.increment].allSatisfy { $0.map((2.4...3.1).contains) ?? true }
    case .sharpKernel: !(scan.kernel.map { Kernel($0).isSharp } ?? false)
    case .kernel: scan.kernel.map { Kernel($0).isForCalcium } ?? false
    case .increment:
      if let thickness = scan.sliceThickness, let step = series.increment {
        abs(thickness - step) <= 0.1
      } else {
        true
      }
    case .gated: traits.isGated
    case .voltage: abs((scan.kilovolts ?? 120) - 120) <= 0.5
    case .fieldOfView: series.fieldOfView <= 300
    case .named, .notCT, .only, .tie: true
    }
  }

  /// Why a series does not satisfy the rule, with its figures.
  func objection(to series: DICOMSeries) -> String {
    let scan = series.acquisition
    let kernel = scan.kernel.flatMap { $0.split(separator: "\\").first.map(String.init) } ?? "none"
    return switch self {
    case .projection: "is a projection or computed from other slices"
    case .tooShort:
      "covers \(millimetres(series.coverage)) mm in \(counted(series.files.count, "slice")); "
        + "a heart takes 60 mm and more"
    case .notAxial:
      "its slices are \(degrees(series.direction.z.z)) degrees off the axial plane"
    case .contrast: "a contrast agent was given"
    case .calciumScoring: "another one is described as calcium scoring"
    case .derived: "is derived or secondary; another one is original"
    case .thickness:
      "slices of \(text(scan.sliceThickness)) mm every \(text(series.increment)) mm; another one has "
        + "2.5 to 3 mm"
    case .sharpKernel: "the kernel \(kernel) is sharp; that of another one is not"
    case .kernel: "the kernel is \(kernel); another one has a kernel for calcium scoring"
    case .increment:
      "slices of \(text(scan.sliceThickness)) mm every \(text(series.increment)) mm; those of another "
        + "one neither overlap nor leave gaps"
    case .gated: "was not gated; another one was"
    case .voltage: "was taken at \(text(scan.kilovolts)) kV; another one at 120 kV"
    case .fieldOfView:
      "shows \(millimetres(series.fieldOfView.rounded())) mm; another one at most 300 mm"
    case .named: "another one was asked for"
    case .notCT: "is no CT"
    case .only: "another one is left"
    case .tie: "no rule tells it from another one"
    }
  }

  private func text(_ value: Double?) -> String { value.map(millimetres) ?? "unknown" }

  private func degrees(_ cosine: Double) -> Int {
    Int((acos(min(1, abs(cosine))) * 180 / .pi).rounded())
  }
}

extension DICOMSeries {
  /// How much of the patient the slices cover along their normal, in mm.
  var coverage: Double { Double(files.count) * (increment ?? acquisition.sliceThickness ?? 0) }

  /// The longer side of a slice in mm.
  var fieldOfView: Double {
    max(Double(columns) * pixelSpacing.x, Double(rows) * pixelSpacing.y)
  }
}
