// SPDX-License-Identifier: Apache-2.0
import DICOM
import Testing

@Suite struct GDCMTests {
  @Test func `GDCM lies beside the executable and is opened when it is first asked for`() throws {
    let version = try GDCM.version().split(separator: ".").map { Int($0) }
    #expect(version.count >= 2)
    #expect(version.first == 3)
  }
}
