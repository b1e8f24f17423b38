// SPDX-License-Identifier: Apache-2.0
package import Risk

/// One person with what each model says.
package struct PersonRisk: Sendable {
  /// The name in the table.
  package let id: String
  /// What is known of the person.
  package let factors: RiskFactors
  /// The calcium class, where the score is known: "A2/N3".
  package let category: String?
  /// The answers, in the order of the models.
  package let answers: [Answer]
  /// What a table of percentiles says, or why it says nothing; `nil` where none is given.
  package let percentiles: Percentiles?

  /// What a model says of a person: numbers, or why there is none.
  package struct Answer: Sendable {
    /// The model.
    package let model: any RiskModel
    /// The estimates; empty where it refuses.
    package let estimates: [RiskEstimate]
    /// Why it refuses; `nil` where it does not.
    package let refusal: String?

    /// What a model says of the factors of a person.
    init(_ model: any RiskModel, of factors: RiskFactors) {
      self.model = model
      do throws(RiskRefusal) {
        (estimates, refusal) = (try model.estimates(factors), nil)
      } catch {
        (estimates, refusal) = ([], error.reason)
      }
    }
  }

  /// What a table of percentiles says of a person.
  package enum Percentiles: Sendable {
    /// An answer of each source.
    case known([PercentileTable.Answer])
    /// Why there is none.
    case refused(String)

    init(_ table: PercentileTable, of factors: RiskFactors) {
      do throws(RiskRefusal) {
        self = .known(try table.answers(factors))
      } catch {
        self = .refused(error.reason)
      }
    }
  }

  /// The estimate of a model for an outcome; `nil` where it refuses.
  func estimate(_ model: String, _ outcome: String? = nil) -> RiskEstimate? {
    answers.lazy.flatMap(\.estimates).first {
      $0.model == model && (outcome == nil || $0.outcome == outcome)
    }
  }

  /// Where the classes of CAC-DRS come from.
  static let categorySource =
    "Hecht 2018, J Cardiovasc Comput Tomogr 12:185, doi:10.1016/j.jcct.2018.03.008"
}
