// SPDX-License-Identifier: Apache-2.0
import Learning
package import Torch
package import Volume

/// A way from a scan to its calcium that is trained and used in the place of nnU-Net's networks.
///
/// A method is one file that names its layers, an entry in `NetworkMethods.all`, and a test against
/// PyTorch's layers. Training, checkpoints, folders, cards and predictions ask this protocol alone.
package protocol NetworkMethod: AnyObject, SendableMetatype {
  /// The word of `--network`, and the first part of its models' folders.
  static var word: String { get }
  /// Where it is published.
  static var source: String { get }
  /// Whether its training must know where the heart lies.
  static var needsHearts: Bool { get }

  /// The classes that it tells apart in a data set with these labels.
  static func classes(of labels: [(name: String, value: Int)]) throws -> ScanClasses

  /// Networks with random weights, the same for the same seed on every device.
  init(_ classes: ScanClasses, seed: UInt64, on device: Device) throws

  /// Networks with random weights, of the size that the options ask for.
  ///
  /// - Throws: `LearningError` with the code `unsupported` where the method has one size alone.
  init(_ classes: ScanClasses, options: MethodOptions, on device: Device) throws

  /// The networks in the order of their training.
  var parts: [any NetworkPart] { get }

  /// The class of each voxel of a CT, in array order: 0 for background.
  ///
  /// - Parameters:
  ///   - ct: the CT in Hounsfield units.
  ///   - networks: trained networks, whose probabilities are averaged; at least one.
  ///   - progress: told the share that is done, from 0 to 1; may throw to end the work.
  static func segment(
    _ ct: Volume<Int16>, with networks: [Self], progress: (Double) throws -> Void
  ) throws -> [UInt8]
}

extension NetworkMethod {
  package static func classes(of labels: [(name: String, value: Int)]) throws -> ScanClasses {
    try ScanClasses(labels)
  }

  package static var needsHearts: Bool { false }

  package init(_ classes: ScanClasses, options: MethodOptions, on device: Device) throws {
    guard options.features == nil else {
      throw LearningError(
        .unsupported, subject: Self.word, detail: "has one size alone; leave out --features")
    }
    try self.init(classes, seed: options.seed, on: device)
  }
}

/// The methods that `cac` knows beside nnU-Net.
package enum NetworkMethods {
  /// All of them.
  package static let all: [any NetworkMethod.Type] = [Lessmann.self, DeepCAC.self]

  /// The words of `--network`.
  package static var words: [String] { all.map { $0.word } }

  /// The method of a word.
  ///
  /// - Throws: `LearningError` with the code `unsupported` for an unknown word.
  package static func named(_ word: String) throws -> any NetworkMethod.Type {
    guard let method = all.first(where: { $0.word == word }) else {
      throw LearningError(
        .unsupported, subject: word,
        detail: "is no network that is known here; there are \(words.joined(separator: ", "))")
    }
    return method
  }
}
