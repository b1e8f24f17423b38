// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Stages
import TestSupport
import Testing
import Torch

@Suite struct `The localiser` {
  @Test(arguments: [[8, 8, 8], [5, 7, 9], [1, 1, 1], [3, 16, 2]])
  func `maps scans of any extent`(extent: [Int]) throws {
    let n = extent.reduce(1, *)
    var random = SplitMix64(seed: 3)
    let hu = (0..<n).map { _ in Float.random(in: -900...300, using: &random) }
    let maps = try Toy.localiser().maps(hu: hu, extent: extent)
    #expect(maps.extent == extent)
    #expect(maps.heatMaps.count == n)
    #expect(maps.probabilities.count == 2 * n)
    for i in 0..<n { #expect(abs(maps.probabilities[i] + maps.probabilities[n + i] - 1) < 1e-5) }
    #expect(maps.heatMaps.allSatisfy { $0.isFinite })
  }

  @Test func `repeats the edge of a scan that it must enlarge`() throws {
    let localiser = try Toy.localiser()
    let crop = Toy.crop(1)
    let rows = (0..<64).map { Array(crop.hu[$0 * 8..<$0 * 8 + 7]) }
    // The last voxel of each row, once more.
    let wide = rows.flatMap { $0 + [$0[6]] }
    let expected = try localiser.maps(hu: wide, extent: [8, 8, 8]).heatMaps
    let found = try localiser.maps(hu: rows.flatMap { $0 }, extent: [8, 8, 7]).heatMaps
    let cropped = (0..<64).flatMap { Array(expected[$0 * 8..<$0 * 8 + 7]) }
    #expect(found == cropped)
  }

  @Test func `maps a scan as it was trained to`() throws {
    let localiser = try Toy.localiser()
    let crop = Toy.crop(3)
    let maps = try localiser.maps(hu: crop.hu, extent: crop.extent)
    // What would be learnt if the maps were the truth: nothing.
    let sample = LocaliserSample(
      extent: crop.extent, hu: crop.hu, classes: crop.classes, heatMaps: maps.heatMaps)
    let parts = try localiser.loss([sample]).parts
    let error = try #require(parts.first { $0.name == "heat maps" }).value
    #expect(error < 1e-9)
    let cost = try #require(parts.first { $0.name == "cross-entropy" }).value
    let logs = crop.classes.indices.map {
      log(maps.probabilities[Int(crop.classes[$0]) * 512 + $0])
    }
    #expect(abs(Double(-logs.reduce(0, +) / 512) - cost) < 1e-4)
  }

  @Test func `refuses scans that are none`() throws {
    let localiser = try Toy.localiser()
    let scans: [([Float], [Int])] = [
      ([1, 2], [1, 1, 1]), ([], [0, 1, 1]), ([1], [1, 1]), ([.nan], [1, 1, 1]),
      ([1], [-1, -1, 1]), ([1], [.max, .max, 2]),
    ]
    for (hu, extent) in scans {
      let error = try #require(throws: StagesError.self) {
        try localiser.maps(hu: hu, extent: extent)
      }
      #expect(error.code == .input)
    }
  }

  @Test(arguments: [(-300, -1), (-200, -1), (0, 0), (100, 0.5), (200, 1), (900, 1)])
  func `sees Hounsfield units through windows`(hu: Float, value: Float) {
    #expect(abs(HUWindow(-200, 200)(hu) - value) < 1e-6)
  }

  @Test func `is refused where its design contradicts itself`() throws {
    func fails(_ change: (inout LocaliserDesign) -> Void) throws {
      var design = Toy.design
      change(&design)
      let error = try #require(throws: StagesError.self) {
        try Localiser(design, seed: 1, on: .cpu)
      }
      #expect(error.code == .design)
    }
    try fails { $0.spacing = 0 }
    try fails { $0.spacing = .nan }
    try fails { $0.features = [8] }
    try fails { $0.features = [8, 1_000_000] }
    try fails { $0.windows = [] }
    try fails { $0.windows = [HUWindow(200, -200)] }
    try fails { $0.classes = ["heart", "lung"] }
    try fails { $0.classes = ["background"] }
    try fails { $0.heatMaps = ["LAD", "LAD"] }
  }

  @Test func `has the same weights for the same seed`() throws {
    func bits(_ seed: UInt64) throws -> [[Float]] {
      try Toy.localiser(seed: seed).parameters.map { try $0.tensor.floats() }
    }
    #expect(try bits(1) == bits(1))
    #expect(try bits(1) != bits(2))
  }

  @Test func `passes gradients to all of its parameters`() throws {
    let localiser = try Localiser(
      LocaliserDesign(
        features: [4, 8, 8], classes: ["background", "a", "b"], heatMaps: ["c", "d"]), seed: 1,
      on: .cpu)
    let crop = Toy.crop(2)
    let sample = LocaliserSample(
      extent: crop.extent, hu: crop.hu, classes: crop.classes,
      heatMaps: crop.heatMaps + crop.heatMaps)
    try localiser.loss([sample]).total.backward()
    for (name, tensor) in try nonEmpty(localiser.parameters) {
      let gradient = try #require(try tensor.gradient?.floats(), "\(name)")
      #expect(gradient.contains { $0 != 0 } && gradient.allSatisfy(\.isFinite), "\(name)")
    }
  }
}
