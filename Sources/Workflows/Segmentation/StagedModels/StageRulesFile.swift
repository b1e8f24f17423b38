// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Stages
import Text
import Workflow

/// The rules between the stages as JSON, `rules.json`: the rules that it does not name keep their usual
/// values, so that files of earlier versions stay readable.
enum StageRulesFile {
  /// The rules as JSON, all of them.
  static func data(_ rules: StageRules) throws -> Data { try JSONFile.data(rules) }

  /// Reads rules.
  ///
  /// - Throws: `WorkflowError` for a rule that this program does not know, which would decide otherwise
  ///   than its author meant.
  static func rules(_ text: Data, subject: String) throws -> StageRules {
    let usual = try JSON.parse(data(StageRules()), subject: subject)
    guard let given = try JSON.parse(text, subject: subject).object, var all = usual.object else {
      throw WorkflowError(.invalid, "\(subject): is no list of rules")
    }
    for key in given.keys {
      guard all[key] != nil else {
        throw WorkflowError(
          .invalid,
          "\(subject): the rule \(key.shown()) is unknown to this program; use a newer cac")
      }
      all[key] = given[key]
    }
    do {
      return try JSONDecoder().decode(StageRules.self, from: Data(JSON.object(all).text.utf8))
    } catch {
      throw WorkflowError(.invalid, "\(subject): a rule has a value of the wrong kind")
    }
  }
}
