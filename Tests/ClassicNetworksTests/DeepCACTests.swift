// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import TestSupport
import Testing
import Torch
import Volume

@testable import ClassicNetworks

/// What `Oracles/fixtures/deepcac.py` printed.
private struct DeepCACReference: Decodable {
  let heartParameters: [Int]
  let heartLosses: [Double]
  let heartProbabilities: [Double]
  let calciumParameters: [Int]
  let calciumLosses: [Double]
  let calciumProbabilities: [Double]

  static func read() throws -> Self {
    try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: fixture("classic-networks/deepcac.json")))
  }
}

@Suite struct `DeepCAC's networks beside PyTorch's` {
  private static let edge = 16

  private func count(_ shape: VolumeUNet.Shape) throws -> Int {
    try VolumeUNet(shape, seed: 1, on: .cpu).parameters.reduce(0) { $0 + $1.tensor.count }
  }

  @Test func `have 26 and 16 million parameters, as published`() throws {
    let reference = try DeepCACReference.read()
    #expect(try [count(.heart)] == reference.heartParameters)
    #expect(try [count(.calcium)] == reference.calciumParameters)
    #expect(reference.heartParameters == [26_048_577])
    #expect(reference.calciumParameters == [16_320_257])
  }

  /// Ten steps of a narrow network as the oracle takes them, and its probabilities after them.
  private func run(
    _ shape: VolumeUNet.Shape, rate: Double
  ) throws -> (losses: [Double], probabilities: [Double]) {
    let network = try VolumeUNet(shape.scaled(to: 4), seed: 1, on: .cpu)
    try fill(network.parameters)
    let extent = [2, 1, Self.edge, Self.edge, Self.edge]
    let voxels = extent.reduce(1, *)
    let image = try Tensor(noise(voxels, 300).map { Float($0) }, shape: extent)
    let target = try Tensor(noise(voxels, 301).map { $0 > 0.6 ? Float(1) : 0 }, shape: extent)
    let optimizer = try Adam(network.parameters, rate: rate)
    var none = Dropout.none
    let losses = try (0..<10).map { _ in
      try optimizer.clearGradients()
      let loss = try VolumeUNet.loss(
        network.probabilities(image, isTraining: true, dropout: &none), target)
      try loss.backward()
      try optimizer.step()
      return try loss.item()
    }
    let found = try withInferenceMode {
      try network.probabilities(image, isTraining: false, dropout: &none).floats()
    }
    return (losses, stride(from: 0, to: found.count, by: 97).map { Double(found[$0]) })
  }

  /// Torch's own single precision is up to 6e-8 from its double precision in losses, 8e-7 in the heart's
  /// probabilities and 2e-4 in those behind batch norms, as the file says.
  private func expect(_ own: [Double], _ theirs: [Double], within tolerance: Double) throws {
    for (i, (a, b)) in try pairs(own, theirs).enumerated() {
      #expect(abs(a - b) < tolerance, "\(i): \(a), \(b)")
    }
  }

  @Test func `of the heart have the same losses for 10 steps, and then the same outputs`() throws {
    let (reference, own) = (try DeepCACReference.read(), try run(.heart, rate: 1e-5))
    try expect(own.losses, reference.heartLosses, within: 1e-5)
    try expect(own.probabilities, reference.heartProbabilities, within: 5e-5)
  }

  @Test func `of calcium have the same losses for 10 steps, and then the same outputs`() throws {
    let (reference, own) = (try DeepCACReference.read(), try run(.calcium, rate: 1e-4))
    try expect(own.losses, reference.calciumLosses, within: 1e-5)
    try expect(own.probabilities, reference.calciumProbabilities, within: 2e-3)
  }
}

@Suite struct `DeepCAC's steps` {
  private func classes() throws -> ScanClasses { try DeepCAC.classes(of: [("calcium", 1)]) }

  /// Sets what a network answers everywhere, by the bias of its head.
  private func answer(_ logit: Float, of network: VolumeUNet) throws {
    try withoutGradients {
      for (name, tensor) in network.parameters where name.hasPrefix("head.") {
        let value = name == "head.bias" ? logit : 0
        try tensor.copy(
          from: Tensor([Float](repeating: value, count: tensor.count), shape: tensor.shape))
      }
    }
  }

  private func method() throws -> DeepCAC {
    try DeepCAC(classes(), options: MethodOptions(features: 1), on: .cpu)
  }

  @Test func `mark voxels of at least 130 HU alone, where all networks agree`() throws {
    let (ct, _) = Toy.volume()
    let method = try method()
    for network in [method.localiser, method.heart, method.calcium] { try answer(9, of: network) }
    let found = try DeepCAC.segment(ct, with: [method], progress: { _ in })
    #expect(found == ct.voxels.map { $0 >= 130 ? 1 : 0 })
    // From a probability of 0.9 on: 2.0 is one of 0.88.
    try answer(2, of: method.calcium)
    #expect(try DeepCAC.segment(ct, with: [method], progress: { _ in }).allSatisfy { $0 == 0 })
    try answer(9, of: method.calcium)
    try answer(-9, of: method.heart)
    #expect(try DeepCAC.segment(ct, with: [method], progress: { _ in }).allSatisfy { $0 == 0 })
    try answer(9, of: method.heart)
    try answer(-9, of: method.localiser)
    #expect(try DeepCAC.segment(ct, with: [method], progress: { _ in }).allSatisfy { $0 == 0 })
  }

