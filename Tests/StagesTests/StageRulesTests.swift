// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Volume

@testable import Stages

@Suite struct `Rules between the stages` {
  private let rules = StageRules()

  private func candidate(
    _ probabilities: [String: Float], heat: Float = 0.1, sac: Float = 1, peak: Int16 = 400,
    area: Double = 8
  ) -> StageCandidate {
    var candidate = StageCandidate(voxels: [0], peak: peak, area: area, centre: .zero)
    candidate.probabilities = probabilities
    candidate.heat = ["LAD": heat]
    candidate.sac = sac
    return candidate
  }

  @Test func `take an artery that is likely enough, by the sum of all arteries`() {
    #expect(rules.artery(of: candidate(["LAD": 0.5, "LCX": 0.35, "noise": 0.15])) == "LAD")
    #expect(rules.artery(of: candidate(["LAD": 0.45, "LCX": 0.3, "noise": 0.25])) == nil)
  }

  @Test func `want more of a faint speck`() {
    let chances: [String: Float] = ["RCA": 0.82, "noise": 0.18]
    #expect(rules.artery(of: candidate(chances)) == "RCA")
    #expect(rules.artery(of: candidate(chances, peak: 150, area: 1.5)) == nil)
    // Either alone is no speck.
    #expect(rules.artery(of: candidate(chances, peak: 150, area: 2.5)) == "RCA")
    #expect(rules.artery(of: candidate(chances, peak: 180, area: 1.5)) == "RCA")
  }

  @Test func `take a less likely lesion of a person who is sure to have calcium`() {
    let likely = candidate(["LAD": 0.7, "noise": 0.3])
    #expect(rules.artery(of: likely) == nil)
    #expect(rules.artery(of: likely, besideCalcium: true) == "LAD")
    #expect(rules.artery(of: candidate(["LAD": 0.55]), besideCalcium: true) == nil)
    // A faint speck stays one, and rules that ask for less already ask for no more.
    let speck = candidate(["LAD": 0.8, "noise": 0.2], peak: 150, area: 1.5)
    #expect(rules.artery(of: speck, besideCalcium: true) == nil)
    var lenient = rules
    lenient.probability = 0.5
    #expect(lenient.artery(of: candidate(["LAD": 0.55]), besideCalcium: true) == "LAD")
  }

  @Test func `know of calcium by the volume of sure lesions alone`() {
    func lesion(_ chance: Float, voxels: Int) -> StageCandidate {
      var lesion = StageCandidate(
        voxels: Array(0..<voxels), peak: 400, area: 8, centre: .zero)
      lesion.probabilities = ["LAD": chance, "noise": 1 - chance]
      return lesion
    }
    #expect(!rules.knowsCalcium(of: [], voxelVolume: 0.5))
    #expect(!rules.knowsCalcium(of: [lesion(0.75, voxels: 500)], voxelVolume: 0.5))
    #expect(!rules.knowsCalcium(of: [lesion(0.95, voxels: 39)], voxelVolume: 0.5))
    #expect(
      rules.knowsCalcium(of: [lesion(0.95, voxels: 20), lesion(0.9, voxels: 20)], voxelVolume: 0.5))
    // By the place alone, without a classifier, nothing is sure.
    var placed = StageCandidate(voxels: Array(0..<500), peak: 400, area: 8, centre: .zero)
    (placed.heat, placed.sac) = (["LAD": 0.9], 1)
    #expect(!rules.knowsCalcium(of: [placed], voxelVolume: 0.5))
  }

  @Test func `count other things by a fifth on the course of an artery alone`() {
    let chances: [String: Float] = ["RCA": 0.32, "other": 0.64, "noise": 0.04]
    #expect(
      abs(rules.chance(of: candidate(chances, heat: 0.4)) - 0.32 / (0.36 + 0.64 / 5)) < 1e-5)
    for elsewhere in [
      candidate(chances, heat: 0.25), candidate(chances, heat: 0.4, sac: 0.7),
      candidate(chances, heat: 0.4, peak: 1200),
    ] { #expect(rules.chance(of: elsewhere) == 0.32) }
    // What is hardly an artery's stays so.
    #expect(rules.chance(of: candidate(["RCA": 0.05, "other": 0.95], heat: 0.9)) == 0.05)
  }
}

