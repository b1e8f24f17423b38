// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Torch
import Volume

@testable import Learning

@Suite struct `The previous stage's labels` {
  static let count = 20_000

  private func fits(_ hits: Int, of n: Int, _ p: Double) -> Bool {
    abs(Double(hits) / Double(n) - p) < 5 * (p * (1 - p) / Double(n)).squareRoot()
  }

  @Test func `change and lose components as often as nnU-Net's`() {
    var rng = SplitMix64(seed: 30)
    let draws = (0..<Self.count).map { _ in CascadeDraw(labels: 2, using: &rng) }
    // Within a fired transform each of two labels takes part half of the time.
    #expect(fits(draws.count { !$0.changes.isEmpty }, of: Self.count, 0.4 * 0.75))
    #expect(fits(draws.count { $0.changes.count == 2 }, of: Self.count, 0.4 * 0.25))
    #expect(fits(draws.count { !$0.removals.isEmpty }, of: Self.count, 0.2 * 0.75))
    #expect(
      fits(
        draws.count { !$0.removals.isEmpty && !$0.changes.isEmpty }, of: Self.count,
        0.4 * 0.75 * 0.2 * 0.75))
    let changes = draws.flatMap(\.changes)
    for operation in CascadeDraw.Operation.allCases {
      #expect(fits(changes.count { $0.operation == operation }, of: changes.count, 0.25))
    }
    for quarter in 1...3 {
      let bound = 1 + 7 * Double(quarter) / 4
      #expect(
        fits(changes.count { $0.radius < bound }, of: changes.count, Double(quarter) / 4))
    }
    #expect(changes.allSatisfy { (1...8).contains($0.radius) })
    // Labels take turns in a random order, each once.
    let pairs = draws.map(\.changes).filter { $0.count == 2 }
    #expect(fits(pairs.count { $0[0].channel == 0 }, of: pairs.count, 0.5))
    #expect(pairs.allSatisfy { $0[0].channel != $0[1].channel })
    let removals = draws.flatMap(\.removals)
    #expect(fits(removals.count { $0.choice < 0.5 }, of: removals.count, 0.5))
  }

  @Test(arguments: try AugmentationGolden.file.get().morphology)
  func `change their shape as batchgeneratorsv2's do`(
    golden: AugmentationGolden.Morphology
  ) throws {
    let labels = AugmentationGolden.patch(golden.shape).labels
    var channels = [1, 2].map { label in labels.map { $0 == label ? UInt8(1) : 0 } }
    var draw = CascadeDraw()
    draw.changes = [
      .init(
        channel: 0, operation: try #require(.init(rawValue: golden.operation)),
        radius: golden.radius)
    ]
    CascadeInput.apply(draw, to: &channels, shape: golden.shape)
    #expect(channels.joined().map(String.init).joined() == golden.channels)
  }

  @Test(arguments: try AugmentationGolden.file.get().sequences)
  func `change one after the other, and take from each other, as batchgeneratorsv2's do`(
    golden: AugmentationGolden.Sequence
  ) throws {
    let labels = AugmentationGolden.patch(golden.shape).labels
    var channels = [1, 2].map { label in labels.map { $0 == label ? UInt8(1) : 0 } }
    var draw = CascadeDraw()
    draw.changes = try golden.changes.map {
      .init(
        channel: $0.channel, operation: try #require(.init(rawValue: $0.operation)),
        radius: $0.radius)
    }
    CascadeInput.apply(draw, to: &channels, shape: golden.shape)
    #expect(channels.joined().map(String.init).joined() == golden.channels)
  }

  @Test(arguments: try AugmentationGolden.file.get().losses)
  func `lose the components that batchgeneratorsv2 may lose`(golden: AugmentationGolden.Losses)
    throws
  {
    let mask = try golden.mask.map { try #require($0.wholeNumberValue.map(UInt8.init)) }
    #expect(golden.left.count > 5)
    var left: [String] = []
    for index in golden.left.indices {
      var draw = CascadeDraw()
      draw.removals = [
        .init(channel: 0, choice: (Double(index) + 0.5) / Double(golden.left.count))
      ]
      var channels = [mask]
      CascadeInput.apply(draw, to: &channels, shape: golden.shape)
      left.append(channels[0].map(String.init).joined())
    }
    #expect(left.sorted() == golden.left.sorted())
  }

  @Test func `lose one small component, never a large one`() throws {
    // A component of 4 that touches itself at corners, one of 2, and one of 20 in 100 voxels.
    var mask = [UInt8](repeating: 0, count: 100)
    for i in [0, 11, 22, 33, 8, 9] + Array(70..<90) { mask[i] = 1 }
    #expect(ConnectedComponents(of: mask, shape: [10, 10]).sizes == [4, 2, 20])
    for (choice, lost) in [(0.0, [0, 11, 22, 33]), (0.49, [0, 11, 22, 33]), (0.99, [8, 9])] {
      var draw = CascadeDraw()
      draw.removals = [.init(channel: 1, choice: choice)]
      let other = mask.map { 1 - $0 }
      var channels = [other, mask]
      CascadeInput.apply(draw, to: &channels, shape: [10, 10])
      #expect(channels[0] == other)
      #expect(mask.indices.filter { mask[$0] != channels[1][$0] } == lost)
    }
    var large = [[UInt8](repeating: 1, count: 100)]
    var draw = CascadeDraw()
    draw.removals = [.init(channel: 0, choice: 0.5)]
    CascadeInput.apply(draw, to: &large, shape: [10, 10])
    #expect(large[0].allSatisfy { $0 == 1 })
  }

  @Test func `follow the images as one mask a label, moved like the labels`() throws {
    let (image, labels) = AugmentationGolden.patch([11, 13])
    var draw = AugmentationDraw()
    draw.rotation = [0.4]
    draw.mirroredAxes = [1]
    let maps = Array([labels, labels.map { $0 == 1 ? 2 : $0 == 2 ? 1 : $0 }].joined())
    let result = try Augmentation(size: [9, 10])(
      [draw, AugmentationDraw()], images: Tensor(image + image, shape: [2, 1, 11, 13]),
      labels: Tensor(maps + maps, shape: [2, 2, 11, 13]))
    #expect(result.labels.shape == [2, 2, 9, 10])
    let own = try result.labels.narrowed(1, from: 0, length: 1)
    let previous = try result.labels.narrowed(1, from: 1, length: 1)
    let input = try CascadeInput(labels: [1, 2])(images: result.images, previous: previous)
    #expect(input.shape == [2, 3, 9, 10])
    #expect(
      try input.narrowed(1, from: 0, length: 1).floats() == result.images.floats())
    for (channel, label) in [(1, 2.0), (2, 1)] {
      #expect(
        try input.narrowed(1, from: channel, length: 1).floats()
          == own.equals(label).to(.float32).floats())
    }
    // A draw changes its own sample only.
    var change = CascadeDraw()
    change.changes = [.init(channel: 1, operation: .dilation, radius: 2)]
    let changed = try CascadeInput(labels: [1, 2])(
      images: result.images, previous: previous, draws: [CascadeDraw(), change])
    #expect(try changed.selected(0, 0).floats() == input.selected(0, 0).floats())
    #expect(
      try changed.selected(0, 1).selected(0, 2).sum().item()
        > input.selected(0, 1).selected(0, 2).sum().item())
  }
}
