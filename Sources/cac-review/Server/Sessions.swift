// SPDX-License-Identifier: Apache-2.0
import Foundation
import ReviewStore
import Synchronization

/// Who is logged in, and who tried too often.
final class Sessions: Sendable {
  /// The word that opens the page; it is in the address that the terminal shows, after the `#`, which
  /// browsers send to no server.
  let token = Sessions.word()
  private let idle: TimeInterval
  private let now: @Sendable () -> Date
  private let state = Mutex(State())

  struct Session: Sendable {
    /// `nil` between the token and the password.
    var account: Account?
    /// What writes carry in a header, since other pages can send cookies but not read it.
    let writeToken: String
    var lastUsed: Date
  }

  private struct State {
    var sessions: [String: Session] = [:]
    var failures: [String: (count: Int, last: Date)] = [:]
  }

  init(idleMinutes: Int, now: @escaping @Sendable () -> Date = { Date.now }) {
    idle = TimeInterval(idleMinutes * 60)
    self.now = now
  }

  /// 32 random bytes as text.
  private static func word() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in
      let byte = UInt8.random(in: .min ... .max, using: &generator)
      return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }

  /// A new session after the right token; its cookie's value.
  func open(as account: Account?) -> String {
    let id = Self.word()
    let now = now()
    state.withLock {
      $0.sessions = $0.sessions.filter { now.timeIntervalSince($0.value.lastUsed) < idle }
      $0.sessions[id] = Session(account: account, writeToken: Self.word(), lastUsed: now)
    }
    return id
  }

  /// The session of a cookie's value, unless it was idle for too long.
  func session(_ id: String) -> Session? {
    let now = now()
    return state.withLock { state in
      guard var session = state.sessions[id] else { return nil }
      guard now.timeIntervalSince(session.lastUsed) < idle else {
        state.sessions[id] = nil
        return nil
      }
      session.lastUsed = now
      state.sessions[id] = session
      return session
    }
  }

  /// Logs an account in to a session.
  func logIn(_ account: Account, to id: String) {
    state.withLock { $0.sessions[id]?.account = account }
  }

  /// Ends a session.
  func close(_ id: String) { state.withLock { $0.sessions[id] = nil } }

  /// The seconds for which a name has to wait after five failures in a row; `nil` for none.
  func wait(for name: String) -> Int? {
    let now = now()
    return state.withLock { state in
      guard let failure = state.failures[name.lowercased()], failure.count >= 5 else { return nil }
      let left = 60 - now.timeIntervalSince(failure.last)
      return left > 0 ? Int(left.rounded(.up)) : nil
    }
  }

  /// Notes whether an attempt was right.
  func attempt(_ name: String, succeeded: Bool) {
    let now = now()
    state.withLock { state in
      let key = name.lowercased()
      if succeeded {
        state.failures[key] = nil
      } else if state.failures.count < 10_000 {
        let count = state.failures[key]?.count ?? 0
        state.failures[key] = (count + 1, now)
      }
    }
  }

  /// Whether two words are equal, in a time that does not tell where they differ.
  static func isEqual(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
