// SPDX-License-Identifier: Apache-2.0

/// One model's part in an evaluation: its metrics by formula, and what else is known of its subjects.
public struct EvaluationInput: Sendable {
  /// The model's metrics by formula.
  public var model: ModelEvaluation
  /// Columns to group subjects by, each with every subject's value in it.
  public var groups: [(column: String, values: [String: String])]
  /// The lesions of the subjects whose masks are known, by subject.
  public var matches: [String: LesionMatch]

  /// A model, by default without groups and masks.
  public init(
    model: ModelEvaluation, groups: [(column: String, values: [String: String])] = [],
    matches: [String: LesionMatch] = [:]
  ) {
    self.model = model
    self.groups = groups
    self.matches = matches
  }
}

/// A finished evaluation of one model, or of several side by side: what `evaluation.json` holds.
///
/// ```swift
/// let table = try ResultTable(contentsOf: URL(filePath: "RESULT.csv"))
/// let model = try ModelEvaluation(name: "3d", table: table)
/// let result = try await EvaluationResult([EvaluationInput(model: model)])
/// print(result.models[0].resampled?[.spearman]?.value?.interval ?? "no interval")
/// ```
public struct EvaluationResult: Hashable, Sendable {
  /// The models in the order in which they were given.
  public let models: [ModelEvaluation]

  /// Evaluates models: resamples metrics and groups, counts lesions, compares every model with those
  /// after it.
  ///
  /// `warnings` gives each finished model its sentences about what makes its numbers say less than
  /// they seem to, in the order of the models. Throws `EvaluationError` `.mismatch` where models hold
  /// different subjects.
  public init(
    _ inputs: [EvaluationInput], warnings: ([ModelEvaluation]) -> [[String]] = { _ in [] }
  ) async throws(EvaluationError) {
    var models: [ModelEvaluation] = []
    for input in inputs {
      var model = input.model
      await model.resample(by: input.groups)
      await model.addLesions(input.matches)
      models.append(model)
    }
    try await ModelEvaluation.compare(&models)
    for (index, sentences) in warnings(models).enumerated() { models[index].warnings = sentences }
    self.models = models
  }

  /// The warnings of all models, one sentence each, which begins with the model's name.
  public var warnings: [String] {
    models.flatMap { model in (model.warnings ?? []).map { "\(model.name): \($0)" } }
  }
}

extension EvaluationResult: Codable {
  /// Writes one model as an object, several as a list of them.
  public func encode(to encoder: any Encoder) throws {
    if models.count == 1 {
      try models[0].encode(to: encoder)
    } else {
      try models.encode(to: encoder)
    }
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let isList = (try? decoder.unkeyedContainer()) != nil
    models =
      isList ? try [ModelEvaluation](from: decoder) : [try ModelEvaluation(from: decoder)]
  }
}
