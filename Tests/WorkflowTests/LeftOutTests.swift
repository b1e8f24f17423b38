// SPDX-License-Identifier: Apache-2.0
import Testing
import Workflow

@Suite struct `Subjects left out` {
  private func list(_ count: Int) -> [Substring] {
    let subjects = (1...count).map { LeftOut(subject: "\($0)", reason: "no CT") }
    return LeftOut.list(subjects).split(separator: "\n")
  }

  @Test func `have twenty lines at most, the rest is counted`() {
    let lines = list(208)
    #expect(lines.count == 22)
    #expect(lines[0] == "left out: 208")
    #expect(lines[20] == "  20: no CT")
    #expect(lines[21] == "  … and 188 more")
  }

  @Test func `have a line each where they are few`() {
    #expect(list(20).count == 21)
    #expect(list(20).last == "  20: no CT")
  }
}
