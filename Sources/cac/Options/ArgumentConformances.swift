// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import ArgumentParser
public import COCA
import Cohorts
public import Figures
public import Learning
public import NNUNet
public import Phantom
import Results
import Scoring
import Segmentation
public import Statistics

// Every type of the library that an option or argument takes. The library itself does not depend on
// the parser; `FoldRange`, `VolumeChoice` and `InferenceFlags.Precision` belong to the command line.

// Cohorts: cac phantom, cac coca.
extension PhantomProtocol: ExpressibleByArgument {
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
extension Preparation.Dimension: ExpressibleByArgument {}
extension Preparation.Slices: ExpressibleByArgument {}
extension MaskLabels: ExpressibleByArgument {}
extension ContourFill: ExpressibleByArgument {
  /// The rule of a title, or of the raw value that files hold.
  public init?(argument: String) {
    guard let known = Self.allCases.first(where: { [$0.title, $0.rawValue].contains(argument) })
    else { return nil }
    self = known
  }

  /// The words that help and error sentences list.
  public static var allValueStrings: [String] { allCases.map(\.title) }

  /// The word that help shows as the default.
  public var defaultValueDescription: String { title }
}
extension Preparation.ImplicitZeros: ExpressibleByArgument {}

// Networks: cac plan, cac train, cac find-best, cac predict.
extension PlannerVariant: ExpressibleByArgument {
  /// A planner as it is typed.
  public init?(argument: String) { self.init(word: argument) }
  /// The words that are offered.
  public static var allValueStrings: [String] { allCases.compactMap(\.word) }
  /// The word in the help.
  public var defaultValueDescription: String { word ?? rawValue }
}
extension OptimizerChoice: ExpressibleByArgument {}
extension LossTerms: ExpressibleByArgument {}
extension BestConfiguration.Criterion: ExpressibleByArgument {}
extension InferenceEngine: ExpressibleByArgument {}
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
extension BootstrapMethod: ExpressibleByArgument {}
extension Scale: ExpressibleByArgument {}
