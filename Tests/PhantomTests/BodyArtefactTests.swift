// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Testing
import Volume

@testable import Phantom

@Suite struct `Scans of subjects made of an atlas` {
  private let atlas = toyAtlas

  /// A scanner of chest scans whose heart moves by some mm or more.
  private func drawn(moving least: Double, from first: Int = 0) -> (BodyScanner, Int)? {
    for subject in first..<first + 60 {
      var random = KeyedRandom(seed: 3, subject: subject, purpose: .acquisition)
      let scanner = BodyScanner(
        options: PhantomOptions(seed: 3, matrix: 128, slices: 40, scanProtocol: .chest),
        heartScale: 1, lungs: -90...140, trunkWidth: 330, &random)
      if scanner.acquisition.motion >= least { return (scanner, subject) }
    }
    return nil
  }

  @Test func `transform an image and get it back`() {
    for side in [16, 64] {
      let square = FourierSquare(side: side)
      var random = KeyedRandom(seed: 1, subject: side, purpose: .noise)
      var plane = square.empty
      for i in plane.real.indices {
        for k in 0..<8 { plane.real[i][k] = random.normal() }
      }
      let before = plane
      square.forward(&plane)
      // The first place is that of the mean.
      let sum = before.real.reduce(0) { $0 + $1.sum() }
      #expect(abs(plane.real[0][0] - sum) < 1e-2)
      square.inverse(&plane)
      let scale = 1 / Float(side * side)
      for i in before.real.indices {
        #expect((plane.real[i] * scale - before.real[i]).max() < 1e-4)
        #expect((plane.imaginary[i] * scale).max() < 1e-4)
      }
    }
  }

  @Test func `know the opposite of each frequency`() {
    let square = FourierSquare(side: 32)
    for (i, frequency) in square.frequencies.enumerated() where frequency != -16 {
      #expect(square.frequencies[square.opposites[i]] == -frequency)
    }
  }

  @Test func `show crescents where a heart without calcium moves, and keep its mass`() throws {
    let (side, pixel) = (128, Float(2))
    var disc = Array(repeating: Float(-850), count: side * side)
    for y in 0..<side {
      for x in 0..<side where (x - 64) * (x - 64) + (y - 64) * (y - 64) < 25 * 25 {
        disc[y * side + x] = 45
      }
    }
    var crescents = 0
    var next = 0
    for _ in 0..<5 {
      let (scanner, subject) = try #require(drawn(moving: 4, from: next))
      next = subject + 1
      let motion = HeartMotion(scanner: scanner, radius: 90, seed: 3, subject: subject)
      var image = disc
      var none: [(Artery, [Float])] = []
      motion.apply(
        to: &image, &none, columns: side, rows: side, pixel: pixel, start: [-128, -128, 0])
      #expect(image.allSatisfy { $0.isFinite })
      let (before, after) = (disc.reduce(0, +), image.reduce(0, +))
      #expect(abs(after - before) < 0.02 * abs(before))
      // The region's rim lies still.
      #expect((0..<side).allSatisfy { image[$0] == disc[$0] || abs(image[$0] + 850) < 60 })
      crescents += image.count { $0 >= 130 }
    }
    #expect(crescents > 20)
  }

  @Test func `leave a heart that rests as it is`() {
    for subject in 0..<60 {
      var random = KeyedRandom(seed: 3, subject: subject, purpose: .acquisition)
      let scanner = BodyScanner(
        options: PhantomOptions(seed: 3, matrix: 64, slices: 12), heartScale: 1, lungs: -90...140,
        trunkWidth: 330, &random)
      guard scanner.acquisition.motion == 0 else { continue }
      let motion = HeartMotion(scanner: scanner, radius: 90, seed: 3, subject: subject)
      let disc = (0..<64 * 64).map { Float($0 % 97) }
      var image = disc
      var none: [(Artery, [Float])] = []
      motion.apply(to: &image, &none, columns: 64, rows: 64, pixel: 3, start: [-96, -96, 0])
      #expect(image == disc)
    }
  }

