// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
import Text

/// The non-gated half of a COCA release: ordinary chest CTs with a table of scores, no annotations.
public struct NonGatedHalf: Sendable {
  /// The folder of the studies.
  public let folder: URL
  /// The workbook with the scores, if there is one.
  public let scores: URL?
  /// The studies, in the order of their ids; empty where only the workbook was named.
  public let studies: [SubjectLocation]
  /// Whether annotations lie in the same tree.
  public let isBesideAnnotations: Bool
  /// Whether the scans of the gated half lie in the same tree, which then counts as the gated half.
  public let isBesideGatedScans: Bool

  /// The folder's name in the release.
  public static let usualName = "deidentified_nongated"
  /// How deep below the root the folder is sought.
  private static let depth = 3

  /// The non-gated half that a path leads to, or `nil` if it leads to something else.
  ///
  /// It is recognised by the folder's name, at the root or below it (also nested twice), or by the
  /// workbook `scores.xlsx` (or a copy whose name begins with "scores") beside the studies; the
  /// workbook itself may be named, too. Hidden files, `__MACOSX` and files beside the studies do not matter, and a study may lie in its folder or in
  /// any folder below it (`12/12/…`, `12/…`).
  ///
  /// Throws if two folders are studies of one subject.
  public static func find(_ root: URL) throws -> NonGatedHalf? {
    if Folder.isFile(root) {
      guard isWorkbook(root.lastPathComponent) else { return nil }
      return NonGatedHalf(
        folder: root.deletingLastPathComponent(), scores: root, studies: [],
        isBesideAnnotations: false, isBesideGatedScans: false)
    }
    guard Folder.isFolder(root), let found = try search(root, depth) else { return nil }
    let gated = try COCATree.releaseFolders(root)
    return NonGatedHalf(
      folder: found.folder, scores: found.scores, studies: try studies(in: found.folder),
      isBesideAnnotations: !gated.annotations.isEmpty, isBesideGatedScans: !gated.patients.isEmpty)
  }

  private static func search(_ folder: URL, _ depth: Int) throws -> (folder: URL, scores: URL?)? {
    let name = folder.lastPathComponent.lowercased()
    if name == "patient" || name == "calcium_xml" { return nil }
    let inner = try COCATree.visibleFolders(in: folder).filter { ScoresFile.number($0) == nil }
    let isNamed = name == usualName
    let scores = try workbook(in: folder, ofAnyName: isNamed)
    if depth > 0, let nested = inner.first(where: { $0.lowercased() == usualName }),
      let found = try search(folder.appendingPathComponent(nested), depth - 1)
    {
      return (found.folder, found.scores ?? scores)
    }
    if isNamed || scores != nil { return (folder, scores) }
    guard depth > 0 else { return nil }
    for name in inner {
      if let found = try search(folder.appendingPathComponent(name), depth - 1) { return found }
    }
    return nil
  }

  /// The workbook of a folder: the one with the release's name, the only one whose name begins like
  /// it ("scores.csv.xlsx", "scores (1).xlsx"), or the only one of any name.
  ///
  /// Throws where several copies lie beside studies, because their scores may differ.
  private static func workbook(in folder: URL, ofAnyName: Bool) throws -> URL? {
    let names = try Folder.names(in: folder).filter {
      isWorkbook($0) && Folder.isFile(folder.appendingPathComponent($0))
    }
    let usual = names.first { $0.lowercased() == ScoresFile.usualName }
    let copies = names.filter { $0.lowercased().hasPrefix("scores") }
    if usual == nil, copies.count > 1,
      try ofAnyName
        || COCATree.visibleFolders(in: folder).contains(where: { ScoresFile.number($0) != nil })
    {
      throw COCAError(
        .scores, path: folder.path,
        detail: "holds \(copies.count) workbooks of scores (\(shortList(copies))); call the right "
          + "one \(ScoresFile.usualName)")
    }
    let only = ofAnyName && names.count == 1 ? names[0] : nil
    return (usual ?? (copies.count == 1 ? copies[0] : only)).map {
      folder.appendingPathComponent($0)
    }
  }

  /// Whether a name is that of a workbook; Excel's lock files (`~$scores.xlsx`) are none.
  static func isWorkbook(_ name: String) -> Bool {
    name.lowercased().hasSuffix(".xlsx") && !name.hasPrefix("~$")
  }

  private static func studies(in folder: URL) throws -> [SubjectLocation] {
    var studies: [String: SubjectLocation] = [:]
    for rawName in try COCATree.subjectNames(in: folder) {
      let url = folder.appendingPathComponent(rawName)
      let name = RawFileName.shown(rawName)
      let series = try? COCATree.seriesFolders(of: url)
      // Other things may lie beside the studies.
      if series?.isEmpty ?? true, ScoresFile.number(name) == nil { continue }
      let key = ScoresFile.key(name)
      if let other = studies[key]?.dicomFolder { throw COCATree.duplicate(key, other, url) }
      studies[key] = SubjectLocation(id: name, dicomFolder: url, seriesFolders: series ?? [])
    }
    return studies.values.sorted { COCATree.precedes($0.id, $1.id) }
  }
}
