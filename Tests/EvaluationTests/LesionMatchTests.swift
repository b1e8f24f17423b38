// SPDX-License-Identifier: Apache-2.0
import Evaluation
import TestSupport
import Testing
import Volume

@Suite struct `Lesions of two masks` {
  private func masks(
    _ reference: [(Int, Int, Int)], _ prediction: [(Int, Int, Int)]
  ) -> (Volume<UInt8>, Volume<UInt8>) {
    var (a, b) = (Self.empty(), Self.empty())
    Self.paint(reference, on: &a)
    Self.paint(prediction, on: &b, label: 3)
    return (a, b)
  }

  /// A mask of 8 rows without calcium; a voxel has 3 mm³.
  private static func empty(slices: Int = 4, columns: Int = 8) -> Volume<UInt8> {
    Volume(
      geometry: Geometry(
        extent: Extent(slices: slices, rows: 8, columns: columns), spacing: [1, 1, 3],
        origin: .zero),
      repeating: 0)
  }

  /// Labels voxels (z, y, x).
  private static func paint(
    _ voxels: [(Int, Int, Int)], on mask: inout Volume<UInt8>, label: UInt8 = 1
  ) {
    for (z, y, x) in voxels { mask[z, y, x] = label }
  }

  @Test func `are found by one shared voxel, and made up without any`() throws {
    // Three plaques: one met, one grazed at a corner over slices, one missed; one made up.
    let (a, b) = masks(
      [(0, 0, 0), (0, 0, 1), (1, 1, 2), (1, 5, 5), (3, 7, 7)],
      [(0, 0, 1), (1, 5, 5), (1, 5, 6), (2, 6, 7), (3, 0, 7)])
    let match = try LesionMatch(reference: a, prediction: b)
    #expect(match.reference.map(\.partners) == [[0], [1], []])
    #expect(match.predicted.map(\.partners) == [[0], [1], []])
    #expect(match.reference.map(\.volume) == [9, 3, 3])
    #expect(match.sharedVoxels == 2 && match.dice == 0.4)
    #expect(match.slices == 4 && match.slicesWithReference == 3)
  }

  @Test func `may be many for one`() throws {
    let line = (0..<8).map { (0, 0, $0) }
    let (a, b) = masks(line, [(0, 0, 0), (0, 0, 1), (0, 0, 4), (0, 0, 7)])
    let there = try LesionMatch(reference: a, prediction: b)
    #expect(there.reference.map(\.partners) == [[0, 1, 2]])
    #expect(there.predicted.map(\.partners) == [[0], [0], [0]])
    let back = try LesionMatch(reference: b, prediction: a)
    #expect(back.reference == there.predicted && back.predicted == there.reference)
  }

  @Test func `are those that a voxel by voxel count finds`() throws {
    var random = SplitMix64(seed: 8)
    for _ in 0..<30 {
      func draw() -> [(Int, Int, Int)] {
        (0..<Int.random(in: 0...60, using: &random)).map { _ in
          (
            Int.random(in: 0..<4, using: &random), Int.random(in: 0..<8, using: &random),
            Int.random(in: 0..<8, using: &random)
          )
        }
      }
      let (a, b) = masks(draw(), draw())
      let match = try LesionMatch(reference: a, prediction: b)
      let both = zip(a.voxels, b.voxels).count { $0 > 0 && $1 > 0 }
      #expect(match.sharedVoxels == both)
      #expect(match.reference.reduce(0) { $0 + $1.volume } == 3 * Double(match.referenceVoxels))
      #expect(match.referenceVoxels == a.voxels.count { $0 > 0 })
      #expect(match.predictedVoxels == b.voxels.count { $0 > 0 })
      for (i, lesion) in match.reference.enumerated() {
        for j in lesion.partners { #expect(match.predicted[j].partners.contains(i)) }
      }
      #expect(match.reference.contains { !$0.partners.isEmpty } == (both > 0))
    }
  }

  @Test func `carry the label of most voxels, and the other mask's where both are`() throws {
    var (a, b) = (Self.empty(), Self.empty())
    // An LAD plaque that reaches into the LM, predicted as LCX but for its tip; an RCA plaque missed.
    Self.paint([(0, 0, 0), (0, 0, 1)], on: &a, label: 1)
    Self.paint([(0, 0, 2), (0, 0, 3), (0, 0, 4)], on: &a, label: 2)
    Self.paint([(2, 5, 5)], on: &a, label: 4)
    Self.paint([(0, 0, 2), (0, 0, 3)], on: &b, label: 3)
    Self.paint([(0, 0, 4)], on: &b, label: 2)
    let match = try LesionMatch(reference: a, prediction: b)
    #expect(match.reference.map(\.label) == [2, 4])
    #expect(match.reference.map(\.sharedLabel) == [3, nil])
    #expect(match.predicted.map(\.label) == [3] && match.predicted.map(\.sharedLabel) == [2])
    // As many voxels of two labels: the lower one.
    Self.paint([(0, 0, 1)], on: &b, label: 2)
    #expect(try LesionMatch(reference: a, prediction: b).predicted[0].label == 2)
  }

  @Test func `of empty masks are none, and have no Dice coefficient`() throws {
    let (a, b) = masks([], [])
    let match = try LesionMatch(reference: a, prediction: b)
    #expect(match.reference.isEmpty && match.predicted.isEmpty && match.dice == nil)
    #expect(try LesionMatch(reference: masks([(0, 0, 0)], []).0, prediction: b).dice == 0)
  }

  @Test func `on two grids are refused`() {
    #expect(throws: GeometryError.self) {
      try LesionMatch(reference: Self.empty(columns: 3), prediction: Self.empty(columns: 4))
    }
  }
}
