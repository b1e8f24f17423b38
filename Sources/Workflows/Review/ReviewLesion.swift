// SPDX-License-Identifier: Apache-2.0

/// Who brought a lesion up.
package enum LesionOrigin: String, Codable, Sendable, Hashable {
  case model
  case mask
  case reader
  /// Two readings that are compared.
  case readings
}

/// A group of voxels that a reading has an opinion about.
package struct ReviewLesion: Hashable, Sendable {
  /// Its number within the reading; a part that is cut off gets a new one.
  package let id: Int
  /// Its voxels; no voxel is in two lesions.
  package var voxels: VoxelSet
  /// What it is taken for; `nil` where it was struck out without saying what it is.
  package var label: ReviewLabel?
  /// Who brought it up.
  package let origin: LesionOrigin
  /// What it was proposed as; `nil` where a reader brought it up.
  package var proposed: ReviewLabel?
  /// What was said of it by those who proposed it, for example two readers.
  package var remark: String?
  /// The model's probability of coronary calcium, 0 to 1; `nil` where it gave none.
  package var chance: Double?
  /// Whether it is kept as it is.
  package var isLocked = false
  /// Whether the reader has looked at it.
  package var isSeen = false

  /// How uncertain the model is, 0 (certain) to 1 (even chances); `nil` without a probability.
  package var uncertainty: Double? { chance.map { 1 - abs(2 * $0 - 1) } }
}

/// What is proposed to a reader before the first click, or later by a model that runs again.
package struct Proposal: Codable, Sendable, Hashable {
  /// One group of voxels.
  package struct Part: Codable, Sendable, Hashable {
    /// The voxels.
    package var voxels: VoxelSet
    /// What it is proposed as; `nil` where those who propose it do not agree.
    package var label: ReviewLabel?
    /// The probability of coronary calcium.
    package var chance: Double?
    /// What is said of it.
    package var remark: String?
    /// Whether there is nothing left to decide about it.
    package var isSettled: Bool?

    /// A part of a proposal.
    package init(
      voxels: VoxelSet, label: ReviewLabel?, chance: Double? = nil, remark: String? = nil,
      isSettled: Bool? = nil
    ) {
      self.voxels = voxels
      self.label = label
      self.chance = chance
      self.remark = remark
      self.isSettled = isSettled
    }
  }

  /// Who proposes.
  package var origin: LesionOrigin
  /// The groups.
  package var parts: [Part]
  /// The model with its version and sum, or what else it comes from.
  package var source: String
  /// What the model said of the whole scan, one sentence each.
  package var doubts: [String]

  /// A proposal.
  package init(
    origin: LesionOrigin, parts: [Part], source: String, doubts: [String] = []
  ) {
    self.origin = origin
    self.parts = parts
    self.source = source
    self.doubts = doubts
  }
}
