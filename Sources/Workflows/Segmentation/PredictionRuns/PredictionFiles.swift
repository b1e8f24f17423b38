// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Studies
import Workflow

/// The kind of image files that a prediction reads and writes.
struct PredictionFiles: Sendable {
  /// The ending of the images and of the label maps.
  let ending: String
  /// nnU-Net's class, which decides what a file means.
  let reader: ImageFormat

  /// The kind of files for an input: that of the model's data set where the input has such files.
  ///
  /// DICOM studies, and NIfTI files for a model of another volume format, give `.nii.gz`.
  ///
  /// - Throws: `WorkflowError` with both endings where the input has images of a kind that the
  ///   model cannot read.
  init(of model: Model, input: URL) throws {
    let ending = model.dataset.fileEnding
    let names = Folder.isFile(input) ? [input.lastPathComponent] : try Folder.names(in: input)
    guard names.contains(where: { $0.hasSuffix(ending) }) else {
      try Self.requireVolumes(names, for: ending, at: input)
      self.ending = ".nii.gz"
      reader = .itk
      return
    }
    self.ending = ending
    if let named = ImageFormat(rawValue: model.plans.imageReaderWriter) {
      reader = named
    } else {
      let example = try Folder.isFile(input) ? input : Self.cases(in: input, ending)[0].files[0]
      reader = try ImageFormat(of: model.dataset, subject: model.folder.path, example: example)
    }
  }

  /// Throws where images have another ending than those that the model reads.
  private static func requireVolumes(_ names: [String], for ending: String, at input: URL) throws {
    guard let other = names.lazy.compactMap(LabelFile.ending).first else { return }
    let takesVolumes = Scan.isImage("x" + ending)
    guard !(takesVolumes && Scan.isNIfTI("x" + other)) else { return }
    throw WorkflowError(
      .invalid,
      "\(input.path): the model reads \(ending); these are \(other). Convert them to \(ending), or "
        + "name the folder that holds such files")
  }

  /// Whether the files are NIfTI, which scans are found as.
  var isNIfTI: Bool { Scan.isNIfTI("x" + ending.lowercased()) }

  /// The endings of all that is written of a case.
  var endings: [String] { [ending, ".npz", ".pkl"] }

  /// The cases of an image or of a folder of them.
  func cases(at input: URL) throws -> [(id: String, files: [URL])] {
    guard Folder.isFile(input) else { return try Self.cases(in: input, ending) }
    let stem = String(input.lastPathComponent.dropLast(ending.count))
    return [(stem.hasSuffix("_0000") ? String(stem.dropLast(5)) : stem, [input])]
  }

  private static func cases(in folder: URL, _ ending: String) throws -> [(
    id: String, files: [URL]
  )] {
    let cases = try RawDataset.cases(in: folder, fileEnding: ending)
    guard !cases.isEmpty else {
      throw WorkflowError(.missing, "\(folder.path): holds no file CASE_0000\(ending)")
    }
    return cases.map { ($0.name, $0.channels) }
  }
}
