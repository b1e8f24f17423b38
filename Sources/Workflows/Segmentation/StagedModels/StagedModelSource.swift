// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
package import Stages
import Text
package import Torch
import Workflow
import Zip

/// The files of a model of several stages: a folder, one file of `cac model export`, or the localiser's
/// weights alone.
///
/// ```swift
/// let source = try StagedModelSource(URL(fileURLWithPath: "default.cac"))
/// print(source.identity)  // default 0.1 (SHA-256 5f2c…)
/// let localiser = try source.localiser(on: .cpu)
/// ```
package struct StagedModelSource {
  private enum Contents {
    case folder
    case localiserAlone
    case archive(ZipReader, [String: ZipReader.Part])

    var isFolder: Bool { if case .folder = self { true } else { false } }
  }

  /// The folder or the file.
  package let url: URL
  /// The model's name, version and sum.
  package let identity: ModelIdentity
  /// The rules between the stages.
  package let rules: StageRules
  /// The list of its parts, where it has one that is true.
  let manifest: StageManifest?
  private let contents: Contents

  /// The size of the largest text that is read, and of the largest weights, in bytes.
  private static let largestText = 1 << 20
  private static let largestWeights = 1 << 30

  /// Whether a folder or a file holds a model of several stages.
  package static func canOpen(_ url: URL) -> Bool {
    let localiser = StagedPredictor.localiserName
    if Folder.isFolder(url) { return Folder.isFile(url.appendingPathComponent(localiser)) }
    guard Folder.isFile(url) else { return false }
    if url.lastPathComponent == localiser { return true }
    guard let zip = try? ZipReader(url) else { return false }
    return zip.names.contains(StageManifest.fileName)
  }

  /// Opens a model; its list and its rules are read, its weights are not.
  ///
  /// - Throws: `WorkflowError` that says what is wrong with the file or the folder.
  package init(_ url: URL) throws {
    self.url = url
    let isFolder = Folder.isFolder(url)
    guard isFolder || url.lastPathComponent == StagedPredictor.localiserName else {
      let (list, parts, zip) = try Self.archive(url)
      contents = .archive(zip, parts)
      manifest = list
      identity = ModelIdentity(
        name: list.name, version: list.version, sha256: Digest.sha256(try FileBytes.read(url)))
      rules = try Self.rules(contents, url, list)
      return
    }
    let contents = isFolder ? Contents.folder : .localiserAlone
    self.contents = contents
    let files = StageManifest.stageNames.map(StageManifest.Stage.file)
    let sums = try files.compactMap { name in
      try Self.bytes(name, contents, url, nil).map { (name, Digest.sha256($0)) }
    }
    let list = try Self.trueManifest(contents, url, sums)
    manifest = list
    // What sha256sum says of the files, and of a single file its own sum.
    let lines = sums.map { "\($1)  \($0)\n" }.joined()
    let folder = isFolder ? url : url.deletingLastPathComponent()
    identity = ModelIdentity(
      name: list?.name ?? folder.standardizedFileURL.lastPathComponent, version: list?.version,
      sha256: sums.count == 1 ? sums[0].1 : Digest.sha256(lines))
    rules = try Self.rules(contents, url, list)
  }

  /// The names of its stages, in the order in which they work.
  package var stageNames: [String] {
    StageManifest.stageNames.filter { holds(StageManifest.Stage.file($0)) }
  }

  /// How surely its probabilities are right; `nil` where it was never calibrated.
  package func calibration() throws -> UncertaintyCalibration? {
    let name = UncertaintyCalibration.fileName
    return try bytes(name).map { try UncertaintyCalibration($0, subject: "\(url.path)/\(name)") }
  }

  /// The first stage.
  package func localiser(on device: Device) throws -> Localiser {
    try withWeights(of: StageManifest.stageNames[0]) { try Localiser(contentsOf: $0, on: device) }
  }

  /// The second stage; `nil` where the model has none.
  package func classifier(on device: Device) throws -> CandidateClassifier? {
    let name = StageManifest.stageNames[1]
    guard holds(StageManifest.Stage.file(name)) else { return nil }
    return try withWeights(of: name) { try CandidateClassifier(contentsOf: $0, on: device) }
  }

  /// The bytes of a part, compared with the list where there is one; `nil` where there is none.
  func bytes(_ name: String) throws -> Data? { try Self.bytes(name, contents, url, manifest) }

  /// Lets `body` read the weights of a stage from a file.
  ///
  /// The weights of an archive are unpacked for it; errors name the archive.
  func withWeights<Result>(of stage: String, _ body: (URL) throws -> Result) throws -> Result {
    let name = StageManifest.Stage.file(stage)
    guard case .archive = contents else {
      return try body(contents.isFolder ? url.appendingPathComponent(name) : url)
    }
    guard let bytes = try bytes(name) else {
      throw WorkflowError(.missing, "\(url.path): holds no \(name)")
    }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("cac-\(UUID().uuidString)")
    try Folder.create(folder)
    defer { try? Folder.remove(folder) }
    let file = folder.appendingPathComponent(name)
    try bytes.write(to: file)
    let subject = "\(url.path)/\(name)"
    do {
      return try body(file)
    } catch let error as StagesError where error.subject == file.path {
      throw StagesError(error.code, subject: subject, detail: error.detail)
    } catch let error as TorchError where error.subject == file.path {
      throw TorchError(error.code, subject: subject, detail: error.detail)
    }
  }

  private func holds(_ name: String) -> Bool {
    switch contents {
    case .folder: Folder.isFile(url.appendingPathComponent(name))
    case .localiserAlone: name == StagedPredictor.localiserName
    case .archive(_, let parts): parts[name] != nil
    }
  }

  // MARK: - Reading

  /// The list, the parts and the reader of a file, after names and sizes were compared.
  private static func archive(
    _ url: URL
  ) throws -> (list: StageManifest, parts: [String: ZipReader.Part], zip: ZipReader) {
    func wrong(_ detail: String) -> WorkflowError {
      WorkflowError(.invalid, "\(url.path): \(detail)")
    }
    let zip = try ZipReader(url)
    let parts = try zip.parts()
    guard let listPart = parts.first(where: { $0.name == StageManifest.fileName }) else {
      throw wrong("is no model of stages: it holds no \(StageManifest.fileName)")
    }
    guard listPart.size <= largestText,
      let list = try? JSONDecoder().decode(StageManifest.self, from: zip.bytes(listPart).data)
    else { throw wrong("its list, \(StageManifest.fileName), cannot be read; copy the file again") }
    if let fault = list.fault { throw wrong(fault) }
    let byName = Dictionary(parts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let listed = Dictionary(uniqueKeysWithValues: list.parts.map { ($0.name, $0.bytes) })
    for part in parts where part.name != StageManifest.fileName && listed[part.name] == nil {
      throw wrong("holds \(part.name.shown()), which its list does not name")
    }
    for (name, size) in listed.sorted(by: { $0.key < $1.key }) {
      guard byName[name]?.size == size else {
        throw wrong("its part \(name) is missing or of another size than its list says")
      }
      let isWeights = name.hasSuffix(".safetensors")
      guard size <= (isWeights ? largestWeights : largestText) else {
        throw wrong("its part \(name) has \(counted(size, "byte")), more than any model's")
      }
    }
    return (list, byName, zip)
  }

  private static func bytes(
    _ name: String, _ contents: Contents, _ url: URL, _ list: StageManifest?
  ) throws -> Data? {
    switch contents {
    case .folder:
      let file = url.appendingPathComponent(name)
      return Folder.isFile(file) ? try FileBytes.read(file) : nil
    case .localiserAlone:
      return name == StagedPredictor.localiserName ? try FileBytes.read(url) : nil
    case .archive(let zip, let parts):
      guard let part = parts[name] else { return nil }
      let data = try zip.bytes(part).data
      let sum = list?.parts.first { $0.name == name }?.sha256
      guard sum == nil || sum == Digest.sha256(data) else {
        throw WorkflowError(
          .invalid,
          "\(url.path): its part \(name) is not the one that its list names; copy the file again")
      }
      return data
    }
  }

  /// The list in a folder, unless other weights or rules have replaced those that it names; a calibration
  /// may be new, and leaves a model the one that it was.
  private static func trueManifest(
    _ contents: Contents, _ url: URL, _ sums: [(name: String, sum: String)]
  ) throws -> StageManifest? {
    guard contents.isFolder, let text = try bytes(StageManifest.fileName, contents, url, nil),
      let list = try? JSONDecoder().decode(StageManifest.self, from: text), list.fault == nil
    else { return nil }
    let rules = try bytes(StageManifest.rulesName, contents, url, nil).map(Digest.sha256)
    let isTrue =
      list.stages.map(\.sha256) == sums.map(\.sum) && list.stages.map(\.file) == sums.map(\.name)
      && list.parts.first { $0.name == StageManifest.rulesName }?.sha256 == rules
    return isTrue ? list : nil
  }

  private static func rules(
    _ contents: Contents, _ url: URL, _ list: StageManifest?
  ) throws -> StageRules {
    guard let text = try bytes(StageManifest.rulesName, contents, url, list) else {
      return StageRules()
    }
    return try StageRulesFile.rules(text, subject: "\(url.path)/\(StageManifest.rulesName)")
  }
}