  @Test func `name bright spots of moving hearts without calcium noise`() async throws {
    let noise = TrainingSubject.classNames.firstIndex(of: "noise")
    var spots = 0
    for id in 0..<24 where spots < 20 {
      let options = PhantomOptions(seed: 5, matrix: 128, slices: 20, scanProtocol: .chest)
      let scan = BodyScan(id: id, options: options, atlas: atlas, burden: .none)
      guard scan.scanner.acquisition.motion > 3, scan.scanner.overshoot < 0.4 else { continue }
      let training = try await TrainingSubject(scan)
      let ct = training.subject.ct
      #expect(!training.subject.hasCalcium)
      let bright = ConnectedComponents(
        of: ct.voxels.map { $0 >= 130 ? 1 : 0 },
        shape: [ct.extent.slices, ct.extent.rows, ct.extent.columns])
      for component in bright.elements {
        #expect(training.classNumber(ofVoxels: component) == noise)
        spots += 1
      }
    }
    #expect(spots > 0)
  }

  @Test func `name metal other, stents in arteries too`() async throws {
    let other = TrainingSubject.classNames.firstIndex(of: "other")
    var found = 0
    for id in 0..<200 where found < 2 {
      let scene = BodyScene(atlas: atlas, seed: 6, subject: id, burden: .training)
      let kinds = Set(scene.calcium.blobs.map(\.kind))
      guard kinds.contains(.elsewhere("stent")),
        !kinds.contains(where: { if case .coronary = $0 { true } else { false } })
      else { continue }
      let options = PhantomOptions(seed: 6, matrix: 128, slices: 40)
      let training = try await TrainingSubject(id: id, options: options, atlas: atlas)
      let ct = training.subject.ct
      #expect(!training.subject.hasCalcium)
      let dense = ConnectedComponents(
        of: ct.voxels.map { $0 >= 300 ? 1 : 0 },
        shape: [ct.extent.slices, ct.extent.rows, ct.extent.columns])
      for component in dense.elements where component.count > 3 {
        let place = component[component.count / 2]
        // What the heart holds is the stent; electrodes lie outside.
        #expect(training.classNumber(ofVoxels: component) == other, "voxel \(place) of \(id)")
      }
      found += 1
    }
    #expect(found > 0)
  }

  @Test func `have scores as a cohort of patients has`() async throws {
    var scores: [Double] = []
    for id in 0..<24 {
      let options = PhantomOptions(seed: 12, matrix: 160, slices: 40)
      let subject = try await phantomSubject(id: id, options: options, atlas: atlas)
      if subject.truth.total.lesions > 0 { scores.append(subject.truth.total.agatston) }
    }
    scores.sort()
    #expect(scores.count > 9)
    // Those of the cohort are 110 and 5,770.
    #expect((25...450).contains(scores[scores.count / 2]))
    #expect((scores.last ?? 0) < 7000)
    #expect(scores[scores.count / 10] < 60)
  }

  @Test func `have dark and bright bands between bones only`() {
    // Without bones there is nothing to harden the beam, and arms lie beside most bodies' scans.
    let scene = BodyScene(atlas: atlas, seed: 1, subject: 2, burden: .training)
    for subject in 0..<8 {
      var random = KeyedRandom(seed: 3, subject: subject, purpose: .acquisition)
      let scanner = BodyScanner(
        options: PhantomOptions(seed: 3, matrix: 64, slices: 12), heartScale: 1, lungs: -90...140,
        trunkWidth: 330, &random)
      let hardening = BeamHardening(isGated: true, trunkWidth: 330, seed: 3, subject: subject)
      let map = BodyMap(scene.pose, over: hardening.box(like: scanner), step: 16)
      let shade = hardening.shade(of: scene, map: map, height: 0, slice: 4)
      let again = hardening.shade(of: scene, map: map, height: 0, slice: 4)
      for place in [SIMD2<Float>(0, 0), [40, -30], [-60, 50]] {
        #expect(shade.value(at: place) == again.value(at: place))
        #expect(abs(shade.value(at: place)) < 100)
      }
    }
  }
}
