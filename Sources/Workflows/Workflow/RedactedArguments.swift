// SPDX-License-Identifier: Apache-2.0

/// The arguments of a command without anything that may be a patient's name, for run records.
///
/// Files and folders are often named after patients. Only these stay: options, their small numbers,
/// the words that options take, and those parts of a path that nnU-Net or this package names. All
/// else becomes "…".
package enum RedactedArguments {
  /// The text in place of a removed word.
  static let hidden = "…"

  /// Redacts the arguments after the command's name; redacted arguments stay as they are.
  static func redacting(_ arguments: [String], command: String) -> [String] {
    var option: String?
    var areOptionsOver = false
    return arguments.map { argument in
      if !areOptionsOver, let parts = argument.wholeMatch(of: #/(--?[a-z][a-z0-9-]*)(=.*)?/#) {
        option = parts.2 == nil ? String(parts.1) : nil
        return parts.1 + (parts.2.map { "=" + value($0.dropFirst(), of: String(parts.1)) } ?? "")
      }
      areOptionsOver = areOptionsOver || argument == "--"
      if argument == "--" { return argument }
      let shown = value(argument[...], of: option ?? (command == "train" ? "train" : nil))
      // Folds are the only numbers that follow each other.
      if option != "--folds" || shown != argument { option = nil }
      return shown
    }
  }

  private static func value(_ value: Substring, of option: String?) -> String {
    let isNumber = value.wholeMatch(of: #/-?[0-9]{1,5}(\.[0-9]{1,6})?([eE]-?[0-9]{1,2})?/#) != nil
    // The page names the column of the subgroups anyway.
    let isHarmless = isNumber ? option != nil : words.contains(String(value)) || option == "--by"
    return isHarmless ? String(value) : path(value)
  }

  /// A path with only those parts that cannot be a patient's name; each run of other parts becomes
  /// one "…".
  private static func path(_ path: Substring) -> String {
    let parts = path.split(separator: "/")
    var shown: [String] = []
    for (index, part) in parts.enumerated() {
      if isName(part) {
        shown.append(String(part))
      } else if index == parts.indices.last, let ending = endings.first(where: part.hasSuffix) {
        if shown.last == hidden { shown.removeLast() }
        shown.append(hidden + ending)
      } else if shown.last != hidden {
        shown.append(hidden)
      }
    }
    if path.hasPrefix("/"), shown.first?.hasPrefix(hidden) == false {
      shown.insert(hidden, at: 0)
    }
    return shown.isEmpty ? hidden : shown.joined(separator: "/")
  }

  /// Whether nnU-Net or this package names a part of a path so.
  private static func isName(_ part: Substring) -> Bool {
    part == "."
      || part.wholeMatch(
        of: #/Dataset[0-9]{3}_\w+|nnUNet_(raw|preprocessed|results)|(images|labels)T[rs]/#) != nil
      || part.wholeMatch(of: #/nnUNetTrainer\w*__\w+__\w+|nnUNet\w*Plans|fold_(all|[0-9]{1,2})/#)
        != nil
      || part.wholeMatch(of: #/(lessmann|deepcac)__\w+__\w+/#) != nil
      || part.wholeMatch(of: #/checkpoint_(final|best|latest)\.(safetensors|pth)/#) != nil
      || part.wholeMatch(of: #/2d|3d_(fullres|lowres|cascade_fullres)/#) != nil
      || names.contains(String(part))
  }

  private static let names: Set<String> = [
    "RESULT.csv", "predictions", "validation", "evaluation", "report.html", "evaluation.json",
    "prepare-report.json", "acquisition.csv", "held-out.csv", "scores.xlsx",
  ]

  private static let endings = [
    ".nii.gz", ".nii", ".csv", ".json", ".html", ".xlsx", ".safetensors", ".pth", ".zip",
  ]

  /// The words that options of scoring, prediction, training and evaluation take.
  ///
  /// They are listed here, rather than taken from the types of those options, so that this module
  /// depends on none of theirs; a test of the command compares the list with every option's values.
  package static let words: Set<String> = [
    // Conventions of scoring.
    "agatston", "seed", "erasmus", "ai-cac", "deepcac", "van-velzen", "orcascore",
    // Bootstrap intervals and the axes of figures.
    "bca", "percentile", "sd", "log1p", "linear",
    // Regions of risk.
    "low", "moderate", "high", "very-high",
    // What a reading begins with; roles of readers.
    "model", "nothing", "reader", "adjudicator", "admin",
    // Stages of a model.
    "localiser", "classifier", "fat", "pose", "motion", "noise", "shading", "kernel", "pericardium",
    "belly",
    "distractors", "plaques",
    // Engines, losses, optimizers.
    "plain", "packed", "auto", "dice-ce", "dice-topk", "dice", "ce", "topk", "sgd", "adamw",
    // Networks of risk, their losses and the middle of their images.
    "table", "image", "concatenation", "deep-concatenation", "film", "daft", "cox", "event",
    "heart", "scan",
    // Networks beside nnU-Net.
    "lessmann",
    // Disagreeing totals and the meaning of masks.
    "omit", "file", "sum", "calcium", "arteries",
    // The steps of a cluster's pipeline.
    "plan", "preprocess", "train", "find-best", "predict", "evaluate",
    // The rules that fill contours.
    "exact",
    // Protocols of phantoms; dimensions, slices and implicit zeros of prepared data sets.
    "gated", "chest", "2d", "3d", "annotated", "keep", "drop",
    // Methods of explanation.
    "grad-cam", "grad-cam++", "integrated-gradients", "guided-backpropagation", "deconvolution",
    "occlusion", "counterfactual", "patch-occlusion",
    // How sure scores are.
    "off", "quick", "full",
    // Who made a mask.
    "ai", "corrected", "reader",
    // Planners.
    "default", "resenc-m", "resenc-l", "resenc-xl",
    "all", "cpu", "cuda", "mps", "float32", "bfloat16", "voxel", "isotropic", "graeni2018",
  ]
}
