// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume

@testable import Phantom

@Suite struct `A synthetic cohort` {
  static let scenes = (0..<400).map {
    Scene(id: $0, options: PhantomOptions(seed: 5, matrix: 64, slices: 24))
  }

  @Test func `has no calcium in 35 to 40 percent of its subjects`() {
    let free = Self.scenes.filter { $0.plaques.isEmpty }.count
    // Three standard errors of 400 draws around 0.37.
    #expect(abs(Double(free) / 400 - 0.375) < 0.072)
  }

  @Test func `has calcium in each artery as often as COCA`() {
    let sick = Self.scenes.filter { !$0.plaques.isEmpty }
    let expected: [Artery: Double] = [
      .leftMain: 0.34, .leftAnteriorDescending: 0.885, .leftCircumflex: 0.563, .right: 0.585,
    ]
    for (artery, share) in expected {
      let found = sick.filter { $0.plaques.contains { $0.artery == artery } }.count
      #expect(abs(Double(found) / Double(sick.count) - share) < 0.1, "\(artery)")
    }
  }

  @Test(arguments: [(0.05, 1.9), (0.25, 26.7), (0.5, 109.6), (0.75, 446), (0.95, 1872)])
  func `follows the percentiles of COCA's scores`(rank: Double, score: Double) {
    #expect(abs(Double(PlaqueBurden.score(atRank: Float(rank))) - score) < 0.01 * score)
  }

  @Test func `puts plaques on the artery that they are counted with`() {
    for scene in Self.scenes.prefix(60) {
      for plaque in scene.plaques {
        let tubes = scene.anatomy.coronaries.branches.filter { $0.artery == plaque.artery }
        for section in plaque.shape.sections {
          let distance = tubes.map { $0.tube.distance(section.center) }.min() ?? .infinity
          #expect(distance < 1)
        }
      }
    }
  }

  @Test func `runs its arteries outside the heart muscle and clear of the chest wall`() {
    for scene in Self.scenes.prefix(60) {
      let heart = scene.anatomy.heart
      for branch in scene.anatomy.coronaries.branches where branch.main {
        for node in branch.tube.nodes {
          #expect(heart.distance(node.position, rounding: 4) > -3)
          #expect(scene.anatomy.cage.inner(node.position.z).distance(node.position) < 0)
        }
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

  @Test func `keeps noise between 15 and 35 HU and makes it grow with the body`() {
    let noise = Self.scenes.map { ($0.anatomy.habitus.size, $0.scan.acquisition.noise) }
    #expect(noise.allSatisfy { $0.1 >= 15 && $0.1 <= 35 })
    let small = noise.filter { $0.0 < 0.35 }.map(\.1)
    let large = noise.filter { $0.0 > 0.6 }.map(\.1)
    #expect(large.reduce(0, +) / Double(large.count) > small.reduce(0, +) / Double(small.count) + 3)
  }

  @Test func `draws both protocols within the spacing that they state`() {
    for scan in [PhantomProtocol.gated, .chest] {
      for id in 0..<40 {
        let geometry = Scene(id: id, options: .init(seed: 2, scanProtocol: scan)).scan.geometry
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
