// SPDX-License-Identifier: Apache-2.0
public import Files

extension Preprocessor {
  /// All that decides what a case becomes, besides its files.
  ///
  /// Two plans may share a folder of cases, as nnU-Net's residual planners share the default one's;
  /// kept beside the cases, the recipe tells whether they are still the right ones.
  public var recipe: JSON {
    get throws { .object(try commonRecipe.overlaid(with: gridRecipe)) }
  }

  /// What decides all up to the resampling.
  private var commonRecipe: JSONObject {
    get throws {
      [
        "format": .int(1), "preprocessor": .string(configuration.preprocessorName),
        "transpose": .array(plans.transposeForward.map { .int($0) }),
        "normalization": .array(configuration.normalizationSchemes.map { .string($0.rawValue) }),
        "use_mask": .array(configuration.useMaskForNorm.map { .bool($0) }),
        "intensities": .array(try plans.intensityProperties.map { try JSON(encoding: $0) }),
        "labels": .object(labels.json),
      ]
    }
  }

  /// What decides the grid.
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
  /// `store` gets each result in turn with its place in the list; or, where a case of this spacing
  /// comes out the same as for an earlier configuration, `nil` and that one's place.
  public static func preprocess(
    _ raw: RawCase, by preprocessors: [Preprocessor],
    store: (_ place: Int, _ made: PreprocessedCase?, _ twin: Int?) throws -> Void
  ) throws {
    var prepared: (recipe: JSONObject, one: PreparedCase)?
    var done: [(recipe: JSONObject, place: Int)] = []
    for (place, preprocessor) in preprocessors.enumerated() {
      let common = try preprocessor.commonRecipe
      if prepared?.recipe != common { prepared = nil }
      let one = try prepared?.one ?? preprocessor.prepare(raw)
      prepared = (common, one)
      // In 2D slices keep the distance of the file, so the spacing is one of this case.
      var whole = common.overlaid(with: try preprocessor.gridRecipe)
      whole["spacing"] = .array(preprocessor.targetSpacing(for: one.spacing).map { .double($0) })
      if let twin = done.first(where: { $0.recipe == whole }) {
        try store(place, nil, twin.place)
      } else {
        try store(place, preprocessor.resample(one), nil)
        done.append((whole, place))
      }
    }
  }
}
