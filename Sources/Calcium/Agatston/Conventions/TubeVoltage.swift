// SPDX-License-Identifier: Apache-2.0

/// What happens at a tube voltage other than 120 kV, where 130 HU is the wrong threshold.
public enum VoltageRule: String, Codable, CaseIterable, Sendable {
  /// Only 120 kV is scored, anything else is refused.
  case standard
  /// Bounds come from the table of Gräni 2018 (doi:10.1093/ehjci/jey019).
  case graeni2018
  /// The 120 kV bounds are used at any voltage, and the result says so.
  case forced

  /// The density bounds at a tube voltage in kV, `nil` where it is unknown, and what to warn of.
  ///
  /// Throws `.tubeVoltage` where the rule has no bounds for the voltage.
  public func bounds(
    kilovoltage: Double?
  ) throws(AgatstonError) -> (bounds: DensityBounds, warning: String?) {
    func refusal(_ detail: String) -> AgatstonError {
      AgatstonError(.tubeVoltage, subject: "tube voltage", detail: detail)
    }
    guard let kv = kilovoltage else {
      if self == .graeni2018 {
        throw refusal("unknown, so the Gräni 2018 table has no row for it; state the voltage")
      }
      return (.agatston1990, "tube voltage unknown; the thresholds assume 120 kV")
    }
    guard kv.isFinite, kv > 0 else { throw refusal("\(kv) kV is no voltage") }
    switch self {
    case .standard:
      guard isSameVoltage(kv, 120) else {
        throw refusal(
          "\(kv) kV, and 130 HU holds at 120 kV only; choose the Gräni 2018 table or force the "
            + "threshold")
      }
      return (.agatston1990, nil)
    case .graeni2018:
      guard let bounds = DensityBounds.graeni2018(kilovoltage: kv) else {
        let known = DensityBounds.graeni2018Kilovoltages.map(String.init).joined(separator: ", ")
        throw refusal("\(kv) kV is not in the Gräni 2018 table, which has \(known) kV")
      }
      return (bounds, nil)
    case .forced:
      let warning = "120 kV thresholds forced upon a scan of \(kv) kV"
      return (.agatston1990, isSameVoltage(kv, 120) ? nil : warning)
    }
  }
}
