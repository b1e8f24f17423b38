// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import NodeQueue

@Suite struct AllowedCallersTests {
  @Test func `without rules anyone may call`() {
    #expect(AllowedCallers().titles(from: "10.0.0.7") == [])
    #expect(AllowedCallers([])?.titles(from: "::1") == [])
  }

  @Test func `a title is bound to its address or network`() throws {
    let callers = try #require(
      AllowedCallers(["SCANNER@10.0.0.7", "PACS@10.1.0.0/22", "RIS", "*@2001:db8::/33"]))
    #expect(callers.titles(from: "10.0.0.7") == ["SCANNER", "RIS"])
    #expect(callers.titles(from: "::ffff:10.0.0.7") == ["SCANNER", "RIS"])
    #expect(callers.titles(from: "10.0.0.8") == ["RIS"])
    #expect(callers.titles(from: "10.1.3.255") == ["PACS", "RIS"])
    #expect(callers.titles(from: "10.1.4.0") == ["RIS"])
    #expect(callers.titles(from: "2001:db8:7fff::1") == [])
    #expect(callers.titles(from: "2001:db8:8000::1") == ["RIS"])
    #expect(callers.titles(from: "no address") == nil)
  }

  @Test func `an address that no rule names may not call at all`() throws {
    let callers = try #require(AllowedCallers(["*@127.0.0.1", "A@192.168.0.0/16"]))
    #expect(callers.titles(from: "192.169.0.1") == nil)
    #expect(callers.titles(from: "127.0.0.2") == nil)
    #expect(callers.titles(from: "::1") == nil)
    #expect(AllowedCallers(["*@0.0.0.0/0"])?.titles(from: "8.8.8.8") == [])
  }

  @Test(arguments: [
    "", "*", "@10.0.0.7", "A@", "A@scanner.example", "A@10.0.0.7/33", "A@10.0.0.7/-1",
    "A@10.0.0.7/8/8",
    "SEVENTEEN-LETTERS", "A\\B", "Ä", "A@10.0.0", "A@B@10.0.0.7",
  ])
  func `a rule that names nobody is refused`(text: String) {
    #expect(AllowedCallers([text]) == nil)
    #expect(AllowedCallers.unreadable(["A", text]) == text)
  }
}
