// SPDX-License-Identifier: Apache-2.0
import Foundation
import Workflow

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A process that this program starts from itself, in a process group of its own, so that Ctrl-C reaches this
/// program alone.
///
/// It is started by a thread that lives as long as this program does, because it ends with that thread
/// (`cprocess_confine`).
struct Child: Sendable {
  /// The process's number.
  let identifier: pid_t

  /// Starts this program anew.
  ///
  /// - Parameters:
  ///   - socket: what becomes descriptor 3 of the child.
  ///   - errors: the file for its standard error; this program's own where it is `nil`.
  static func start(_ arguments: [String], socket: Int32? = nil, errors: URL? = nil) throws
    -> Child
  {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path else {
      throw WorkflowError(.missing, "the path of cac-node itself cannot be found")
    }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    if let errors {
      posix_spawn_file_actions_addopen(
        &actions, 2, errors.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    if let socket { posix_spawn_file_actions_adddup2(&actions, socket, 3) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var identifier: pid_t = 0
    let status = posix_spawn(&identifier, program, &actions, &attributes, words, environ)
    guard status == 0 else {
      throw WorkflowError(
        .program, "a process cannot be started (\(String(cString: strerror(status))))")
    }
    return Child(identifier: identifier)
  }

  /// How a process ended.
  enum End: Sendable {
    /// By itself.
    case exit(Int32)
    /// By a signal.
    case signal(Int32)
  }

  /// How it ended; `nil` as long as it runs.
  func end() -> End? {
    var status: Int32 = 0
    guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
    return status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
  }

  /// Sends a signal.
  func send(_ signal: Int32) { _ = kill(identifier, signal) }
}

/// What the node says of its work, a line for standard error each; nobody who was examined is named.
enum Log {
  static func say(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }

  /// A sentence without what may be an identifier of DICOM.
  static func withoutIdentifiers(_ sentence: String) -> String {
    sentence.replacing(#/[0-9]+(?:\.[0-9]+){4,}/#, with: "(a UID)")
  }
}
