// SPDX-License-Identifier: Apache-2.0
import Foundation
import ReviewStore
import Synchronization
import Testing

@testable import cac_review

@Suite struct SessionsTests {
  /// A clock that a test puts forward.
  private final class Clock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
    var now: Date { time.withLock { $0 } }
    func forward(seconds: Double) { time.withLock { $0 += seconds } }
  }

  @Test func `a reader is logged out after the idle time, and not while at work`() {
    let clock = Clock()
    let sessions = Sessions(idleMinutes: 30) { clock.now }
    let id = sessions.open(as: .sole)
    for _ in 0..<5 {
      clock.forward(seconds: 29 * 60)
      #expect(sessions.session(id) != nil)
    }
    clock.forward(seconds: 30 * 60)
    #expect(sessions.session(id) == nil)
    #expect(sessions.session("") == nil)
  }

  @Test func `five wrong passwords in a row make a name wait for a minute`() {
    let clock = Clock()
    let sessions = Sessions(idleMinutes: 30) { clock.now }
    for _ in 0..<4 { sessions.attempt("Ana", succeeded: false) }
    #expect(sessions.wait(for: "ana") == nil)
    sessions.attempt("ana", succeeded: false)
    #expect(sessions.wait(for: "ANA") == 60)
    #expect(sessions.wait(for: "ben") == nil)
    clock.forward(seconds: 61)
    #expect(sessions.wait(for: "ana") == nil)
    sessions.attempt("ana", succeeded: true)
    #expect(sessions.wait(for: "ana") == nil)
  }

  @Test func `tokens are long, different, and compared to the last character`() {
    let (a, b) = (Sessions(idleMinutes: 1), Sessions(idleMinutes: 1))
    #expect(a.token.count == 64 && a.token != b.token)
    #expect(Sessions.isEqual(a.token, a.token))
    #expect(!Sessions.isEqual(a.token, String(a.token.dropLast()) + "x"))
    #expect(!Sessions.isEqual(a.token, "") && !Sessions.isEqual("", "a"))
  }
}
