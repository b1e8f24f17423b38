// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files that this process was given to read, none of which it may replace.
///
/// `StagedFile` refuses to write over a recorded file, whatever the path by which it is reached: a
/// scan is not lost because an output was given its folder or its name. Readers record scans, masks
/// and tables; files that a command makes and reads again, such as checkpoints, are not recorded.
public enum InputFiles {
  /// What a path leads to, behind all links.
  private struct Identity: Hashable {
    let device: UInt64
    let number: UInt64

    init?(_ url: URL) {
      var status = stat()
      guard url.withSystemPath({ stat($0, &status) }) == 0 else { return nil }
      device = UInt64(status.st_dev)
      number = UInt64(status.st_ino)
    }
  }

  /// A recorded file.
  ///
  /// Its size and time belong to it, because a file system gives the number of a removed file to the
  /// next new one.
  private struct Input: Hashable {
    let identity: Identity
    let state: FileState

    init?(_ url: URL) {
      guard let identity = Identity(url), let state = FileState(url) else { return nil }
      (self.identity, self.state) = (identity, state)
    }
  }

  private static let recorded = Mutex<Set<Input>>([])

  /// Records a file that is read.
  public static func record(_ url: URL) {
    guard let input = Input(url) else { return }
    _ = recorded.withLock { $0.insert(input) }
  }

  /// Throws where a path leads to a recorded file.
  ///
  /// - Throws: `FileError` with the code `.denied`.
  static func requireOther(than url: URL) throws(FileError) {
    guard let input = Input(url), recorded.withLock({ $0.contains(input) }) else { return }
    throw FileError(
      .denied, path: url.path,
      detail: "was read as an input and is not written over; name another output")
  }

  /// Whether two paths lead to one file or folder, behind all links.
  public static func areSame(_ first: URL, _ second: URL) -> Bool {
    guard let a = Identity(first), let b = Identity(second) else { return false }
    return a == b
  }
}
