// SPDX-License-Identifier: Apache-2.0
public import Files

extension Preprocessor {
  /// All settings that determine the preprocessed cases, besides the files.
  ///
  /// Two plans may share a folder of cases, as nnU-Net's residual planners share the default one's.
  /// The recipe is stored beside the cases and tells whether they were made with other settings.
  public var recipe: JSON {
    get throws { .object(try commonRecipe.overlaid(with: gridRecipe)) }
  }

  /// The settings of all steps before the resampling.
  private var commonRecipe: JSONObject {
    get throws {
      [
        "format": .int(CaseFile.version), "preprocessor": .string(configuration.preprocessorName),
        "transpose": .array(plans.transposeForward.map { .int($0) }),
        "normalization": .array(configuration.normalizationSchemes.map { .string($0.rawValue) }),
        "use_mask": .array(configuration.useMaskForNorm.map { .bool($0) }),
        "intensities": .array(try plans.intensityProperties.map { try JSON(encoding: $0) }),
        "labels": .object(labels.json),
      ]
    }
  }

  /// The settings of the resampling.
  private var gridRecipe: JSONObject {
    get throws {
      [
        "spacing": .array(configuration.spacing.map { .double($0) }),
        "resampling_data": try JSON(encoding: configuration.resamplingData),
        "resampling_seg": try JSON(encoding: configuration.resamplingSegmentation),
        "ties": .string(ties.rawValue),
      ]
    }
  }

  /// Preprocesses a case for several configurations, reading and normalising it once.
  ///
  /// - Parameters:
  ///   - raw: the case as it was read.
  ///   - preprocessors: one for each configuration.
  ///   - store: called for each preprocessor with its index and the preprocessed case; or,
  ///     where the case is the same as for an earlier preprocessor, with `nil` and that one's
  ///     index.
  public static func preprocess(
    _ raw: RawCase, by preprocessors: [Preprocessor],
    store: (_ index: Int, _ made: PreprocessedCase?, _ alias: Int?) throws -> Void
  ) throws {
    var prepared: (recipe: JSONObject, case: PreparedCase)?
    var done: [(recipe: JSONObject, index: Int)] = []
    for (index, preprocessor) in preprocessors.enumerated() {
      let common = try preprocessor.commonRecipe
      if prepared?.recipe != common { prepared = nil }
      let current = try prepared?.case ?? preprocessor.prepare(raw)
      prepared = (common, current)
      // In 2D slices keep the distance of the file, so that the target spacing depends on the case.
      var whole = common.overlaid(with: try preprocessor.gridRecipe)
      whole["spacing"] = .array(
        preprocessor.configuration.targetSpacing(for: current.spacing).map { .double($0) })
      if let alias = done.first(where: { $0.recipe == whole }) {
        try store(index, nil, alias.index)
      } else {
        try store(index, preprocessor.resample(current), nil)
        done.append((whole, index))
      }
    }
  }
}
