// SPDX-License-Identifier: Apache-2.0
import Files

/// What an action did to one lesion, for the trail.
package struct ReviewChange: Codable, Hashable, Sendable {
  /// A lesion before or after an action.
  package struct Side: Codable, Hashable, Sendable {
    /// The label's word; `nil` where it is struck out.
    package let label: String?
    /// Whether it is locked.
    package let isLocked: Bool
    /// The number of voxels.
    package let voxels: Int
    /// The first digits of the SHA-256 of its runs, which tells equal sets of voxels.
    package let digest: String

    init(_ lesion: ReviewLesion) {
      label = lesion.label?.word
      isLocked = lesion.isLocked
      voxels = lesion.voxels.count
      let numbers = lesion.voxels.runs.flatMap { [$0.line, $0.start, $0.end] }
      digest = String(numbers.withUnsafeBytes { Digest.sha256($0) }.prefix(16))
    }

    private enum CodingKeys: String, CodingKey {
      case label, voxels, digest
      case isLocked = "locked"
    }
  }

  /// The lesion's number.
  package let lesion: Int
  /// The lesion before; `nil` where there was none.
  package let before: Side?
  /// The lesion after; `nil` where there is none any more.
  package let after: Side?

  /// What differs between two states, lesion by lesion.
  package static func between(_ old: ReviewState, _ new: ReviewState) -> [ReviewChange] {
    Set(old.lesions.keys).union(new.lesions.keys).sorted().compactMap { id in
      let (before, after) = (old.lesions[id], new.lesions[id])
      guard before != after else { return nil }
      return ReviewChange(lesion: id, before: before.map(Side.init), after: after.map(Side.init))
    }
  }
}
