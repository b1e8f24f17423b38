// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
import Text

/// A data set in nnU-Net's raw layout: `DatasetXXX_Name` with dataset.json, imagesTr and labelsTr.
public struct RawDataset: Sendable {
  /// The files of one case.
  public struct CaseFiles: Sendable, Hashable {
    /// The case identifier.
    public let name: String
    /// One file for each channel.
    public let channels: [URL]
    /// The label map, where there is one.
    public let label: URL?

    /// The files of a case.
    public init(name: String, channels: [URL], label: URL?) {
      self.name = name
      self.channels = channels
      self.label = label
    }
  }

  /// The folder.
  public let folder: URL
  /// What dataset.json says.
  public let description: DatasetDescription
  /// The training cases, by identifier or as dataset.json lists them.
  public let cases: [CaseFiles]

  /// The folder's name, for example "Dataset001_Calcium".
  public var name: String { folder.lastPathComponent }

  /// The format of its images and label maps.
  ///
  /// - Throws: `NNUNetError` with the code `dataset` where none reads them.
  public var imageFormat: ImageFormat {
    get throws {
      try ImageFormat(
        of: description, subject: folder.appendingPathComponent(DatasetDescription.fileName).path,
        example: cases.first?.channels.first)
    }
  }

  /// Opens a data set and lists its training cases.
  ///
  /// - Throws: `NNUNetError` with the code `dataset` where files or folders are missing.
  public init(folder: URL) throws {
    let file = folder.appendingPathComponent(DatasetDescription.fileName)
    guard Folder.isFolder(folder) else {
      throw NNUNetError(.dataset, folder.path, "no such folder")
    }
    guard Folder.isFile(file) else {
      throw NNUNetError(.dataset, folder.path, "has no dataset.json")
    }
    self.folder = folder
    description = try DatasetDescription.read(from: file)
    if let listed = description.listedCases {
      cases = Self.listed(listed, in: folder)
    } else {
      for sub in ["imagesTr", "labelsTr"]
      where !Folder.isFolder(folder.appendingPathComponent(sub)) {
        throw NNUNetError(.dataset, folder.path, "has no folder \(sub)")
      }
      let labels = folder.appendingPathComponent("labelsTr")
      let ending = description.fileEnding
      cases = try Self.cases(
        in: folder.appendingPathComponent("imagesTr"), fileEnding: ending
      ).map { files in
        let label = labels.appendingPathComponent(files.name + ending)
        return CaseFiles(
          name: files.name, channels: files.channels, label: Folder.isFile(label) ? label : nil)
      }
    }
    if cases.isEmpty {
      throw NNUNetError(
        .dataset, folder.path, "has no file imagesTr/<case>_0000\(description.fileEnding)")
    }
    // One file may hold several channels, but then it must do so in every case.
    let fewest = cases.map(\.channels.count).min() ?? 0
    if let odd = cases.first(where: {
      $0.channels.count > description.channelNames.count
        || $0.channels.count != description.channelNames.count
          && cases.contains { $0.channels.count > fewest }
    }) {
      throw NNUNetError(
        .dataset, folder.path,
        "case \(odd.name) has \(counted(odd.channels.count, "image file")) for "
          + "\(counted(description.channelNames.count, "channel")); "
          + missing(in: odd))
    }
  }

  /// The missing image files of a case that has too few or too many, for messages.
  private func missing(in files: CaseFiles) -> String {
    let found = Set(files.channels.map(\.lastPathComponent))
    let expected = description.channelNames.indices.map {
      files.name + "_" + String($0).zeroPadded(to: 4) + description.fileEnding
    }
    let absent = expected.filter { !found.contains($0) }
    return absent.isEmpty
      ? "dataset.json declares too few" : "imagesTr lacks \(absent.joined(separator: ", "))"
  }

  /// The cases of a folder of images named `<case>_CCCC<ending>`; other files are skipped.
  public static func cases(in images: URL, fileEnding: String) throws -> [CaseFiles] {
    let tail = 5 + fileEnding.unicodeScalars.count
    var channels: [String: [URL]] = [:]
    for name in try Folder.names(in: images) where name.hasSuffix(fileEnding) {
      let scalars = Array(name.unicodeScalars)
      guard scalars.count > tail, scalars[scalars.count - tail] == "_",
        scalars[(scalars.count - tail + 1)..<(scalars.count - tail + 5)].allSatisfy({
          ("0"..."9").contains($0)
        })
      else { continue }
      var identifier = String.UnicodeScalarView()
      identifier.append(contentsOf: scalars[..<(scalars.count - tail)])
      channels[String(identifier), default: []].append(images.appendingPathComponent(name))
    }
    return identifiersInOrder(Array(channels.keys)).map {
      CaseFiles(name: $0, channels: channels[$0] ?? [], label: nil)
    }
  }

