// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Prognosis
import ReviewArguments
import Segmentation
import Studies
import Workflow

/// The earlier scans of the patients of a worklist: one, or a folder with one of each name.
struct PriorScans: Sendable {
  private let url: URL
  private let masks: URL?
  private let model: URL?
  private let years: Double?
  private let isSole: Bool
  private let request: ReviewServe

  /// The earlier scans that the arguments name; `nil` for none.
  init?(_ arguments: ReviewServe, scans: Int, model: URL?) throws {
    guard let text = arguments.prior else { return nil }
    url = path(text)
    guard Folder.isFile(url) || Folder.isFolder(url) else {
      throw WorkflowError(.missing, "\(text): no such earlier scan")
    }
    isSole = scans == 1
    guard isSole || Folder.isFolder(url) else {
      throw WorkflowError(
        .invalid,
        "\(text): one earlier scan for \(scans) scans; name the folder with one of each name")
    }
    masks = arguments.priorMask.map(path)
    if let masks, !Folder.isFile(masks), !Folder.isFolder(masks) {
      throw WorkflowError(.missing, "\(masks.path): no such mask")
    }
    // Without a mask, the model that looks at the later scans looks at the earlier ones.
    self.model = masks == nil ? model ?? (try? DefaultModel.url(named: DefaultModel.word)) : nil
    years = arguments.years
    request = arguments
  }

  /// What is compared with a scan; `nil` where it has no earlier one.
  func comparison(of id: String) throws -> ComparisonRequest? {
    guard let prior = isSole ? url : try earlier(id) else { return nil }
    var comparison = ComparisonRequest(prior: prior, current: prior)
    comparison.years = years
    comparison.kv = request.scans.kv
    comparison.convention = request.scans.convention
    guard prior.pathExtension.lowercased() != "json" else { return comparison }
    if let mask = try mask(of: id) {
      comparison.masks = (mask, mask)
    } else if let model {
      comparison.model = model
    } else {
      throw WorkflowError(
        .missing,
        "\(prior.path): there is no model to score the earlier scan; name its mask by --prior-mask")
    }
    return comparison
  }

  private func earlier(_ id: String) throws -> URL? {
    let folder = url.appendingPathComponent(id)
    if Folder.isFolder(folder) { return folder }
    let result = url.appendingPathComponent(id + ".json")
    return Folder.isFile(result) ? result : try LabelFile.find(id, in: url)
  }

  private func mask(of id: String) throws -> URL? {
    guard let masks, Folder.isFolder(masks) else { return masks }
    guard let found = try LabelFile.find(id, in: masks) else {
      throw WorkflowError(.missing, "\(masks.path): holds no mask \(id).nii.gz or alike")
    }
    return found
  }
}
