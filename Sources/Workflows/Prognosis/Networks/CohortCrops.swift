// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import RiskNetworks
import Segmentation
import Studies
import Text
import Volume
import Workflow

/// The heart crops of a cohort's subjects, joined to the table by name.
struct CohortCrops: Sendable {
  /// For each subject of the table its crop; `nil` where it was left out.
  let images: [[Float]?]
  /// The subjects that were left out, and why.
  let leftOut: [LeftOut]
  /// Who is missing where, a sentence each.
  let notes: [String]

  /// Makes the crops, or takes those that are kept.
  ///
  /// - Parameters:
  ///   - ids: the subjects of the table.
  ///   - table: the table's file, for messages.
  ///   - request: the scans and how they are cut.
  ///   - progress: told after each subject.
  ///   - shouldStop: asked before each subject.
  /// - Throws: `WorkflowError` where no name is in all three, or the user asked to stop.
  init(
    _ ids: [String], table: URL, _ request: NetworkRequest, progress: ProgressHandler,
    shouldStop: () -> Bool
  ) throws {
    let scans = Dictionary(
      try ScanSearch(request.images).scans.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
    let masks = try Self.masks(of: ids, in: request.masks)
    let joined = ids.filter { scans[$0] != nil && masks[$0] != nil }
    guard !joined.isEmpty else {
      throw WorkflowError(
        .invalid,
        "\(table.path), \(request.images.path) and \(request.masks.path) have no subject in common (the table has "
          + "\(Self.some(ids)), the scans are \(Self.some(scans.keys)), the masks are "
          + "\(Self.some(try Self.stems(in: request.masks)))); compare the names")
    }
    var notes: [String] = []
    func note(_ names: [String], _ what: String) {
      if !names.isEmpty {
        notes.append("\(counted(names.count, "subject")) \(what): \(Self.some(names))")
      }
    }
    note(ids.filter { scans[$0] == nil }, "of the table without a scan")
    note(ids.filter { scans[$0] != nil && masks[$0] == nil }, "of the table without a mask")
    note(scans.keys.filter { !ids.contains($0) }, "with a scan that the table does not name")
    let known = Set(ids + ids.map(PreparedName.of))
    note(
      try Self.stems(in: request.masks).filter { !known.contains($0) },
      "with a mask that the table does not name")
    let maker = CropMaker(request)
    var images: [[Float]?] = []
    var leftOut: [LeftOut] = []
    for (place, id) in ids.enumerated() {
      if shouldStop() {
        throw WorkflowError(
          .stopped,
          "\(request.folder.path): stopped after the crops of \(place) of \(counted(ids.count, "subject")); they are "
            + "kept, the same command goes on")
      }
      var image: [Float]?
      if let scan = scans[id], let mask = masks[id] {
        do {
          image = try maker.crop(scan, mask: mask)
        } catch let error as FileError where error.code == .full || error.code == .denied {
          throw error
        } catch {
          leftOut.append(LeftOut(subject: id, reason: "\(error)"))
        }
      }
      images.append(image)
      progress(WorkProgress("crops", done: place + 1, of: ids.count, detail: id))
    }
    guard images.contains(where: { $0 != nil }) else {
      throw WorkflowError(
        .nothingDone,
        "\(request.images.path): no crop could be made; \(leftOut.first?.description ?? "")")
    }
    (self.images, self.leftOut, self.notes) = (images, leftOut, notes)
  }

  private static func masks(of ids: [String], in folder: URL) throws -> [String: URL] {
    guard Folder.isFolder(folder) else {
      throw WorkflowError(.missing, "\(folder.path): no such folder of masks")
    }
    var found: [String: URL] = [:]
    for id in ids {
      found[id] =
        try LabelFile.find(id, in: folder) ?? LabelFile.find(PreparedName.of(id), in: folder)
    }
    return found
  }

  private static func stems(in folder: URL) throws -> [String] {
    try Folder.names(in: folder).filter(Scan.isImage).map(Scan.stem)
  }

  private static func some(_ names: some Collection<String>) -> String {
    let shown = names.sorted().prefix(3).map { $0.shown() }.joined(separator: ", ")
    return names.isEmpty ? "none" : names.count > 3 ? "\(shown), …" : shown
  }
}
