// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume
import TestSupport

@testable import Phantom

@Suite struct `A synthetic cohort` {
  static let scenes = (0..<150).map {
    Scene(id: $0, options: PhantomOptions(seed: 5, matrix: 64, slices: 24))
  }

  /// The burdens of many subjects, which cost nothing to draw.
  static let burdens = (0..<4000).map { id -> (rank: Float?, targets: [Artery: Float]) in
    var random = KeyedRandom(seed: 6, subject: id, purpose: .plaques)
    let burden = PlaqueBurden(&random, ranks: 0...1)
    let targets = burden.rank.map { burden.targets(rank: $0, &random) } ?? []
    return (burden.rank, Dictionary(uniqueKeysWithValues: targets))
  }

  @Test func `has no calcium in 35 to 40 percent of its subjects`() {
    let free = Self.burdens.filter { $0.rank == nil }.count
    #expect(free > 1400 && free < 1600)
    let drawn = Self.scenes.filter { $0.plaques.isEmpty }.count
    // Three standard errors of 150 draws.
    #expect(abs(Double(drawn) / 150 - 0.37) < 0.12)
  }

  @Test func `has calcium in each artery as often as COCA, and shares it as COCA does`() {
    let sick = Self.burdens.filter { $0.rank != nil }
    let expected: [(Artery, present: Double, share: Double)] = [
      (.leftMain, 0.34, 0.04), (.leftAnteriorDescending, 0.885, 0.43),
      (.leftCircumflex, 0.563, 0.16), (.right, 0.585, 0.36),
    ]
    let all = sick.reduce(0.0) { $0 + Double($1.targets.values.reduce(0, +)) }
    for (artery, present, share) in expected {
      let found = sick.filter { $0.targets[artery] != nil }.count
      #expect(abs(Double(found) / Double(sick.count) - present) < 0.05, "\(artery)")
      let points = sick.reduce(0.0) { $0 + Double($1.targets[artery] ?? 0) }
      // The left main is short: more is asked of it than fits.
      #expect(abs(points / all - share) < (artery == .leftMain ? 0.1 : 0.06), "\(artery)")
    }
  }

  @Test(arguments: [(0.05, 1.9), (0.25, 26.7), (0.5, 109.6), (0.75, 446), (0.95, 1872)])
  func `follows the percentiles of COCA's scores`(rank: Double, score: Double) {
    #expect(abs(Double(PlaqueBurden.score(atRank: Float(rank))) - score) < 0.01 * score)
  }

  @Test func `puts plaques on the artery that they are counted with`() {
    let scenes = Self.scenes.prefix(60)
    #expect(!scenes.flatMap(\.plaques).flatMap(\.shape.sections).isEmpty)
    for scene in scenes {
      for plaque in scene.plaques {
        let tubes = scene.anatomy.coronaries.branches.filter { $0.artery == plaque.artery }
        for section in plaque.shape.sections {
          let distance = tubes.map { $0.tube.distance(section.center) }.min() ?? .infinity
          #expect(distance < 1)
        }
      }
    }
  }

  @Test func `runs its arteries outside the heart muscle and clear of the chest wall`() throws {
    for scene in Self.scenes.prefix(60) {
      let heart = scene.anatomy.heart
      let nodes = scene.anatomy.coronaries.branches.filter(\.main).flatMap(\.tube.nodes)
      for node in try nonEmpty(nodes) {
        #expect(heart.distance(node.position, rounding: 4) > -3)
        #expect(scene.anatomy.cage.inner(node.position.z).distance(node.position) < 0)
      }
    }
  }

  @Test func `has every kind of distractor, in subjects with and without coronary calcium`() {
    for kind in Deposit.Kind.allCases {
      #expect(Self.scenes.contains { $0.deposits.contains { $0.kind == kind } }, "\(kind)")
    }
    for free in [true, false] {
      let scenes = Self.scenes.filter { $0.plaques.isEmpty == free }
      #expect(scenes.contains { $0.deposits.contains { $0.kind == .aorticWall } })
      #expect(scenes.contains { $0.deposits.contains { $0.kind == .mitralAnnulus } })
    }
    #expect(Self.scenes.contains { $0.metal.contains { $0.kind == .lead } })
    #expect(Self.scenes.contains { $0.metal.contains { $0.kind == .clip } })
  }

  @Test func `keeps noise between 8 and 26 HU, as scanners do, and makes it grow with the body`() {
    let noise = Self.scenes.map { ($0.anatomy.habitus.size, $0.scanner.acquisition.noise) }
    #expect(noise.allSatisfy { $0.1 >= 8 && $0.1 <= 26 })
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let small = mean(noise.filter { $0.0 < 0.35 }.map(\.1))
    let large = mean(noise.filter { $0.0 > 0.6 }.map(\.1))
    #expect(large > small + 2.5)
  }

  @Test func `draws both protocols within the spacing that they state`() {
    for scan in [PhantomProtocol.gated, .chest] {
      for id in 0..<40 {
        let geometry = Scene(id: id, options: .init(seed: 2, scanProtocol: scan)).scanner.geometry
        #expect(geometry.spacing.x >= scan.pixelSpacing.low - 1e-4)
        #expect(geometry.spacing.x <= scan.pixelSpacing.high + 1e-4)
        #expect(scan.slices.contains(geometry.extent.slices))
        #expect(scan.thicknesses.contains(geometry.spacing.z))
      }
    }
    #expect(PhantomProtocol.named("gated") == .gated)
    #expect(PhantomProtocol.named("angio") == nil)
  }

  @Test func `keeps a subject's plaques whatever the grid`() {
    let coarse = Scene(id: 9, options: .init(seed: 4, matrix: 64, slices: 24, ranks: 0.6...1))
    let fine = Scene(id: 9, options: .init(seed: 4, matrix: 512, ranks: 0.6...1))
    #expect(coarse.plaques.map(\.attenuation) == fine.plaques.map(\.attenuation))
    #expect(coarse.plaques.map(\.shape.bounds.low) == fine.plaques.map(\.shape.bounds.low))
  }
}
