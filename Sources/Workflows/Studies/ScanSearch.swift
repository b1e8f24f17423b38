// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
package import Foundation
import Text
import Workflow

/// The scans that a path names, and what lies beside them and is none.
///
/// - An image file (NIfTI, NRRD, MetaImage, GIPL) is one study, and so is a DICOM file, for example
///   of a multi-frame CT. A DICOMDIR means the folder that it lies in.
/// - A folder with DICOM files is one study, and so is a folder around a single folder.
/// - A folder of image files holds a study for each file. Where all names end in nnU-Net's channel
///   number `_0000`, the studies are named without it. Folders with DICOM files beside them are
///   studies, too.
/// - Any other folder holds a study for each folder in it. So does a folder with a workbook, even
///   around a single folder, as in COCA's non-gated half.
/// - A folder that holds COCA's gated half (`Gated_release_final`, with `patient` and `calcium_xml`) or its
///   other half (`deidentified_nongated`) means the patients of that half.
///
/// Files of other kinds do not change what a folder is.
///
/// ```swift
/// let found = try ScanSearch(URL(fileURLWithPath: "cohort"))
/// print(found.scans.map(\.id), found.unused)
/// ```
package struct ScanSearch: Sendable {
  /// The scans, image files first, then folders, each by name.
  package private(set) var scans: [Scan] = []
  /// Files and folders that are no scan.
  package private(set) var unused: [UnusedFile] = []

  /// Endings of archives in which studies are sent.
  private static let archives = [".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar", ".dcm.gz"]

  /// Looks for the scans at a path.
  ///
  /// - Throws: `FileError` where the path cannot be read, `WorkflowError` where two scans have one
  ///   name or it is an archive.
  package init(_ url: URL) throws {
    if Folder.isFile(url) {
      try addFile(url)
      return
    }
    let entries = try Folder.entries(in: url).filter { $0.name != Folder.macArchiveFolder }
    func path(_ entry: Folder.Entry) -> URL { url.appendingPathComponent(entry.name) }
    if let half = Self.half(entries) {
      let folder = url.appendingPathComponent(half)
      guard half == Self.patients else {
        self = try ScanSearch(folder)
        return
      }
      // A study for each patient, even where there is one alone.
      let patients = try Folder.entries(in: folder)
      for entry in patients where entry.kind != .folder {
        leave("\(half)/\(entry.name)", "is no folder of a patient", false)
      }
      scans = patients.filter { $0.kind == .folder }.map {
        Scan(id: $0.name, source: .dicom(folder.appendingPathComponent($0.name)))
      }
      return
    }
    let images = entries.filter { $0.kind == .file && Scan.isImage($0.name) }.map(\.name)
    let folders = entries.filter { $0.kind == .folder }
    let files = entries.filter { $0.kind == .file && !Scan.isImage($0.name) }
    for entry in entries {
      switch entry.kind {
      case .brokenLink: leave(entry.name, "is a link to nothing; restore what it names", true)
      case .other: leave(entry.name, "is neither a file nor a folder", true)
      case .file, .folder: continue
      }
    }
    if files.contains(where: { DICOMCatalogue.isDICOM(path($0)) }) {
      // All below is one study, in which the reader of DICOM looks for itself.
      unused = []
      scans = [Scan(id: url.standardizedFileURL.lastPathComponent, source: .dicom(url))]
      return
    }
    let headers = Set(images.filter(Scan.hasDataFile).map { Scan.stem($0).lowercased() })
    for file in files {
      // The voxels of a header that lies beside them.
      if headers.contains(where: { file.name.lowercased().hasPrefix($0 + ".") }) { continue }
      let isArchive = Self.archives.contains { file.name.lowercased().hasSuffix($0) }
      leave(
        file.name, isArchive ? "is an archive; unpack it first" : "is no scan",
        isArchive)
    }
    guard images.isEmpty else {
      // A case may be called cac_0000 itself; then not all names end in a channel number.
      let areChannels = images.allSatisfy { Scan.stem($0).hasSuffix("_0000") }
      scans = images.map {
        Scan(
          id: areChannels ? Scan.caseID($0) : Scan.stem($0),
          source: .image(url.appendingPathComponent($0)))
      }
      for folder in folders {
        if DICOMCatalogue.holdsDICOM(path(folder)) {
          scans.append(Scan(id: folder.name, source: .dicom(path(folder))))
        } else {
          leave(folder.name, "is a folder without a DICOM file, beside image files", false)
        }
      }
      try requireDifferentNames(in: url)
      return
    }
    let hasWorkbook = files.contains { $0.name.lowercased().hasSuffix(".xlsx") }
    if folders.isEmpty
      || folders.count == 1 && !hasWorkbook && unused.allSatisfy({ !$0.isDoubtful })
    {
      unused = []
      scans = [Scan(id: url.standardizedFileURL.lastPathComponent, source: .dicom(url))]
      return
    }
    scans = folders.map { Scan(id: $0.name, source: .dicom(path($0))) }
    try requireDifferentNames(in: url)
  }

  /// The folder with the patients of COCA's gated half, and that with their annotations.
  private static let (patients, annotations) = ("patient", "calcium_xml")

  /// The folder of COCA's release that leads to its patients; `nil` where there is none, or a scan or another
  /// folder lies beside it.
  private static func half(_ entries: [Folder.Entry]) -> String? {
    let folders = Set(entries.filter { $0.kind == .folder }.map(\.name))
    let isAlone = entries.allSatisfy { entry in
      entry.kind == .folder
        || entry.kind == .file
          && [".csv", ".json", ".txt", ".md", ".DS_Store"].contains(where: entry.name.hasSuffix)
    }
    guard isAlone else { return nil }
    if folders == [patients, annotations] { return patients }
    let halves = folders.subtracting([annotations])
    return halves == ["Gated_release_final"] || halves == ["deidentified_nongated"]
      ? halves.first : nil
  }

  private mutating func addFile(_ url: URL) throws {
    let name = url.lastPathComponent
    if Scan.isImage(name) {
      scans = [Scan(id: Scan.caseID(name), source: .image(url))]
    } else if name.uppercased() == "DICOMDIR" {
      self = try ScanSearch(url.deletingLastPathComponent())
    } else if Self.archives.contains(where: name.lowercased().hasSuffix) {
      throw WorkflowError(
        .invalid, "\(url.path): is an archive; unpack it and name the folder that comes out")
    } else {
      let isNamed = name.lowercased().hasSuffix(".dcm")
      scans = [Scan(id: isNamed ? String(name.dropLast(4)) : name, source: .dicom(url))]
    }
  }

  private mutating func leave(_ path: String, _ reason: String, _ isDoubtful: Bool) {
    unused.append(UnusedFile(path: path, reason: reason, isDoubtful: isDoubtful))
  }

  private func requireDifferentNames(in url: URL) throws {
    let groups = Dictionary(grouping: scans, by: \.id).filter { $1.count > 1 }
    guard let id = groups.keys.min() else { return }
    throw WorkflowError(
      .invalid,
      "\(url.path): \(groups[id]?.count ?? 2) scans would be called \(id.shown()); rename one of "
        + "them, or name the one that is meant")
  }
}
