// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NNUNet
import Volume
package import Workflow

/// One data set in nnU-Net's three folders, found by number or name.
///
/// ```swift
/// let dataset = try Dataset("501", roots: Roots())
/// print(dataset.name)  // Dataset501_COCA
/// ```
package struct Dataset: Sendable {
  /// The full name, `DatasetXXX_NAME`.
  package let name: String
  private let roots: Roots

  /// Finds a data set; throws where no root has it, or two data sets have its number.
  package init(_ dataset: String, roots: Roots) throws {
    name = try RawDataset.name(of: dataset, in: [roots.raw, roots.preprocessed, roots.results])
    self.roots = roots
  }

  /// The raw data.
  package var rawFolder: URL { roots.raw.appendingPathComponent(name) }
  /// The plans and preprocessed cases.
  var preprocessedFolder: URL { roots.preprocessed.appendingPathComponent(name) }
  /// The trained models, and the choice among them.
  package var resultsFolder: URL { roots.results.appendingPathComponent(name) }
  /// The model folder of a configuration.
  package func modelFolder(
    trainer: String = ModelName.defaultTrainer, plans: String, configuration: String
  ) -> URL {
    let model = ModelName(trainer: trainer, plans: plans, configuration: configuration)
    return roots.results.appendingPathComponent("\(name)/\(model)")
  }

  /// A file of the preprocessed folder.
  func preprocessed(_ file: String) -> URL { preprocessedFolder.appendingPathComponent(file) }

  /// The plans of a name; where there are none, the error says how to make them.
  func plans(named plansName: String = Plans.defaultName) throws -> Plans {
    let file = preprocessed("\(plansName).json")
    guard Folder.isFile(file) else {
      let planner = PlannerVariant.allCases.first { $0.plansName == plansName && $0 != .standard }
      let option = planner?.word.map { " --planner \($0)" } ?? ""
      throw WorkflowError(.missing, "\(file.path): no plans; run: cac plan \(name)\(option)")
    }
    return try Plans.read(from: file)
  }

  /// A command on this data set as the user types it, with `--plans` where they are not the default.
  func command(_ verb: String, plans: String, _ arguments: String) -> String {
    let option = plans == Plans.defaultName ? "" : " --plans \(plans)"
    return "cac \(verb) \(name) \(arguments)\(option)"
  }

  /// Reads a NIfTI file of one channel.
  static let reader: @Sendable (URL) throws -> Volume<Float> = {
    try ImageFormat.nibabel.labels(of: $0)
  }

  /// The raw data set.
  func raw() throws -> RawDataset { try RawDataset(folder: rawFolder) }
}
