// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Workflow

/// The reference label maps of a data set: the raw ones, and their copies with the preprocessed
/// cases.
struct ReferenceLabels {
  private let rawLabels: URL
  private let copies: URL
  /// The raw label map of each case; empty where the raw data are not there.
  private let raw: [String: URL]

  /// The label maps of a data set, of which some may be missing.
  init(of dataset: Dataset) {
    rawLabels = dataset.rawFolder.appendingPathComponent("labelsTr")
    copies = dataset.preprocessed("gt_segmentations")
    let cases = (try? dataset.raw().cases) ?? []
    raw = Dictionary(
      cases.compactMap { files in files.label.map { (files.name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The label map of a case: the copy, else the raw one.
  ///
  /// - Throws: `WorkflowError` where there is neither.
  func file(of name: String, ending: String) throws -> URL {
    let copy = copies.appendingPathComponent(name + ending)
    if Folder.isFile(copy) { return copy }
    if let file = raw[name], Folder.isFile(file) { return file }
    throw WorkflowError(
      .missing,
      "\(copy.path): the reference label map of \(name) is neither here nor in the raw data; "
        + "copy it there, then run with --validate-only")
  }

  /// The folders that nnU-Net measures with, which are one where only one is there: the raw labels
  /// for single models, the copies for ensembles and post-processing.
  ///
  /// - Throws: `WorkflowError` where there is neither.
  func folders() throws -> (models: URL, ensembles: URL) {
    let folders = [rawLabels, copies].filter(Folder.isFolder)
    guard let first = folders.first, let last = folders.last else {
      throw WorkflowError(
        .missing,
        "\(rawLabels.path): no such folder, and no \(copies.path); labels are needed")
    }
    return (first, last)
  }
}
