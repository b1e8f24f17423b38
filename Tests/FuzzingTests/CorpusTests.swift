// SPDX-License-Identifier: Apache-2.0
import Foundation
import Fuzzing
import TestSupport
import Testing

/// One input of a target.
struct FuzzCase: Sendable, CustomTestStringConvertible {
  let target: FuzzTarget
  let name: String
  let bytes: Data
  var testDescription: String { "\(target.rawValue)/\(name)" }

  static var corpus: [FuzzCase] {
    get throws {
      try FuzzTarget.allCases.flatMap { target in
        try target.corpus.map { FuzzCase(target: target, name: $0.name, bytes: $0.bytes) }
      }
    }
  }
}

@Suite struct `An input that once went wrong` {
  // The limit by the clock only ends a reader that never comes back.
  @Test(.timeLimit(.minutes(10)), arguments: try FuzzCase.corpus)
  func `is read soundly or refused with a sentence`(input: FuzzCase) throws {
    let folder = try TemporaryFolder()
    let begin = threadProcessorSeconds()
    _ = try input.target.run(input.bytes, in: folder.url)
    #expect(threadProcessorSeconds() - begin < 20)
  }
}

@Suite struct `A sound input of the fuzzer` {
  @Test(arguments: FuzzTarget.allCases)
  func `is read`(target: FuzzTarget) throws {
    let folder = try TemporaryFolder()
    let known = try target.corpus.count
    let outcomes = try target.seeds.dropFirst(known).map { try target.run($0, in: folder.url) }
    #expect(outcomes.count >= 2)
    #expect(outcomes.count { $0 == .value } * 5 >= outcomes.count * 4)
  }

  @Test(arguments: FuzzTarget.allCases)
  func `cut in the middle is refused with a sentence`(target: FuzzTarget) throws {
    let folder = try TemporaryFolder()
    let seed = try #require(try target.seeds.last)
    guard case .refusal(let sentence) = try target.run(seed.prefix(seed.count / 3), in: folder.url)
    else {
      Issue.record("a third of a file was read")
      return
    }
    #expect(sentence.contains(" "))
  }
}
