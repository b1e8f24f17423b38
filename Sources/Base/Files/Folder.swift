// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Operations on folders, which report the system's reason on failure and list names in a fixed order.
public enum Folder {
  /// The folder that macOS's archives have beside their content, which is never of interest.
  public static let macArchiveFolder = "__MACOSX"

  /// Makes a folder and those above it; does nothing where it exists.
  public static func create(_ url: URL) throws {
    if isFolder(url) { return }
    let parent = url.deletingLastPathComponent()
    if parent.path != url.path { try create(parent) }
    if mkdir(url.path, 0o755) != 0, errno != EEXIST || !isFolder(url) {
      throw FileError.system(errno, path: url.path, doing: "make this folder")
    }
  }

  /// Whether a folder exists.
  public static func isFolder(_ url: URL) -> Bool {
    var status = stat()
    return url.withSystemPath { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether a regular file exists.
  public static func isFile(_ url: URL) -> Bool {
    var status = stat()
    return url.withSystemPath { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// What a folder holds under a name.
  public struct Entry: Sendable, Hashable {
    /// The name.
    public let name: String
    /// What the name means, behind links.
    public let kind: Kind

    /// What a name means.
    public enum Kind: Sendable, Hashable {
      /// A regular file.
      case file
      /// A folder.
      case folder
      /// A link to nothing, or in a circle.
      case brokenLink
      /// A socket, a pipe, a device, or what may not be looked at.
      case other
    }
  }

  /// The names in a folder with what they mean, sorted by code point, without those that begin with
  /// a dot.
  ///
  /// - Throws: `FileError` where the folder cannot be read.
  public static func entries(in url: URL) throws -> [Entry] {
    try names(in: url).map { name in
      Entry(name: name, kind: kind(of: url.appendingPathComponent(name)))
    }
  }

  private static func kind(of url: URL) -> Entry.Kind {
    url.withSystemPath { path in
      var status = stat()
      if stat(path, &status) == 0 {
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return .other
        }
      }
      return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK ? .brokenLink : .other
    }
  }

  /// The names in a folder, sorted by code point, without those that begin with a dot.
  ///
  /// A name that is not UTF-8 is escaped (`RawFileName`), so that the file can be opened by it.
  public static func names(in url: URL) throws -> [String] {
    guard let stream = url.withSystemPath({ opendir($0) }) else {
      throw FileError.system(errno, path: url.path, doing: "read this folder")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { RawFileName.argument($0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }

  /// Removes a file, or a folder with all its content; does nothing where it does not exist.
  public static func remove(_ url: URL) throws {
    if isFolder(url) {
      do {
        try FileManager.default.removeItem(at: url)
      } catch {
        throw FileError(
          .denied, path: url.path, detail: "cannot remove this folder; check the rights")
      }
    } else if unlink(url.path) != 0, errno != ENOENT {
      throw FileError.system(errno, path: url.path, doing: "remove this file")
    }
  }

  /// Moves a file or a folder to a path on the same disk where nothing exists yet.
  public static func move(_ url: URL, to destination: URL) throws {
    if rename(url.path, destination.path) != 0 {
      throw FileError.system(errno, path: url.path, doing: "move this to \(destination.path)")
    }
  }

  /// Lets `body` fill a folder under a temporary name beside `url`, then gives it its name.
  ///
  /// An earlier folder of that name is replaced. On failure the new one is removed and the earlier
  /// one stays.
  public static func write(to url: URL, using body: (URL) throws -> Void) throws {
    try create(url.deletingLastPathComponent())
    let staged = StagedFile.temporary(beside: url)
    do {
      try create(staged)
      try body(staged)
      if isFolder(url) { try FileManager.default.removeItem(at: url) }
      guard rename(staged.path, url.path) == 0 else {
        throw FileError.system(errno, path: url.path, doing: "write")
      }
    } catch {
      try? FileManager.default.removeItem(at: staged)
      throw error
    }
  }
}
