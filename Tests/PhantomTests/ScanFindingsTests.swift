// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume

@testable import Phantom

@Suite struct `The quality of a synthetic scan` {
  private static let options = PhantomOptions(seed: 1, matrix: 128, slices: 24)

  @Test(arguments: [1, 3])
  func `is found in the presence of all its anatomy`(id: Int) async throws {
    let subject = try await phantomSubject(id: id, options: Self.options)
    let tissue = try #require(try ScanFindings(subject.ct).tissue)
    // The phantom's noise is given near the heart and grows by up to a tenth towards the middle.
    let noise = tissue.noise / subject.acquisition.noise
    #expect(noise > 0.95 && noise < 1.15)
    #expect(tissue.median > 30 && tissue.median < 60)
    #expect(!tissue.isEnhanced)
  }

  @Test(arguments: [1, 3])
  func `tells how many specks are of noise alone`(id: Int) async throws {
    let subject = try await phantomSubject(id: id, options: Self.options)
    let (columns, rows) = (subject.ct.extent.columns, subject.ct.extent.rows)
    let grain = ScanNoise(deviation: 26, width: 1, ramp: 0.6, along: 0, streaks: 0)
    var noisy = subject.ct
    for z in 0..<subject.ct.extent.slices {
      let slice = grain.slice(z, columns: columns, rows: rows, pixel: 1.5) {
        KeyedRandom(seed: 7, subject: id, purpose: .noise, index: $0)
      }
      for (i, value) in slice.enumerated() {
        let place = z * columns * rows + i
        noisy.voxels[place] = Int16(clamped(Float(noisy.voxels[place]) + value, -1024, 3071))
      }
    }
    // Noise makes specks, of which some grow on other bright things; bones are larger.
    func specks(_ ct: Volume<Int16>) throws -> Int {
      try candidates(in: ct).count { $0.voxels <= 3 }
    }
    let (many, few) = (try specks(noisy), try specks(subject.ct))
    let expected = try #require(try ScanFindings(noisy).noiseCandidates)
    #expect(many > 40 && many > 2 * few)
    #expect(expected > 0.5 * Double(many) && expected < 2 * Double(many))
  }
}
