// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The files that may be libcac-torch.so.
///
/// They are tried in this order: the file that the environment variable `CAC_TORCH_LIBRARY` names,
/// beside the executable, in `../lib/cac` seen from the executable, and in `.libtorch` in the
/// folders upward from the executable and from the current folder.
struct LibrarySearch: Equatable {
  /// The file's name.
  static let name = "libcac-torch.so"
  /// The variable that names the file itself.
  static let variable = "CAC_TORCH_LIBRARY"

  /// The files, in the order in which they are tried.
  let candidates: [String]
  /// Whether the variable names the file, so that no other is tried.
  let isNamed: Bool

  /// The candidates for an environment, the executable's path and the current folder.
  init(environment: [String: String], executable: URL?, currentFolder: URL) {
    if let named = environment[Self.variable], !named.isEmpty {
      candidates = [named]
      isNamed = true
      return
    }
    var paths: [String] = []
    func add(_ url: URL) {
      let path = url.appendingPathComponent(Self.name).standardizedFileURL.path
      if !paths.contains(path) { paths.append(path) }
    }
    func addUpward(from folder: URL) {
      var folder = folder.standardizedFileURL
      while true {
        add(folder.appendingPathComponent(".libtorch"))
        let parent = folder.deletingLastPathComponent().standardizedFileURL
        // The parent of "/" is "/", or "/.." on some systems.
        if parent.path.count >= folder.path.count { break }
        folder = parent
      }
    }
    if let folder = executable?.resolvingSymlinksInPath().deletingLastPathComponent() {
      add(folder)
      add(folder.deletingLastPathComponent().appendingPathComponent("lib/cac"))
      addUpward(from: folder)
    }
    addUpward(from: currentFolder)
    candidates = paths
    isNamed = false
  }

  /// The candidates for this process.
  static func ofThisProcess() -> LibrarySearch {
    LibrarySearch(
      environment: ProcessInfo.processInfo.environment, executable: Bundle.main.executableURL,
      currentFolder: URL(fileURLWithPath: FileManager.default.currentDirectoryPath))
  }

  /// The first candidate that exists.
  func found() throws -> String {
    if let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) {
      return path
    }
    let remedy = "run scripts/setup, or set \(Self.variable) to the file"
    if isNamed {
      throw TorchError(
        .library, subject: candidates[0],
        detail: "no such file, though \(Self.variable) names it; run scripts/setup, or unset it")
    }
    throw TorchError(
      .library, subject: Self.name,
      detail: "not found; \(remedy). Searched: \(candidates.joined(separator: ", "))")
  }
}
