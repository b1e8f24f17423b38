// SPDX-License-Identifier: Apache-2.0
import Testing
import Text

@Suite struct `Ids of a table` {
  @Test func `are found without the zeros that a spreadsheet dropped`() throws {
    let found = try IDList(["0012", "0013", "a7", "40"]).find(["12", "0013", "040", "7", "a07", ""])
    #expect(found.ids == ["12": "0012", "0013": "0013", "040": "40"])
    #expect(found.respelled == ["12", "040"])
  }

  @Test func `that are spelled alike stay what they are`() throws {
    #expect(try IDList(["12", "0012"]).find(["12", "0012"]).respelled.isEmpty)
    // The study 0012 is in the table itself; 12 is somebody else.
    let found = try IDList(["0012"]).find(["12", "0012"])
    #expect(found.ids == ["0012": "0012"])
    #expect(try IDList(["000"]).find(["0"]).ids == ["0": "000"])
  }

  @Test(arguments: [
    (["012", "0012"], ["12"], "12 may be 0012 or 012; write each id with the zeros before it"),
    (["0012"], ["12", "012"], "12 and 012 may be 0012; write each id with the zeros before it"),
  ])
  func `that may be of two are refused`(list: [String], ids: [String], sentence: String) throws {
    let error = try #require(throws: AmbiguousID.self) { try IDList(list).find(ids) }
    #expect("\(error)" == sentence)
  }
}
