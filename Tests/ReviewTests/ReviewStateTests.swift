// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Random
import Review
import Studies
import Testing
import Volume

@Suite struct ReviewStateTests {
  @Test func `a click takes the group of the voxel in three dimensions`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .leftMain))
    let lesion = try #require(reading.state.lesions[1])
    #expect(lesion.voxels.count == 18)
    #expect(lesion.label == .leftMain && lesion.origin == .reader)
    #expect(try reading.subject.score(reading.state).score.agatston == 18 * 2)
  }

  @Test func `a click with shift takes the group's part in the slice`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .slice, label: .right))
    #expect(reading.state.lesions[1]?.voxels.count == 9)
    // The rest of the group is another lesion of the next click.
    try reading.take(.pick(voxel: [3, 3, 2], scope: .group, label: .leftMain))
    #expect(reading.labels == [.right, .leftMain])
    #expect(reading.state.lesions[2]?.voxels.count == 9)
  }

  @Test func `a slice is taken out of a lesion that is marked already`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .leftMain))
    try reading.take(.pick(voxel: [3, 3, 2], scope: .slice, label: .aorta))
    #expect(reading.labels == [.leftMain, .aorta])
    #expect(reading.state.lesions.values.map(\.voxels.count) == [9, 9])
  }

  @Test(arguments: [[0, 0, 0], [23, 23, 7], [24, 0, 0], [-1, 3, 1], [3, 3], [3, 3, 1, 1], []])
  func `a click that hits no calcium changes nothing and says why`(voxel: [Int]) throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    #expect(throws: ReviewError.self) {
      try reading.take(.pick(voxel: voxel, scope: .group, label: .right))
    }
    #expect(reading.state == ReviewState())
  }

  @Test(arguments: [(Int16(129), false), (130, true)])
  func `a voxel is taken from 130 HU on`(hu: Int16, isTaken: Bool) throws {
    var scan = DrawnScan()
    scan.block(5...6, 5...6, 2...2, hu: hu)
    var reading = Reading(try scan.subject())
    try? reading.take(.pick(voxel: [5, 5, 2], scope: .group, label: .right))
    #expect(reading.state.lesions.isEmpty != isTaken)
  }

  @Test func `a cut gives each side of the line a lesion of its own`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [6, 15, 3], scope: .group, label: .leftMain))
    let whole = try #require(reading.state.lesions[1]).voxels
    try reading.take(.cut(lesion: 1, plane: .axial, from: [7.5, 10], to: [7.5, 20]))
    let parts = reading.state.lesions.values.map(\.voxels)
    #expect(parts.map(\.count).sorted() == [6, 14])
    #expect(parts[0].union(parts[1]) == whole)
    try reading.take(.label(lesion: 2, label: .leftAnteriorDescending))
    let arteries = try #require(try reading.subject.score(reading.state).score.arteries)
    #expect(arteries[.leftAnteriorDescending]?.agatston == 18.0)
    #expect(arteries[.leftMain]?.agatston == 42.0)
  }

  @Test func `a cut beside the lesion is refused`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [6, 15, 3], scope: .group, label: .leftMain))
    let before = reading.state
    #expect(throws: ReviewError.self) {
      try reading.take(.cut(lesion: 1, plane: .axial, from: [1, 0], to: [1, 5]))
    }
    #expect(throws: ReviewError.self) {
      try reading.take(.cut(lesion: 1, plane: .axial, from: [.nan, 0], to: [1, 5]))
    }
    #expect(reading.state == before)
  }

  @Test func `a coronal cut parts a lesion by slices`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.cut(lesion: 1, plane: .coronal, from: [0, 1.5], to: [20, 1.5]))
    #expect(reading.state.lesions.values.map(\.voxels.count) == [9, 9])
  }

  @Test func `a lasso marks what is bright inside and takes it from other lesions`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [6, 15, 3], scope: .group, label: .leftMain))
    let square = [[4.5, 14.5], [8.5, 14.5], [8.5, 17], [4.5, 17]]
    try reading.take(
      .lasso(plane: .axial, slices: [3, 3], polygon: square, label: .pericardium))
    #expect(reading.state.lesions[1]?.voxels.count == 12)
    #expect(reading.state.lesions[2]?.voxels.count == 8)
    try reading.take(.lasso(plane: .axial, slices: [3, 3], polygon: square, label: nil))
    #expect(reading.state.lesions[2] == nil)
  }

  @Test func `a lasso leaves locked lesions alone`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [6, 15, 3], scope: .group, label: .leftMain))
    try reading.take(.lock(lesion: 1, isLocked: true))
    let square = [[4.5, 14.5], [8.5, 14.5], [8.5, 17], [4.5, 17]]
    #expect(throws: ReviewError.self) {
      try reading.take(.lasso(plane: .axial, slices: [3, 3], polygon: square, label: .right))
    }
    #expect(reading.state.lesions[1]?.voxels.count == 20)
  }

  @Test func `a locked lesion keeps its label until it is unlocked`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.lock(lesion: 1, isLocked: true))
    let error = #expect(throws: ReviewError.self) {
      try reading.take(.label(lesion: 1, label: .leftMain))
    }
    #expect(error?.code == .locked)
    try reading.take(.lock(lesion: 1, isLocked: false))
    try reading.take(.label(lesion: 1, label: .leftMain))
    #expect(reading.labels == [.leftMain])
  }

  @Test func `accepting an artery locks its lesions and no others`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.pick(voxel: [11, 4, 4], scope: .group, label: .right))
    try reading.take(.pick(voxel: [6, 15, 3], scope: .group, label: .leftMain))
    try reading.take(.accept(label: .right))
    #expect(
      reading.state.lesions.values.sorted { $0.id < $1.id }.map(\.isLocked) == [true, true, false])
  }

  @Test func `what is not coronary is kept, left out of the score, and scored for itself`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .aorta))
    try reading.take(.pick(voxel: [11, 4, 4], scope: .group, label: .right))
    #expect(try reading.subject.score(reading.state).score.agatston == 9 * 4)
    #expect(try reading.subject.beside(reading.state).mapValues(\.agatston) == [.aorta: 18 * 2])
    #expect(reading.subject.allLabels(of: reading.state).voxels.filter { $0 == 11 }.count == 18)
  }

  @Test func `a proposal that is struck out stays, a reader's own lesion goes`() throws {
    let subject = try DrawnScan.threePlaques.subject()
    var reading = Reading(subject)
    var mask = Volume<UInt8>(geometry: subject.scan.ct.geometry, repeating: 0)
    mask[1, 3, 3] = 4
    mask[2, 3, 3] = 4
    mask[3, 15, 6] = 2
    reading.proposals["a"] = try Proposal(
      mask: mask, of: subject, labels: nil, origin: .model, source: "a model")
    try reading.take(.propose(proposal: "a"))
    #expect(reading.state.unseen == [1, 2])
    try reading.take(.label(lesion: 1, label: nil))
    try reading.take(.pick(voxel: [11, 4, 4], scope: .group, label: .right))
    try reading.take(.label(lesion: 3, label: nil))
    #expect(reading.labels == [nil, .right])
    #expect(reading.state.lesions[1]?.proposed == .leftAnteriorDescending)
  }

  @Test func `a model that runs again adds suggestions and leaves locked lesions as they are`()
    throws
  {
    let subject = try DrawnScan.threePlaques.subject()
    var reading = Reading(subject)
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.lock(lesion: 1, isLocked: true))
    var mask = Volume<UInt8>(geometry: subject.scan.ct.geometry, repeating: 0)
    for (i, hu) in subject.scan.ct.voxels.enumerated() where hu >= 130 { mask.voxels[i] = 2 }
    reading.proposals["b"] = try Proposal(
      mask: mask, of: subject, labels: nil, origin: .model, source: "a model")
    try reading.take(.propose(proposal: "b"))
    #expect(reading.labels == [.right, .leftAnteriorDescending, .leftAnteriorDescending])
    #expect(reading.state.lesions[1]?.isLocked == true)
    // What undo leads back to has the suggestions, too.
    try reading.take(.undo)
    #expect(reading.state.lesions.count == 3)
    #expect(reading.state.lesions[1]?.isLocked == false)
  }

  @Test func `a mask of another grid is refused`() throws {
    let subject = try DrawnScan.threePlaques.subject()
    var geometry = subject.scan.ct.geometry
    geometry.extent.slices = 7
    #expect(throws: GeometryError.self) {
      try Proposal(
        mask: Volume(geometry: geometry, repeating: 0), of: subject, labels: nil, origin: .mask,
        source: "a mask")
    }
  }

  @Test func `signing needs a look at every proposed lesion`() throws {
    let subject = try DrawnScan.threePlaques.subject()
    var reading = Reading(subject)
    var mask = Volume<UInt8>(geometry: subject.scan.ct.geometry, repeating: 0)
    mask[3, 15, 6] = 2
    reading.proposals["a"] = try Proposal(
      mask: mask, of: subject, labels: .arteries, origin: .mask, source: "a mask")
    try reading.take(.propose(proposal: "a"))
    let sign = ReviewAction.sign(name: "Ana", meaning: "read by me")
    #expect(throws: ReviewError.self) { try reading.take(sign) }
    try reading.take(.see(lesion: 1))
    try reading.take(sign)
    #expect(reading.state.isSigned)
  }

  @Test func `a change after the signature needs a reason and makes a new version`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.sign(name: "Ana", meaning: "read by me"))
    let error = #expect(throws: ReviewError.self) { try reading.take(.undo) }
    #expect(error?.code == .reason)
    try reading.take(.undo, reason: "wrong artery")
    #expect(!reading.state.isSigned)
    try reading.take(.sign(name: "Ana", meaning: "read by me"))
    #expect(reading.state.signatures.map(\.version) == [1, 2])
  }

  @Test(arguments: [
    ("", "read"), ("  ", "read"), ("Ana", ""), (String(repeating: "a", count: 101), "read"),
  ])
  func `a signature needs a name and a meaning`(name: String, meaning: String) throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    #expect(throws: ReviewError.self) { try reading.take(.sign(name: name, meaning: meaning)) }
  }

  /// Any sequence of actions, drawn at random: most are possible, some are not.
  private func randomAction(_ reading: Reading, using rng: inout SplitMix64) -> ReviewAction {
    let labels: [ReviewLabel] = [.leftMain, .right, .aorta, .noise]
    let label = labels.randomElement(using: &rng) ?? .right
    let voxels = [[3, 3, 1], [3, 3, 2], [11, 4, 4], [6, 15, 3], [13, 16, 3], [0, 0, 0]]
    let voxel = voxels.randomElement(using: &rng) ?? [0, 0, 0]
    let id = reading.state.lesions.keys.sorted().randomElement(using: &rng) ?? 1
    switch Int.random(in: 0..<11, using: &rng) {
    case 0, 1: return .pick(voxel: voxel, scope: .group, label: label)
    case 2: return .pick(voxel: voxel, scope: .slice, label: label)
    case 3: return .label(lesion: id, label: label)
    case 4: return .label(lesion: id, label: nil)
    case 5:
      let x = Double.random(in: 2...14, using: &rng)
      return .cut(lesion: id, plane: .axial, from: [x, 0], to: [x + 0.3, 23])
    case 6:
      let x = Double.random(in: 0...12, using: &rng)
      return .lasso(
        plane: .axial, slices: [0, 7], polygon: [[x, 0], [x + 6, 0], [x + 3, 20]],
        label: Bool.random(using: &rng) ? label : nil)
    case 7: return .lock(lesion: id, isLocked: Bool.random(using: &rng))
    case 8: return .undo
    case 9: return .redo
    default: return .accept(label: label)
    }
  }

  @Test(arguments: 0..<40) func `undo and redo lead back and forth through any reading`(
    seed: UInt64
  ) throws {
    var rng = SplitMix64(seed: seed)
    var reading = Reading(try DrawnScan.threePlaques.subject())
    for _ in 0..<60 {
      let before = reading.state
      do { try reading.take(randomAction(reading, using: &rng)) } catch {
        // What is refused changes nothing.
        #expect(error is ReviewError && reading.state == before)
      }
      let sets = reading.state.lesions.values.map(\.voxels)
      #expect(sets.allSatisfy { !$0.isEmpty })
      #expect(sets.reduce(VoxelSet()) { $0.union($1) }.count == sets.reduce(0) { $0 + $1.count })
    }
    let last = reading.state.lesions
    var steps = 0
    while reading.state.canUndo {
      try reading.take(.undo)
      steps += 1
    }
    #expect(reading.state.lesions.isEmpty)
    for _ in 0..<steps { try reading.take(.redo) }
    #expect(reading.state.lesions == last || reading.state.canRedo)
    // The trail alone gives the same reading, also through its text.
    let text = try JSONEncoder().encode(reading.entries)
    var replayed = ReviewState()
    for entry in try JSONDecoder().decode([ReviewEntry].self, from: text) {
      try replayed.apply(entry, groups: reading.subject.groups) { try reading.proposal($0) }
    }
    #expect(replayed == reading.state)
  }
}
