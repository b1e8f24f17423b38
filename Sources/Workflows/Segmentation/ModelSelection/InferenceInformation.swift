// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NNUNet
import Studies
import Text
import Workflow

extension BestConfiguration {
  /// Writes `inference_information.json` and `inference_instructions.txt` beside the models.
  func writeInformation() throws {
    try StagedFile.write(
      information.text,
      to: dataset.resultsFolder.appendingPathComponent("inference_information.json"))
    try StagedFile.write(instructions, to: instructionsFile)
  }

  /// The file with the commands.
  package var instructionsFile: URL {
    dataset.resultsFolder.appendingPathComponent("inference_instructions.txt")
  }

  private func model(_ folder: URL, _ keys: [String]) -> JSON {
    guard let name = ModelName(folder.lastPathComponent) else { return .null }
    var object = JSONObject()
    for (key, part) in zip(keys, [name.configuration, name.plans, name.trainer]) {
      object[key] = .string(part)
    }
    return .object(object)
  }

  /// The keys and values of nnU-Net's `inference_information.json`.
  var information: JSON {
    func dice(_ value: Double?) -> JSON { .double(value ?? .nan) }
    let best = candidates[best]
    var results = JSONObject()
    for candidate in candidates { results[candidate.name] = dice(candidate.dice) }
    func file(_ name: String) -> JSON {
      .string(best.folder.url.appendingPathComponent(name).path)
    }
    return .object([
      "all_results": .object(results),
      "best_model_or_ensemble": .object([
        "postprocessing_file": file("postprocessing.pkl"),
        "result_on_crossval_post_pp": dice(postProcessing.after.foregroundMeanDice),
        "result_on_crossval_pre_pp": dice(best.dice),
        "selected_model_or_models": .array(
          best.models.map { model($0, ["configuration", "plans_identifier", "trainer"]) }),
        "some_plans_file": file("plans.json"),
      ]),
      "considered_models": .array(
        candidates.filter { $0.models.count == 1 }.map {
          model($0.models[0], ["configuration", "plans", "trainer"])
        }),
      "dataset_name_or_id": .string(dataset.name),
      "ensembling_allowed": .bool(options.ensembles),
      "folds": .array(options.folds.map { .int($0) }),
    ])
  }

  /// The commands that predict new scans with the best, ready for a POSIX shell.
  package var instructions: String {
    let best = candidates[best]
    let folds = options.folds.map { "\($0)" }.joined(separator: " ")
    var lines = [
      "# \(best.name): Dice \(readable(best.dice ?? .nan, 4)) in the cross-validation, "
        + "\(readable(postProcessing.after.foregroundMeanDice ?? .nan, 4)) after post-processing "
        + "(\(postProcessing.description)).",
      "# Name the scans (NIfTI files or DICOM folders) and the folder for the label maps:",
      "INPUT=\(dataset.rawFolder.appendingPathComponent("imagesTs").path.shellQuoted)",
      "OUTPUT=predictions", "",
    ]
    let steps = best.folder.url.appendingPathComponent(PostProcessing.fileName).path.shellQuoted
    let helps = !postProcessing.accepted.steps.isEmpty
    if best.models.count == 1 {
      lines.append(
        "cac predict \(best.models[0].path.shellQuoted) \"$INPUT\" \"$OUTPUT\" --folds \(folds)"
          + (helps ? " --postprocessing \(steps)" : ""))
    } else {
      for (i, model) in best.models.enumerated() {
        lines.append(
          "cac predict \(model.path.shellQuoted) \"$INPUT\" \"$OUTPUT\"/model_\(i + 1) "
            + "--folds \(folds) --probabilities")
      }
      let mean = helps ? "\"$OUTPUT\"/mean" : "\"$OUTPUT\""
      lines.append("cac ensemble \"$OUTPUT\"/model_1 \"$OUTPUT\"/model_2 \(mean)")
      if helps { lines.append("cac postprocess apply \(mean) \"$OUTPUT\" --file \(steps)") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// All candidates with their figures, for a terminal.
  package var table: String {
    let byCalcium = options.criterion == .agatston
    var table = TextTable(
      ["", "model", "Dice"] + (byCalcium ? ["Spearman", "linear κ"] : []) + ["cases"])
    for (i, candidate) in candidates.enumerated() {
      let agreement = [candidate.agreement?.spearman, candidate.agreement?.linearKappa]
      table.add(
        [i == best ? "→" : "", candidate.shortName, readable(candidate.dice ?? .nan, 4)]
          + (byCalcium ? agreement.map { readable($0 ?? .nan, 3) } : [])
          + ["\(candidate.summary.cases.count)"])
    }
    let after = readable(postProcessing.after.foregroundMeanDice ?? .nan, 4)
    return table.text + "\nPost-processing: \(postProcessing.description)"
      + (postProcessing.accepted.steps.isEmpty ? "" : ", Dice \(after)")
      + "\nCommands for new scans: \(instructionsFile.path)"
  }

  /// The comparison and the choice as JSON: nnU-Net's keys, and the agreement where it was
  /// measured.
  package var json: String {
    get throws {
      var object = information.object ?? JSONObject()
      object["best"] = .string(candidates[best].name)
      object["notes"] = .array(notes.map { .string($0) })
      if options.criterion == .agatston {
        var agreements = JSONObject()
        for candidate in candidates {
          agreements[candidate.name] = .object([
            "spearman": candidate.agreement?.spearman.map { .double($0) } ?? .null,
            "linear_kappa": candidate.agreement?.linearKappa.map { .double($0) } ?? .null,
          ])
        }
        object["agatston"] = .object(agreements)
      }
      return JSON.object(object).text
    }
  }
}

extension BestConfiguration.Candidate {
  /// The configuration, or both of an ensemble.
  package var shortName: String {
    models.map { ModelName($0.lastPathComponent)?.configuration ?? $0.lastPathComponent }
      .joined(separator: " + ")
  }
}