  @Test func `know calcium alone, and say so where arteries are labelled`() throws {
    #expect(try classes().count == 2)
    #expect(throws: LearningError.self) { try DeepCAC.classes(of: [("LM", 1), ("LAD", 2)]) }
  }

  @Test func `of another width keep it in their checkpoint; Lessmann's have one`() throws {
    let options = MethodOptions(features: 2)
    let narrow = try DeepCAC(classes(), options: options, on: .cpu)
    let state = MethodState(network: "deepcac", classes: try classes(), options: options)
    let folder = try TemporaryFolder()
    let file = folder.file("latest.safetensors")
    try MethodCheckpoint.write(try MethodTrainer(narrow, state: state), to: file)
    let again = try MethodCheckpoint(contentsOf: file).method(on: .cpu)
    #expect(
      again.parts.map { $0.parameters.map(\.tensor.shape) }
        == narrow.parts.map { $0.parameters.map(\.tensor.shape) })
    #expect(throws: LearningError.self) {
      try Lessmann(classes(), options: options, on: .cpu)
    }
  }

  @Test func `a box holds the scan's values between voxels, and air beyond it`() throws {
    let (ct, classes) = Toy.volume()
    let scan = TrainingScan(name: "toy", ct, classes: classes)
    let grid = scan.scan.grid
    // A box of the grid's own voxels about its middle.
    let middle = [3 * 1.5, 10 * 0.66, 12 * 0.66]
    let box = VolumeBox(extent: [2, 4, 4], spacing: [1.5, 0.66, 0.66], centre: middle)
    let input = box.input(scan.scan)
    for (i, value) in input.enumerated() {
      let (z, y, x) = (2 + i / 16, 8 + i / 4 % 4, 10 + i % 4)
      let hu = Float(scan.scan.hu[(z * grid.extent.rows + y) * grid.extent.columns + x])
      #expect(abs(value - ((hu + 1024) * 2 / 4095 - 1)) < 1e-5)
    }
    let target = box.target({ scan.classes[$0] != 0 }, grid)
    #expect(target.contains(1) && target.contains(0))
    let away = VolumeBox(extent: [2, 4, 4], spacing: [1.5, 0.66, 0.66], centre: [99, 99, 99])
    #expect(away.input(scan.scan).allSatisfy { $0 == -1 })
    #expect(away.target({ _ in true }, grid).allSatisfy { $0 == 0 })
    // A quarter of a turn, seen from the head, brings the box's columns along the scan's rows.
    let turned = VolumeBox(
      extent: [1, 1, 3], spacing: [1.5, 0.66, 0.66], centre: middle, angle: .pi / 2)
    let straight = VolumeBox(extent: [1, 3, 1], spacing: [1.5, 0.66, 0.66], centre: middle)
    for (a, b) in zip(turned.input(scan.scan), straight.input(scan.scan)) {
      #expect(abs(a - b) < 1e-5)
    }
    // The voxel of a place is the one whose centre it is.
    for i in 0..<box.count {
      let place = [
        box.place(axis: 0, i / 16), box.place(axis: 1, i / 4 % 4), box.place(axis: 2, i % 4),
      ]
      #expect(box.voxel(at: place) == i)
    }
    #expect(box.voxel(at: [0, 0, 0]) == nil)
  }

  @Test func `learn from hearts that are known, and say where none is`() throws {
    let (ct, classes) = Toy.volume()
    let method = try method()
    let heart = ct.voxels.indices.map { _ in true }
    let known = TrainingScan(name: "known", ct, classes: classes, heart: heart)
    let unknown = TrainingScan(name: "unknown", ct, classes: classes)
    var dropout = Dropout.none
    let calcium = try #require(method.parts.last)
    var generator = KeyedGenerator(seed: 1, purpose: .training)
    for scan in [known, unknown] { try calcium.prepare(scan) }
    let loss = try calcium.loss(
      of: [unknown, known], size: 2, generator: &generator, dropout: &dropout, isTraining: true)
    #expect(try (0...1).contains(loss.item()))
    #expect(throws: LearningError.self) {
      try calcium.loss(
        of: [unknown], size: 2, generator: &generator, dropout: &dropout, isTraining: true)
    }
  }

  @Test func `take Adam's rate down by 0.7 every 200 or 100 epochs`() throws {
    let schedules = try method().parts.map(\.schedule)
    #expect(schedules.map(\.epochs) == [1200, 1200, 600])
    #expect(schedules[0].rate(inEpoch: 199) == 1e-5)
    #expect(abs(schedules[0].rate(inEpoch: 400) - 0.49e-5) < 1e-18)
    #expect(abs(schedules[2].rate(inEpoch: 100) - 0.7e-4) < 1e-18)
  }
}
