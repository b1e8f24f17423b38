// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
package import Learning
import Text
import Workflow

extension ModelSummary {
  /// The summary as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.data(self), as: UTF8.self) }
  }

  /// The summary as a table of two columns.
  package var table: String {
    let all = rows + (licence.map { [("licence", $0)] } ?? [])
    return (all + previousStages.flatMap { [("previous stage", "")] + $0.rows })
      .map { $0.1.isEmpty ? "\n" + $0.0 : $0.0.padded(to: 15) + $0.1 }.joined(separator: "\n")
  }

  /// The names and values of the table.
  var rows: [(String, String)] {
    func list(_ values: [some CustomStringConvertible], _ separator: String) -> String {
      values.map(\.description).joined(separator: separator)
    }
    var rows = [("trainer", trainer), ("plans", plans), ("configuration", configuration)]
    if features.isEmpty {
      rows += [
        ("network", "\(network), \(counted(stages, "network"))"), ("parameters", "\(parameters)"),
      ]
    } else {
      rows += [
        ("network", "\(network), \(counted(stages, "stage")), \(list(features, "–")) features"),
        ("parameters", "\(parameters)"), ("patch", list(patch, " × ") + " voxels"),
        ("spacing", spacing.map { readable($0, 3) }.joined(separator: " × ") + " mm"),
      ]
    }
    rows += [("channels", list(channels, ", ")), ("labels", list(labels, ", "))]
    if folds.isEmpty { rows.append(("folds", "none has weights")) }
    for fold in folds {
      let dice = fold.bestPseudoDice.map { ", pseudo-Dice \(readable($0, 3))" } ?? ""
      let axes = fold.mirroringAxes.isEmpty ? "none" : list(fold.mirroringAxes, ", ")
      rows.append(
        (
          "fold \(fold.fold)",
          "\(fold.checkpoint), \(counted(fold.epochs, "epoch"))\(dice), mirrored along axes: \(axes)"
        ))
    }
    return rows
  }
}