@Suite struct `The calibration of a chance` {
  @Test func `leaves it alone at slope 1 and offset 0, and moves its logit else`() {
    var rules = StageRules()
    #expect(rules.calibrated(0.8) == 0.8)
    (rules.calibrationSlope, rules.calibrationOffset) = (2, -1)
    for chance: Float in [0.02, 0.3, 0.5, 0.9] {
      let logit = 2 * logf(chance / (1 - chance)) - 1
      #expect(abs(rules.calibrated(chance) - 1 / (1 + expf(-logit))) < 1e-5)
    }
    // The ends stay probabilities.
    #expect((0...1).contains(rules.calibrated(0)) && rules.calibrated(0) < 1e-9)
    #expect((0...1).contains(rules.calibrated(1)) && rules.calibrated(1) > 0.999)
    // What counts is decided by the calibrated chance.
    var candidate = StageCandidate(voxels: [0], peak: 400, area: 8, centre: .zero)
    candidate.probabilities = ["LAD": 0.85, "noise": 0.15]
    candidate.heat = ["LAD": 0.1]
    #expect(StageRules().artery(of: candidate) == "LAD")
    rules.calibrationOffset = -3
    #expect(rules.artery(of: candidate) == nil)
  }
}

@Suite struct `The chances of a candidate` {
  @Test func `are those of each place of the localiser's cubes, or that of their mean`() {
    var candidate = StageCandidate(voxels: [0], peak: 400, area: 8, centre: .zero)
    candidate.probabilities = ["LAD": 0.5, "noise": 0.5]
    #expect(StageRules().chances(of: candidate) == [0.5])
    candidate.variants = [["LAD": 0.2, "noise": 0.8], ["LAD": 0.5, "RCA": 0.25, "noise": 0.25]]
    #expect(StageRules().chances(of: candidate) == [0.2, 0.75])
    #expect(StageRules().chance(of: candidate) == 0.5)
  }
}

@Suite struct `The noise of a scan` {
  /// A scan of blood with Gaussian noise that is independent in each pixel, all of it ventricles.
  private func scan(noise: Double) -> (ct: Volume<Int16>, maps: ScanMaps) {
    var random = SplitMix64(seed: 4)
    var ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 8, rows: 80, columns: 80), spacing: [0.7, 0.7, 3]), repeating: 0)
    for i in ct.voxels.indices {
      let sum = (0..<12).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
      ct.voxels[i] = Int16((45 + noise * (sum - 6)).rounded())
    }
    let coarse = CoarseScan(ct, spacing: 4)
    let count = coarse.extent.reduce(1, *)
    let design = LocaliserDesign(
      features: [4, 8], classes: ["background", "ventricles"], heatMaps: ["LAD"])
    let maps = LocaliserMaps(
      extent: coarse.extent,
      probabilities: Array(repeating: 0, count: count) + Array(repeating: 1, count: count),
      heatMaps: Array(repeating: 0, count: count))
    return (ct, ScanMaps(coarse, maps, design: design))
  }

  @Test(arguments: [8.0, 20, 45]) func `is measured within the heart`(noise: Double) throws {
    let (ct, maps) = scan(noise: noise)
    #expect(abs(try #require(ScanGrain.noise(ct, maps)) - noise) < 0.06 * noise)
  }

  @Test func `is left as it is below the limit, and smoothed to a soft kernel's above`() throws {
    let quiet = scan(noise: 18)
    let same = ScanGrain.calmed(quiet.ct, quiet.maps)
    #expect(same.width == 0 && same.scan.voxels == quiet.ct.voxels)
    let loud = scan(noise: 45)
    let calmed = ScanGrain.calmed(loud.ct, loud.maps)
    #expect(calmed.width > 0)
    #expect(try #require(ScanGrain.noise(calmed.scan, loud.maps)) < 12)
    // The mean stays, so that HU mean the same.
    func mean(_ scan: Volume<Int16>) -> Double {
      scan.voxels.reduce(0) { $0 + Double($1) } / Double(scan.voxels.count)
    }
    #expect(abs(mean(calmed.scan) - mean(loud.ct)) < 0.3)
  }
}