  private static func listed(_ table: [DatasetDescription.ListedCase], in folder: URL)
    -> [CaseFiles]
  {
    let environment = ProcessInfo.processInfo.environment
    func url(_ path: String) -> URL {
      var path = path
      for (name, value) in environment where path.contains("$") {
        path = path.replacingOccurrences(of: "${\(name)}", with: value)
        if path == "$\(name)" || path.contains("$\(name)/") {
          path = path.replacingOccurrences(of: "$\(name)", with: value)
        }
      }
      return path.hasPrefix("/")
        ? URL(fileURLWithPath: path) : folder.appendingPathComponent(path)
    }
    return table.map {
      CaseFiles(name: $0.name, channels: $0.images.map(url), label: url($0.label))
    }
  }

  /// The name of a data set given as a number, a numeric text or the name itself.
  ///
  /// All roots are searched for folders `DatasetXXX_…`.
  ///
  /// - Throws: `NNUNetError` with the code `dataset` where the number has no name or two.
  public static func name(of dataset: String, in roots: [URL]) throws -> String {
    if dataset.hasPrefix("Dataset") { return dataset }
    guard let id = Int(dataset), (0...999).contains(id) else {
      throw NNUNetError(
        .dataset, dataset, "is no data set; give a number from 0 to 999 or a name DatasetXXX_Name")
    }
    let prefix = "Dataset" + String(id).zeroPadded(to: 3)
    var names = Set<String>()
    for root in roots where Folder.isFolder(root) {
      for name in try Folder.names(in: root)
      where name.hasPrefix(prefix + "_") && Folder.isFolder(root.appendingPathComponent(name)) {
        names.insert(name)
      }
    }
    let searched = roots.map(\.path).joined(separator: ", ")
    guard let name = names.first else {
      throw NNUNetError(.dataset, prefix, "no folder of this number in \(searched)")
    }
    if names.count > 1 {
      throw NNUNetError(
        .dataset, prefix,
        "several names share this number in \(searched): \(names.sorted().joined(separator: ", "))")
    }
    return name
  }

  /// Reads the files of a case, which must hold as many channels as dataset.json declares.
  public func load(_ files: CaseFiles, reader: CaseReader) throws -> RawCase {
    let channels = try files.channels.map(reader.channels)
    let counts = channels.map(\.count)
    if Set(counts).count > 1 {
      throw NNUNetError(
        .image, files.name,
        "its files hold \(counts.map { "\($0)" }.joined(separator: ", ")) channels; each should hold "
          + "as many")
    }
    let expected = description.channelNames.count
    if counts.reduce(0, +) != expected {
      throw NNUNetError(
        .image, files.name,
        "has \(counted(counts.reduce(0, +), "channel")) in \(counted(counts.count, "file")), dataset.json declares \(expected)"
          + (counts.count < expected ? "; \(missing(in: files))" : ""))
    }
    return try RawCase(
      name: files.name, channels: channels.flatMap { $0 }, labels: files.label.map(reader.labels))
  }

  /// Checks that there are as many cases as dataset.json says, each with its files; opens no image.
  public func verifyFiles() throws(NNUNetError) {
    if cases.count != description.numTraining {
      throw NNUNetError(
        .dataset, folder.path,
        "\"numTraining\" is \(description.numTraining), but \(counted(cases.count, "case was", "cases were")) found"
      )
    }
    if let bare = cases.first(where: { $0.label == nil }) {
      throw NNUNetError(.dataset, folder.path, "case \(bare.name) has no label map in labelsTr")
    }
    for files in cases {
      for file in files.channels + [files.label].compactMap({ $0 }) where !Folder.isFile(file) {
        throw NNUNetError(
          .dataset, folder.path,
          "case \(files.name) lists \(file.path), which is no file; correct dataset.json")
      }
    }
  }
}

/// Identifiers sorted by code point, as Python sorts them.
func identifiersInOrder(_ identifiers: [String]) -> [String] {
  identifiers.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
}
