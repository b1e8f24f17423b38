// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Volume

@testable import Agatston

@Suite struct `The noise of a scan` {
  @Test(arguments: [0, 0.6, 1.0])
  func `is measured with its correlation`(blur: Double) throws {
    let scan = NoisyScan(8, 128, 128, deviation: 24, blur: blur, seed: 5) { _, _, _ in 45 }
    let tissue = try #require(TissueSample(scan.ct))
    // Rounding to whole HU adds 1/12; some hundred windows tell the rest to a few per cent.
    #expect(abs(tissue.noise / 24 - 1) < 0.03)
    #expect(abs(tissue.median - 45) < 1)
    let kernel = NoisyScan.kernel(blur)
    let energy = kernel.reduce(0) { $0 + $1 * $1 }
    let exact = zip(kernel, kernel.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / energy
    for axis in 0..<2 { #expect(abs(tissue.correlation[axis] - exact) < 0.03) }
    #expect(abs(tissue.correlation.z) < 0.03, "slices have noise of their own")
  }

  @Test(arguments: [(0, 0), (0.6, 0.7), (1, 0)] as [(Double, Double)])
  func `explains as many components as there are`(blur: Double, ramp: Double) throws {
    var (seen, expected) = (0.0, 0.0)
    for seed in 0..<2 {
      let scan = NoisyScan(
        8, 128, 128, deviation: 28, blur: blur, ramp: ramp, seed: UInt64(seed)
      ) { _, _, _ in 45 }
      let findings = try ScanFindings(scan.ct)
      seen += Double(findings.candidates)
      expected += try #require(findings.noiseCandidates)
    }
    // Components scatter about their expectation like counts do; the formula errs by a tenth.
    #expect(seen > 50)
    #expect(abs(seen - expected) < 0.1 * expected + 3 * expected.squareRoot(), "\(expected)")
  }

  @Test func `has hardly any component above five deviations`() throws {
    let scan = NoisyScan(4, 128, 128, deviation: 16, blur: 0.6, seed: 3) { _, _, _ in 45 }
    let findings = try ScanFindings(scan.ct)
    #expect(findings.candidates == 0)
    #expect(try #require(findings.noiseCandidates) < 0.1)
    #expect(findings.warnings.isEmpty)
  }

  @Test func `is warned of where it explains the bright components`() throws {
    let scan = NoisyScan(4, 128, 128, deviation: 30, blur: 0.6, seed: 3) { _, _, _ in 45 }
    let findings = try ScanFindings(scan.ct)
    let warning = try #require(findings.warnings.first)
    #expect(findings.warnings.count == 1)
    #expect(warning.text.contains("noise of 30 HU alone explains about"))
    #expect(warning.text.contains("bright components; the scan has \(findings.candidates)"))
  }

  @Test(arguments: [0, 0.5, 1, 2, 3, 4.5])
  func `without correlation has maxima as six independent neighbours allow`(height: Double) {
    // ∫ φ Φ⁶ above u is (1 − Φ(u)⁷) / 7.
    let below = 0.5 * erfc(-height / 2.0.squareRoot())
    let exact = (1 - pow(below, 7)) / 7
    let maxima = NoiseMaxima(correlation: .zero, secondCorrelation: .zero)
    #expect(abs(maxima.perVoxel(above: height) / exact - 1) < 2e-3)
  }

  @Test func `has fewer maxima the higher and the smoother`() {
    var last = 1.0
    for tenth in 0...90 {
      let rough = NoiseMaxima(correlation: .zero, secondCorrelation: .zero)
      let smooth = NoiseMaxima(
        correlation: [0.7, 0.7, 0], secondCorrelation: [0.24, 0.24, 0])
      let height = Double(tenth) / 10
      #expect(rough.perVoxel(above: height) <= last)
      #expect(smooth.perVoxel(above: height) <= rough.perVoxel(above: height))
      last = rough.perVoxel(above: height)
    }
    let any = NoiseMaxima(correlation: [1, -1, .nan], secondCorrelation: [-1, 1, .nan])
    #expect(any.perVoxel(above: 3) >= 0)
    #expect(any.perVoxel(above: -7) == any.perVoxel(above: 0))
    #expect(any.perVoxel(above: 50) == any.perVoxel(above: 9))
  }

  @Test(
    arguments: [
      ([], nil), ([7], 7), ([1, 2], 1.5), ([1, 2, 9], 1.5), ([1, 8, 9], 8.5), ([1, 5, 9], 5),
      ([0, 4, 5, 5.1, 5.2, 9, 20, 70], 5.15),
    ] as [([Float], Float?)])
  func `has its usual size where values lie closest`(values: [Float], mode: Float?) {
    let found = halfSampleMode(values)
    #expect(found == nil && mode == nil || abs((found ?? 0) - (mode ?? 1)) < 0.1)
  }
}

@Suite struct `The blood pool` {
  /// A chest in the plane, in mm: fat, muscle, lungs, a heart, a spine with its cortex.
  private func chest(blood: Double, turned: Bool = false) -> NoisyScan {
    let size = 96
    let mm = 2.0
    return NoisyScan(
      8, size, size, spacing: [mm, mm, 3],
      direction: Direction(
        x: [turned ? -1 : 1, 0, 0], y: [0, turned ? -1 : 1, 0], z: [0, 0, 1]),
      deviation: 20, blur: 0.5, seed: 11
    ) { _, row, column in
      let (x, y) = (Double(column) * mm - 96, Double(turned ? size - 1 - row : row) * mm - 96)
      func inside(_ cx: Double, _ cy: Double, _ rx: Double, _ ry: Double) -> Bool {
        let (a, b) = ((x - cx) / rx, (y - cy) / ry)
        return a * a + b * b <= 1
      }
      if inside(5, -10, 38, 36) { return inside(8, -10, 28, 26) ? blood : 48 }
      if inside(0, 58, 20, 16) { return inside(0, 58, 16, 12) ? 190 : 500 }
      if inside(-45, 0, 35, 62) || inside(48, 0, 32, 62) { return -850 }
      return inside(0, 0, 92, 80) ? (inside(0, 0, 84, 72) ? 52 : -100) : -1000
    }
  }

  @Test(arguments: [false, true])
  func `without contrast has its own attenuation and noise`(turned: Bool) throws {
    let findings = try ScanFindings(chest(blood: 40, turned: turned).ct)
    let tissue = try #require(findings.tissue)
    #expect(abs(tissue.median - 40) < 10)
    #expect(abs(tissue.noise / 20 - 1) < 0.1)
    #expect(!tissue.isEnhanced, "the spine is no blood")
    #expect(findings.warnings.filter { $0.text.contains("contrast") }.isEmpty)
  }

  @Test(arguments: [180, 340, 520])
  func `with contrast is suspected, and its noise is not read as components`(blood: Double) throws {
    let findings = try ScanFindings(chest(blood: blood).ct)
    let tissue = try #require(findings.tissue)
    #expect(abs(tissue.median - blood) < 5)
    #expect(tissue.isEnhanced && findings.noiseCandidates == nil)
    #expect(findings.warnings.contains { $0.text.contains("contrast suspected: blood of") })
  }

  @Test func `is not the marrow of vertebrae in front of the lungs' ends`() throws {
    // As in real chests: marrow of 180 HU, apart from vertebra to vertebra, where the heart may lie.
    let scan = NoisyScan(
      60, 96, 96, spacing: [2, 2, 3], deviation: 12, blur: 0.5, seed: 3
    ) { slice, row, column in
      let (x, y) = (Double(column) * 2 - 96, Double(row) * 2 - 96)
      func inside(_ cx: Double, _ cy: Double, _ rx: Double, _ ry: Double) -> Bool {
        let (a, b) = ((x - cx) / rx, (y - cy) / ry)
        return a * a + b * b <= 1
      }
      if inside(0, -20, 45, 36) { return 40 }
      if inside(0, 26, 17, 14) { return slice % 10 < 8 ? 180 : 70 }
      if inside(-45, 0, 40, 76) || inside(48, 0, 38, 76) { return -850 }
      return inside(0, 0, 92, 84) ? 52 : -1000
    }
    let findings = try ScanFindings(scan.ct)
    let tissue = try #require(findings.tissue)
    #expect(!tissue.isEnhanced && abs(tissue.median - 40) < 10)
    #expect(findings.warnings.filter { $0.text.contains("contrast") }.isEmpty)
  }

  @Test func `is not found in air, in a tiny scan or in one of a single value`() throws {
    for hu in [-1000, 40] as [Int16] {
      for size in [0, 1, 8, 100] {
        var scan = Plaques(3, size, size)
        for i in scan.ct.voxels.indices { scan.ct.voxels[i] = hu }
        let findings = try ScanFindings(scan.ct)
        #expect(findings.tissue == nil && findings.noiseCandidates == nil)
        #expect(findings.warnings.isEmpty && findings.candidates == 0)
      }
    }
  }
}

@Suite struct `Metal` {
  @Test func `is counted with its slices and warned of`() throws {
    var scan = Plaques(6, 5, 9)
    scan.paint([(1, 0, 0), (1, 0, 1), (4, 4, 8)], hu: 3071)
    scan.paint([(4, 4, 7)], hu: 12_000)
    scan.paint([(2, 2, 2), (1, 0, 2)], hu: 3070)
    let findings = try ScanFindings(scan.ct)
    #expect(findings.metalVoxels == 4 && findings.metalSlices == 1...4)
    #expect(
      findings.warnings == [
        "metal: 4 voxels of 3071 HU or more in slices 1 to 4; its streaks may pass for calcium"
      ])
  }

  @Test func `is not there where nothing saturates`() throws {
    var scan = Plaques(2, 5, 5)
    scan.paint([(1, 2, 2)], hu: 3070)
    let findings = try ScanFindings(scan.ct)
    #expect(findings.metalVoxels == 0 && findings.metalSlices == nil && findings.warnings == [])
    #expect(findings.candidates == 1)
  }
}
