// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Folders: made with the system's reason on failure, listed in a fixed order.
public enum Folder {
  /// Makes a folder and those above it; one that exists is fine.
  public static func create(_ url: URL) throws {
    if isFolder(url) { return }
    let parent = url.deletingLastPathComponent()
    if parent.path != url.path { try create(parent) }
    if mkdir(url.path, 0o755) != 0, errno != EEXIST || !isFolder(url) {
      throw FileError.system(errno, path: url.path, doing: "make this folder")
    }
  }

  /// Whether a folder is there.
  public static func isFolder(_ url: URL) -> Bool {
    var status = stat()
    return stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether a regular file is there.
  public static func isFile(_ url: URL) -> Bool {
    var status = stat()
    return stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The names in a folder, sorted by code point, without those that begin with a dot.
  public static func names(in url: URL) throws -> [String] {
    guard let stream = opendir(url.path) else {
      throw FileError.system(errno, path: url.path, doing: "read this folder")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }

  /// Removes a file, or a folder with all that is in it; one that is not there is fine.
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

  /// Moves a file or a folder to a place on the same disk that is not taken.
  public static func move(_ url: URL, to place: URL) throws {
    if rename(url.path, place.path) != 0 {
      throw FileError.system(errno, path: url.path, doing: "move this to \(place.path)")
    }
  }

  /// Fills a folder beside `url` and renames it into place, replacing one that is there.
  ///
  /// On failure what was written is removed and an earlier folder stays.
  public static func write(to url: URL, using body: (URL) throws -> Void) throws {
    try create(url.deletingLastPathComponent())
    let staged = url.deletingLastPathComponent().appendingPathComponent(
      "\(StagedFile.prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))-\(url.lastPathComponent)")
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
