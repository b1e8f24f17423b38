// SPDX-License-Identifier: Apache-2.0
import Text
import Testing

@Suite struct `A number with what it counts` {
  @Test func `is in the plural unless it is one`() {
    #expect([0, 1, 2].map { counted($0, "file") } == ["0 files", "1 file", "2 files"])
    #expect(counted(1, "slice lacks", "slices lack") == "1 slice lacks")
    #expect(counted(3, "slice lacks", "slices lack") == "3 slices lack")
  }
}
