// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import ArgumentParser
public import COCA
import Cohorts
import Explain
public import Figures
public import Learning
import NNUNet
public import Operations
public import Phantom
import Prognosis
import Results
public import Risk
public import RiskNetworks
import Scoring
import Segmentation
public import Statistics

// Every type of the library that an option or argument takes. The library itself does not depend on
// the parser. The types that end in Argument or Choice, `FoldRange` and `InferenceFlags.Precision`
// belong to the command line.

// Cohorts: cac phantom, cac coca.
extension PhantomProtocol: ExpressibleByArgument {
  /// The words that a shell offers.
  public static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  /// The protocol of a name.
  public init?(argument: String) {
    guard let known = PhantomProtocol.named(argument) else { return nil }
    self = known
  }

  /// The names that help and error sentences list.
  public static var allValueStrings: [String] { all.map(\.name) }

  /// The name that help shows as the default.
  public var defaultValueDescription: String { name }
}

extension DisagreeingTotal: ExpressibleByArgument {}
extension Realism: ExpressibleByArgument {}
extension RiskNetworkKind: ExpressibleByArgument {}
extension RiskLoss: ExpressibleByArgument {}
extension NetworkRequest.Centre: ExpressibleByArgument {}
extension Preparation.Dimension: ExpressibleByArgument {}
extension Preparation.Slices: ExpressibleByArgument {}
extension MaskLabels: ExpressibleByArgument {}
/// A rule that fills contours by its word on the command line; see `PlannerArgument` for the reason.
struct ContourFillArgument: ExpressibleByArgument {
  /// The rule.
  let fill: ContourFill

  /// The default: exactly the pixels that a contour surrounds.
  static let exact = ContourFillArgument(fill: .exact)
}

extension ContourFillArgument {
  // The parser's own default of this type would offer no words to a shell.
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  /// The rule of a title, or of the raw value that files hold.
  init?(argument: String) {
    let known = ContourFill.allCases.first { [$0.title, $0.rawValue].contains(argument) }
    guard let known else { return nil }
    fill = known
  }

  /// The words that help and error sentences list.
  static var allValueStrings: [String] { ContourFill.allCases.map(\.title) }

  /// The word that help shows as the default.
  var defaultValueDescription: String { fill.title }
}
extension Preparation.ImplicitZeros: ExpressibleByArgument {}

// Networks: cac plan, cac train, cac find-best, cac predict.
/// A planner by its word on the command line.
///
/// `PlannerVariant` itself cannot be the argument: the parser takes the raw values of an enumeration,
/// here nnU-Net's class names, for the words of the help.
struct PlannerArgument: ExpressibleByArgument {
  /// The planner.
  let variant: PlannerVariant

  /// nnU-Net's default planner.
  static let standard = PlannerArgument(variant: .standard)
}

extension PlannerArgument {
  // The parser's own default of this type would offer no words to a shell.
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  /// A planner as it is typed.
  init?(argument: String) {
    guard let variant = PlannerVariant(word: argument) else { return nil }
    self.variant = variant
  }

  /// The words that are offered.
  static var allValueStrings: [String] { PlannerVariant.allCases.compactMap(\.word) }

  /// The word in the help.
  var defaultValueDescription: String { variant.word ?? variant.rawValue }
}
extension OptimizerChoice: ExpressibleByArgument {}
extension LossTerms: ExpressibleByArgument {}
extension BestConfiguration.Criterion: ExpressibleByArgument {}
extension InferenceEngine: ExpressibleByArgument {}
extension UncertaintyEffort: ExpressibleByArgument {}
extension InferenceFlags.Precision: ExpressibleByArgument {}

extension CTWindow: ExpressibleByArgument {
  /// A window as it is typed, LOW:HIGH.
  public init?(argument: String) { self.init(argument) }
}

extension Fold: ExpressibleByArgument {
  /// A fold as it is typed, a number or "all".
  public init?(argument: String) { self.init(argument) }
}

extension FoldRange: ExpressibleByArgument {}

extension TrainingProcess: ExpressibleByArgument {
  /// A worker process as the process that starts it writes it on the worker's command line.
  public init?(argument: String) { self.init(argument) }
}

// Scores and their evaluation: cac score, cac evaluate, cac report.
extension LabelsChoice: ExpressibleByArgument {}
extension VolumeChoice: ExpressibleByArgument {}
extension ClusterWork.StepKind: ExpressibleByArgument {}
extension BootstrapMethod: ExpressibleByArgument {}
extension Scale: ExpressibleByArgument {}

// Explanations: cac explain.
extension ExplainMethod: ExpressibleByArgument {}

// Prognosis: cac risk.
extension RiskFactors.Sex: ExpressibleByArgument {}
extension RiskFactors.Race: ExpressibleByArgument {}
extension RiskFactors.Region: ExpressibleByArgument {}
