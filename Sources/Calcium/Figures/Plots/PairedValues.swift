// SPDX-License-Identifier: Apache-2.0
import Text

/// Pairs of a reference and a computed value, for figures that compare them.
public struct PairedValues: Sendable {
  /// What both values measure, with its unit, for example "Agatston score".
  public var quantity: String
  /// The reference values.
  public var reference: [Double]
  /// The computed values, in the same order.
  public var computed: [Double]

  /// Pairs of values; a pair with NaN or infinity is counted as missing and never drawn.
  public init(quantity: String, reference: [Double], computed: [Double]) throws(FigureError) {
    guard reference.count == computed.count else {
      throw FigureError(
        .input, subject: quantity,
        detail: "\(counted(reference.count, "reference value")) and "
          + "\(counted(computed.count, "computed value")); "
          + "give one of each for every subject")
    }
    self.quantity = quantity
    self.reference = reference
    self.computed = computed
  }

  /// The pairs that can be drawn, as (reference, computed).
  var pairs: [SIMD2<Double>] {
    zip(reference, computed).filter { $0.isDrawable && $1.isDrawable }.map { SIMD2($0, $1) }
  }

  /// The number of pairs, and of those left out, as a note.
  var counts: [String] {
    let n = pairs.count
    let missing = reference.count - n
    return ["n = \(NumberFormat.text(Double(n)))"]
      + (missing > 0 ? ["\(missing) with a missing value not drawn"] : [])
  }
}
