// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Figures
import Learning
import Statistics
import Testing
import Workflow

/// The module of the redaction depends on no type of an option, so its list of words is literal.
@Suite struct `The words that may be shown` {
  private static let options: [(option: String, words: [String])] = [
    ("--convention", Convention.all.map(\.name)),
    ("--bootstrap-method", BootstrapMethod.allCases.map(\.rawValue)),
    ("--axes", Scale.allCases.map(\.rawValue)),
    ("--engine", InferenceEngine.allCases.map(\.rawValue)),
    ("--loss", LossTerms.allCases.map(\.rawValue)),
    ("--optimizer", OptimizerChoice.allCases.map(\.rawValue)),
    ("--disagreeing-total", DisagreeingTotal.allCases.map(\.rawValue)),
    ("--labels", MaskLabels.allCases.map(\.rawValue) + ["auto"]),
    ("--contour-fill", ContourFill.allCases.flatMap { [$0.rawValue, $0.title] }),
  ]

  @Test(arguments: options.map(\.option))
  func `hold every value of the option`(option: String) throws {
    let words = try #require(Self.options.first { $0.option == option }).words
    #expect(words.count > 1)
    #expect(words.filter { !RedactedArguments.words.contains($0) } == [])
  }
}
