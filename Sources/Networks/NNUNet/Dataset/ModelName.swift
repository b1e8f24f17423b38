// SPDX-License-Identifier: Apache-2.0

/// The name of a model's folder, `<trainer>__<plans>__<configuration>`, in its parts.
///
/// ```swift
/// let name = ModelName("nnUNetTrainer__nnUNetPlans__2d")
/// name?.configuration  // "2d"
/// "\(ModelName(configuration: "3d_fullres"))"  // "nnUNetTrainer__nnUNetPlans__3d_fullres"
/// ```
public struct ModelName: Codable, Hashable, Sendable, CustomStringConvertible {
  /// nnU-Net's trainer, and the one that this package's models are named after.
  public static let defaultTrainer = "nnUNetTrainer"
  private static let separator = "__"

  /// The class of nnU-Net that trained the model.
  public let trainer: String
  /// The name of its plans.
  public let plans: String
  /// The name of its configuration.
  public let configuration: String

  /// A name of three parts.
  public init(
    trainer: String = ModelName.defaultTrainer, plans: String = Plans.defaultName,
    configuration: String
  ) {
    self.trainer = trainer
    self.plans = plans
    self.configuration = configuration
  }

  /// The parts of a folder's name; `nil` where it has not exactly three.
  public init?(_ folder: String) {
    let parts = folder.split(separator: Self.separator, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    self.init(
      trainer: String(parts[0]), plans: String(parts[1]), configuration: String(parts[2]))
  }

  /// The name of the folder.
  public var description: String {
    [trainer, plans, configuration].joined(separator: Self.separator)
  }
}
