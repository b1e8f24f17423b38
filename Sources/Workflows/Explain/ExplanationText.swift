// SPDX-License-Identifier: Apache-2.0
import Agatston
import Text

/// The sentences about an explanation, for the terminal and the page.
package enum ExplanationText {
  /// What becomes of the score without a lesion.
  static func without(_ lesion: ExplanationResult.Lesion, _ result: ExplanationResult) -> String {
    guard let points = lesion.without else { return "It was not erased: only the largest are." }
    return "Without this lesion " + change(points, result)
  }

  /// What becomes of a score, as the end of a sentence.
  static func change(_ points: Double, _ result: ExplanationResult) -> String {
    let name =
      result.target == "total" || result.target.hasPrefix("lesion")
      ? "the score" : "the score of \(result.target)"
    let before = result.targetPoints
    if abs(points - before) < 0.05 { return "\(name) stays at \(readable(before))." }
    let verb = points < before ? "falls" : "rises"
    var text = "\(name) \(verb) from \(readable(before)) to \(readable(points))"
    if result.target == "total" || result.target.hasPrefix("lesion"),
      let category = StandardClass(agatston: points)
    {
      text +=
        category.rawValue == result.category
        ? "; the class stays \(title(category.rawValue))" : ": class \(title(category.rawValue))"
    }
    return text + "."
  }

  /// What turns the class, one sentence a kind.
  static func flip(_ flip: Counterfactuals.Flip) -> String {
    func number(_ value: Double) -> String { readable(value, value == value.rounded() ? 0 : 1) }
    guard let amount = flip.amount else {
      let limit = number(flip.limit)
      return switch flip.kind {
      case "threshold down": "No lower threshold, up to \(limit) HU, turns the class."
      case "threshold up": "No higher threshold, up to \(limit) HU, turns the class."
      case "noise": "No added noise up to \(limit) HU turns the class."
      default: "No smoothing up to \(limit) mm turns the class."
      }
    }
    let change =
      switch flip.kind {
      case "threshold down": "A threshold \(number(amount)) HU lower"
      case "threshold up": "A threshold \(number(amount)) HU higher"
      case "noise": "Added noise of \(number(amount)) HU"
      default: "Smoothing by \(number(amount)) mm"
      }
    return "\(change) turns the class to \(title(flip.category)) (score \(readable(flip.points)))."
  }

  /// A class as a range for a reader.
  static func title(_ category: String) -> String {
    category.replacing("-", with: "–").replacing(">", with: "> ")
  }

  /// A lesion by its number and artery.
  static func name(_ lesion: ExplanationResult.Lesion) -> String {
    "Lesion \(lesion.number)" + (lesion.artery.map { ", \($0)" } ?? "")
  }

  /// The lines for a terminal.
  package static func text(_ result: ExplanationResult) -> String {
    var lines = [
      "score \(readable(result.score)), class \(title(result.category)), by \(result.model)"
    ]
    if result.target != "total" {
      lines.append("target \(result.target): \(readable(result.targetPoints)) points")
    }
    for lesion in result.lesions.prefix(12) {
      lines.append(
        "\(name(lesion)), slice \(lesion.slice + 1), \(readable(lesion.points)) points. "
          + (lesion.without == nil ? "" : without(lesion, result)))
    }
    if let box = result.boxes.min(by: { $0.points < $1.points }) {
      lines.append(
        "occlusion, \(counted(result.boxes.count, "box", "boxes")) of \(readable(result.box, 0)) mm: without the one "
          + "that matters most " + change(box.points, result))
    }
    lines += (result.counterfactuals?.flips ?? []).map(flip)
    for map in result.maps where !map.warning.isEmpty {
      lines.append(
        "\(map.method.title)\(map.stage.isEmpty ? "" : " of \(map.stage)") \(map.warning): it hardly changes when "
          + "all weights are random; do not trust it here")
    }
    return lines.joined(separator: "\n")
  }
}
