// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Figures
package import Statistics
import Text
import Workflow

extension BootstrapOptions {
  /// What the intervals are, for a table.
  package var caption: String {
    let percent = readable(100 * level, level * 100 == (level * 100).rounded() ? 0 : 1)
    let source = "of \(NumberFormat.text(Double(resamples))) bootstrap resamples, seed \(seed)"
    return switch method {
    case .bca: "\(percent) % BCa intervals \(source)"
    case .percentile: "\(percent) % percentile intervals \(source)"
    case .deviation: "intervals of ± one standard deviation \(source)"
    }
  }
}

extension EvaluationOptions {
  /// What an interval is, in front of its numbers.
  var intervalName: String {
    bootstrap?.method == .deviation ? "± 1 bootstrap standard deviation" : "95 % interval"
  }

  /// What an interval by resampling is, in a sentence.
  var intervalOfResamples: String {
    bootstrap?.method == .deviation
      ? "± 1 bootstrap standard deviation" : "bootstrap intervals"
  }

  /// The heading over intervals by resampling.
  var resampledName: String {
    bootstrap?.method == .deviation ? intervalName : "95 % bootstrap interval"
  }
}
