// SPDX-License-Identifier: Apache-2.0
import Foundation
import Review
import Volume

extension FuzzTarget {
  private static let groups = Result { try CandidateGroups(ct, threshold: 130) }

  /// What a page sends to `cac review`: actions as JSON, taken one after the other.
  func runReview(_ bytes: Data) throws -> Outcome {
    let actions: [ReviewAction]
    do { actions = try JSONDecoder().decode([ReviewAction].self, from: bytes) } catch {
      // The server has one sentence for all that is no action.
      return .refusal("the request says nothing that is known here")
    }
    let groups = try Self.groups.get()
    var state = ReviewState()
    var taken: [ReviewEntry] = []
    var refusal: String?
    for action in actions.prefix(200) {
      let entry = ReviewEntry(action, time: "", user: "reader", reason: "fuzz")
      let before = state
      do {
        try state.apply(entry, groups: groups) { _ in
          throw ReviewError(.nothing, "there is no such proposal here")
        }
        taken.append(entry)
      } catch let error as ReviewError {
        try FuzzFault.require(text: error.description)
        try FuzzFault.require(state == before, "a refused action changed the reading")
        refusal = error.description
      }
      let sets = state.lesions.values.map(\.voxels)
      let all = sets.reduce(VoxelSet()) { $0.union($1) }
      try FuzzFault.require(sets.allSatisfy { !$0.isEmpty }, "a lesion without voxels")
      try FuzzFault.require(
        all.count == sets.reduce(0) { $0 + $1.count }, "a voxel in two lesions")
      try FuzzFault.require(state.version == taken.count, "a version that is not counted")
      for change in ReviewChange.between(before, state) {
        try FuzzFault.require(change.before != change.after, "a change that is none")
      }
    }
    // The text of the trail gives the same reading.
    let text = try JSONEncoder().encode(taken)
    var again = ReviewState()
    for entry in try JSONDecoder().decode([ReviewEntry].self, from: text) {
      try again.apply(entry, groups: groups) { _ in
        throw ReviewError(.nothing, "there is no such proposal here")
      }
    }
    try FuzzFault.require(again == state, "the trail gives another reading")
    return refusal.map(Outcome.refusal) ?? .value
  }

  /// Readings as a page sends them.
  static var readings: [Data] {
    get throws {
      let bright = ct.voxels.indices.filter { ct.voxels[$0] >= 130 }.prefix(400).enumerated()
        .filter { $0.offset % 97 == 0 }.map(\.element)
      let voxels = bright.map {
        [
          $0 % ct.extent.columns, $0 / ct.extent.columns % ct.extent.rows,
          $0 / ct.extent.sliceCount,
        ]
      }
      let picks = voxels.prefix(2).map {
        ReviewAction.pick(voxel: $0, scope: .slice, label: .right)
      }
      let square = [[-1.0, -1], [40, -1], [40, 30], [-1, 30]]
      let all: [[ReviewAction]] = [
        picks, picks + [.undo, .redo, .undo],
        [
          .lasso(plane: .axial, slices: [0, 1], polygon: square, label: .leftMain),
          .cut(lesion: 1, plane: .axial, from: [16, 0], to: [16, 23]),
          .label(lesion: 2, label: .aorta), .lock(lesion: 1, isLocked: true), .see(lesion: 1),
          .accept(label: .aorta), .assess(quality: [.motion, .metal], text: "a note"),
          .sign(name: "Ana", meaning: "read by me"), .undo,
        ],
        [
          .lasso(plane: .coronal, slices: [3, 9], polygon: square, label: .noise),
          .lasso(plane: .sagittal, slices: [3, 9], polygon: square, label: nil),
        ],
      ]
      return try all.map { try JSONEncoder().encode($0) }
    }
  }
}
