// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Studies
import Text
import Volume

/// The factor that turns attenuation into calcium mass, and where it comes from.
///
/// The user's factor counts first, then that of the header for this patient (0018,9351), then one of
/// the three that the scanner was calibrated to (0018,9352), by the width of the chest: below 32 cm
/// small, up to 38 cm medium, else large (McCollough 2007, doi:10.1148/radiol.2432050808). A heart's
/// field of view cuts the chest off; then the factor for a medium patient is taken, and the others are
/// named.
struct MassCalibration {
  /// The factor in mg/(cm³·HU).
  let factor: Double
  /// Where it comes from, in words.
  let source: String
  /// The same as a note on the scan; `nil` where the user gave the factor.
  let note: ScanWarning?

  /// The sizes of patients in the order of the header, by the width of the chest in mm.
  private static let sizes: [(name: String, below: Double)] = [
    ("small", 320), ("medium", 380.000_001), ("large", .infinity),
  ]

  /// The calibration of a scan; `nil` where neither the user nor the header gives a factor.
  init?(_ given: Double?, _ scan: Scan.Loaded) {
    if let given {
      factor = given
      source = "\(shortDecimal(given)) mg/(cm³·HU), as given"
      note = nil
      return
    }
    let unit = "mg/(cm³·HU)"
    if let patient = scan.acquisition?.massFactorOfPatient {
      factor = patient
      source =
        "\(shortDecimal(patient, decimals: 4)) \(unit), Calcium Scoring Mass Factor Patient of the header"
    } else if let device = scan.acquisition?.massFactorsOfDevice {
      let width = ChestWidth(scan.ct).millimetres
      let size = width.map { width in Self.sizes.firstIndex { width < $0.below } ?? 2 } ?? 1
      factor = device[size]
      let others = zip(Self.sizes, device).enumerated().filter { $0.offset != size }.map {
        "\($0.element.0.name) \(shortDecimal($0.element.1, decimals: 4))"
      }.joined(separator: ", ")
      source =
        "\(shortDecimal(factor, decimals: 4)) \(unit), Calcium Scoring Mass Factor Device of the header for a "
        + "\(Self.sizes[size].name) patient ("
        + (width.map { "the chest is \(readable($0, 0)) mm wide" }
          ?? "assumed: the field of view does not show how wide the chest is") + "; \(others))"
    } else {
      return nil
    }
    note = ScanWarning("mass by \(source)", summary: "mass by a factor of the header")
  }
}

/// The width of the chest, where a scan shows both of its sides.
struct ChestWidth {
  /// The width in mm; `nil` where the field of view cuts the chest off.
  let millimetres: Double?

  /// What is not air.
  private static let threshold: Int16 = -300

  /// Measures the median of slices along the scan.
  ///
  /// The body is the largest part of a slice that is not air. Only its front 60 % is measured, behind
  /// which lies the table.
  init(_ ct: Volume<Int16>) {
    let step = max(1, ct.extent.slices / 8)
    let widths = stride(from: 0, to: ct.extent.slices, by: step).map { Self.width(ct, slice: $0) }
    let known = widths.compactMap(\.self).sorted()
    // Where most slices show both sides, the others are cut by little.
    millimetres = known.count * 2 > widths.count ? known[known.count / 2] : nil
  }

  private static func width(_ ct: Volume<Int16>, slice z: Int) -> Double? {
    let (rows, columns) = (ct.extent.rows, ct.extent.columns)
    let parts = ConnectedComponents(
      of: ct.slice(z).map { $0 > threshold ? 1 : 0 }, shape: [rows, columns])
    guard let largest = parts.sizes.indices.max(by: { parts.sizes[$0] < parts.sizes[$1] }) else {
      return nil
    }
    var spans: [(row: Int, low: Int, high: Int)] = []
    for y in 0..<rows {
      let line = parts.labels[y * columns..<(y + 1) * columns]
      guard let low = line.firstIndex(where: { Int($0) == largest + 1 }),
        let high = line.lastIndex(where: { Int($0) == largest + 1 })
      else { continue }
      spans.append((y, low - line.startIndex, high - line.startIndex))
    }
    if ct.geometry.direction.y.y < 0 { spans.reverse() }
    let front = spans.prefix(spans.count * 6 / 10)
    guard let widest = front.max(by: { $0.high - $0.low < $1.high - $1.low }) else { return nil }
    // What reaches the border of the image, or of the circle in it, may go on behind it.
    let middle = SIMD2(Double(columns - 1), Double(rows - 1)) / 2
    let radius = 0.98 * Double(min(rows, columns)) / 2
    for span in front {
      for x in [span.low, span.high] {
        let d = SIMD2(Double(x), Double(span.row)) - middle
        if x <= 1 || x >= columns - 2 || (d * d).sum().squareRoot() >= radius { return nil }
      }
    }
    return Double(widest.high - widest.low + 1) * ct.geometry.spacing.x
  }
}
