// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Studies
import Workflow

/// Which scans of a patient are compared, and how.
package struct ComparisonRequest: Sendable {
  /// The earlier study, or its result as JSON of `cac score`.
  package var prior: URL
  /// The later one.
  package var current: URL
  /// The masks of both; `nil` where a model makes them.
  package var masks: (prior: URL, current: URL)?
  /// The model that makes the masks.
  package var model: URL?
  /// The convention that both are scored by.
  package var convention = "agatston"
  /// The tube voltage in kV, where the scans do not say it.
  package var kv: Double?
  /// The years between the scans; `nil` where the headers say it.
  package var years: Double?
  /// The patient's body mass index in kg/m², for MESA's limits.
  package var bodyMassIndex: Double?
  /// Whether scans whose headers name different patients are compared all the same.
  package var force = false
  /// Which series of a study is read.
  package var dicom = DICOMInput()

  /// A comparison of two scans or results.
  package init(prior: URL, current: URL) {
    (self.prior, self.current) = (prior, current)
  }
}
