// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation

/// Where the files of one subject lie.
public struct SubjectLocation: Hashable, Sendable {
  /// The subject's id, without zero padding.
  public var id: String
  /// The annotation, if there is one.
  public var annotation: URL?
  /// The folder that holds the subject's series, if there is one.
  public var dicomFolder: URL?
  /// The folders below it that hold files, relative to it; the folder itself is the empty name.
  public var seriesFolders: [String]

  /// A location.
  public init(
    id: String, annotation: URL? = nil, dicomFolder: URL? = nil, seriesFolders: [String] = []
  ) {
    self.id = id
    self.annotation = annotation
    self.dicomFolder = dicomFolder
    self.seriesFolders = seriesFolders
  }

  /// The annotation, or why it cannot be read; `nil` where there is none.
  public func readAnnotation() -> Result<Annotation, COCAError>? {
    annotation.map { url in
      do {
        return .success(try Annotation(contentsOf: url))
      } catch let error as COCAError {
        return .failure(error)
      } catch let error as FileError {
        return .failure(COCAError(.structure, path: url.path, detail: error.detail))
      } catch {
        return .failure(COCAError(.structure, path: url.path, detail: "\(error)"))
      }
    }
  }
}

/// A COCA release on disk, in any of the shapes that its copies have.
///
/// ```swift
/// for subject in try COCATree.discover(URL(filePath: "Gated_release_final")) {
///   print(subject.id, subject.annotation == nil ? "no annotation" : "annotated")
/// }
/// ```
public enum COCATree {
  /// How deep below the root the folders `calcium_xml` and `patient` are sought.
  private static let depth = 4
  /// How deep below a subject's folder files are sought.
  private static let seriesDepth = 5

  /// The subjects below a folder, in the order of their numbers.
  ///
  /// Accepted are the release itself (`calcium_xml` and `patient`), folders around it (also nested
  /// twice, `Gated_release_final/Gated_release_final`), one of the two folders alone, and a plain
  /// folder of annotations, of subject folders, or of both. Series may lie in the subject's folder
  /// or any folder below it (`<id>/<id>/…`, `<id>/<series name>/…`). Hidden files, `__MACOSX` and
  /// files beside subject folders do not matter.
  ///
  /// Throws if nothing is found and if an id is found twice.
  public static func discover(_ root: URL) throws -> [SubjectLocation] {
    guard Folder.isFolder(root) else {
      throw COCAError(
        .nothingFound, path: root.path, detail: "no such folder; name the folder of a COCA release")
    }
    var (annotationFolders, patientFolders) = try releaseFolders(root)
    // Annotations of chest CTs, which only a synthetic cohort has.
    if patientFolders.isEmpty, !annotationFolders.isEmpty, let half = try NonGatedHalf.find(root) {
      patientFolders = [half.folder]
    }
    if annotationFolders.isEmpty, patientFolders.isEmpty {
      annotationFolders = [root]
      patientFolders = [root]
    }
    var subjects: [String: SubjectLocation] = [:]
    for folder in annotationFolders {
      for name in try Folder.names(in: folder) where name.lowercased().hasSuffix(".xml") {
        let file = folder.appendingPathComponent(name)
        // A link to nothing stands for an annotation that cannot be read.
        guard !Folder.isFolder(file) else { continue }
        let id = RawFileName.shown(String(name.dropLast(4)))
        if let other = subjects[id]?.annotation { throw duplicate(id, other, file) }
        subjects[id, default: SubjectLocation(id: id)].annotation = file
      }
    }
    for folder in patientFolders {
      for rawName in try subjectNames(in: folder) {
        let url = folder.appendingPathComponent(rawName)
        let name = RawFileName.shown(rawName)
        var series: [String] = []
        // A folder without the right to read it is the audit's to report, not the end of the others.
        do { series = try seriesFolders(of: url) } catch is FileError {
          if patientFolders == [root], !isNumber(name) { continue }
        }
        // A plain folder may hold other things beside its subjects.
        if patientFolders == [root], !isNumber(name), subjects[name] == nil, series.isEmpty {
          continue
        }
        if let other = subjects[name]?.dicomFolder { throw duplicate(name, other, url) }
        subjects[name, default: SubjectLocation(id: name)].dicomFolder = url
        subjects[name]?.seriesFolders = series
      }
    }
    guard !subjects.isEmpty else {
      throw COCAError(
        .nothingFound, path: root.path,
        detail: "holds neither annotations (calcium_xml/<id>.xml) nor series (patient/<id>/…); "
          + "name the folder of a COCA release")
    }
    return subjects.values.sorted { precedes($0.id, $1.id) }
  }

  /// Whether one id stands before another: numbers by value, before all other names.
  public static func precedes(_ a: String, _ b: String) -> Bool {
    switch (isNumber(a), isNumber(b)) {
    case (true, true):
      let (x, y) = (a.drop { $0 == "0" }, b.drop { $0 == "0" })
      return (x.count, String(x), a.count) < (y.count, String(y), b.count)
    case (true, false): return true
    case (false, true): return false
    case (false, false): return a < b
    }
  }

  private static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  static func duplicate(_ id: String, _ first: URL, _ second: URL) -> COCAError {
    COCAError(
      .duplicateSubject, path: second.path,
      detail: "subject \(id) is also at \(first.path); keep one of the two or name one of the trees"
    )
  }

  /// The names of the subjects' folders, and of links to such that lead to nothing.
  static func subjectNames(in folder: URL) throws -> [String] {
    try Folder.entries(in: folder).filter {
      $0.name != Folder.macArchiveFolder && [.folder, .brokenLink].contains($0.kind)
    }.map(\.name)
  }

  static func visibleFolders(in folder: URL) throws -> [String] {
    try Folder.names(in: folder).filter {
      $0 != Folder.macArchiveFolder && Folder.isFolder(folder.appendingPathComponent($0))
    }
  }

  /// The folders of annotations and of subjects that a release has.
  static func releaseFolders(_ root: URL) throws -> (annotations: [URL], patients: [URL]) {
    var annotations: [URL] = []
    var patients: [URL] = []
    try collect(root, depth, &annotations, &patients)
    return (annotations, patients)
  }

  /// The folders below a subject's that hold files, relative to it.
  static func seriesFolders(of folder: URL) throws -> [String] {
    var series: [String] = []
    try collectSeries(folder, "", seriesDepth, &series)
    return series
  }

  /// Finds the two folders of a release; below them nothing is sought.
  private static func collect(
    _ folder: URL, _ depth: Int, _ annotations: inout [URL], _ patients: inout [URL]
  ) throws {
    switch folder.lastPathComponent.lowercased() {
    case "calcium_xml": annotations.append(folder)
    case "patient": patients.append(folder)
    default:
      guard depth > 0 else { return }
      for name in try visibleFolders(in: folder) where !isNumber(name) {
        try collect(folder.appendingPathComponent(name), depth - 1, &annotations, &patients)
      }
    }
  }

  private static func collectSeries(
    _ folder: URL, _ name: String, _ depth: Int, _ series: inout [String]
  ) throws {
    let names = try Folder.names(in: folder)
    if names.contains(where: { Folder.isFile(folder.appendingPathComponent($0)) }) {
      series.append(name)
    }
    guard depth > 0 else { return }
    for inner in names where inner != Folder.macArchiveFolder {
      let url = folder.appendingPathComponent(inner)
      guard Folder.isFolder(url) else { continue }
      try collectSeries(url, name.isEmpty ? inner : "\(name)/\(inner)", depth - 1, &series)
    }
  }
}
