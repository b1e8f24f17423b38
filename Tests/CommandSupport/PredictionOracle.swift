// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NIfTI
import NumPy
import Testing
import TestSupport
import Torch
import Volume

/// A case of Tests/Fixtures/nnunet/predictions: what nnunetv2 2.8.1 predicts with random weights
/// (Oracles/parity/predictions.py).
package struct PredictionOracle: Sendable {
  /// The folder of the case.
  package let folder: URL

  /// The case of that name.
  ///
  /// - Throws: `MissingFixture` if there is none.
  package init(_ name: String) throws { folder = try fixture("nnunet/predictions/\(name)") }

  /// The folder with its scan.
  package var input: URL { folder.at("input") }

  /// The model folder of a configuration.
  package func model(_ configuration: String) -> URL {
    folder.at("nnUNetTrainer__nnUNetPlans__\(configuration)")
  }

  /// A copy of the case's models that may be spoilt.
  package func copy(_ configuration: String, to target: URL) throws -> URL {
    let model = model(configuration)
    let copy = target.at(model.lastPathComponent)
    try FileManager.default.copyItem(at: model, to: copy)
    return copy
  }

  /// Expects nnunetv2's labels in its number format, voxel for voxel but for some that may be tied.
  package func expectLabels(_ name: String, in predicted: URL, words: Bool = false, ties: Int = 0)
    throws
  {
    let file = predicted.at("scan.nii.gz")
    #expect(try NIfTIFile.header(of: file).datatype == (words ? .uint16 : .uint8))
    let ours = try NIfTIFile.read(file, as: UInt16.self)
    let theirs = try NIfTIFile.read(folder.at("\(name)/scan.nii.gz"), as: UInt16.self)
    #expect(Set(theirs.voxels).count > 2)
    let differing = zip(ours.voxels, theirs.voxels).count { $0 != $1 }
    #expect(ours.voxels.count == theirs.voxels.count && differing <= ties, "\(differing) differ")
    #expect(ours.geometry.mismatch(with: theirs.geometry) == nil)
  }

  /// Expects nnunetv2's probabilities, as far as float16 holds them.
  package func expectProbabilities(_ name: String, in predicted: URL) throws {
    let ours = try NumPyArray(named: "probabilities", in: predicted.at("scan.npz"), most: 1 << 24)
    let bytes = try Data(contentsOf: folder.at("\(name)/probabilities.f16"))
    let theirs = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float16.self)) }
    #expect(ours.values.count == theirs.count)
    let off = zip(ours.values, theirs).map { abs($0 - Float($1)) }
    #expect(off.max() ?? 1 < 1e-2)
    #expect(off.count { $0 > 1e-3 } * 1000 <= off.count)
  }
}
