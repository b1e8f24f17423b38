// SPDX-License-Identifier: Apache-2.0
import Agatston
import Phantom
import Testing

@Suite struct `The quality of a synthetic scan` {
  @Test(arguments: [1, 3])
  func `is found in the presence of all its anatomy`(id: Int) async throws {
    let subject = try await phantomSubject(
      id: id, options: PhantomOptions(seed: 1, matrix: 128, slices: 24))
    let findings = try ScanFindings(subject.ct)
    let tissue = try #require(findings.tissue)
    // The phantom's noise is given near the heart and grows by up to a tenth towards the middle.
    let noise = tissue.noise / subject.acquisition.noise
    #expect(noise > 0.95 && noise < 1.15)
    #expect(tissue.median > 30 && tissue.median < 60)
    #expect(!tissue.isEnhanced)
    // Noise makes specks, of which some grow on other bright things; bones are larger.
    let specks = try candidates(in: subject.ct).count { $0.voxels <= 3 }
    let expected = try #require(findings.noiseCandidates)
    #expect(specks > 40)
    #expect(expected > 0.5 * Double(specks) && expected < 2 * Double(specks))
  }
}
