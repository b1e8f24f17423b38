// SPDX-License-Identifier: Apache-2.0

/// What a reader does, or the program on a reader's behalf: one row of the trail.
///
/// A reading is the replay of its actions; nothing else is stored of it. Voxels are (x, y, z)
/// counted from 0.
package enum ReviewAction: Codable, Hashable, Sendable {
  /// A proposal is laid out, before the first click or when a model runs again; named by its
  /// SHA-256.
  case propose(proposal: String)
  /// A click: the group of a voxel, or only its part in the voxel's slice, gets a label.
  case pick(voxel: [Int], scope: PickScope, label: ReviewLabel)
  /// A lesion gets another label; without one it is struck out, or, where a reader brought it up,
  /// taken away.
  case label(lesion: Int, label: ReviewLabel?)
  /// A lesion is cut by the straight line through two points of a plane, at right angles to it.
  case cut(lesion: Int, plane: Plane, from: [Double], to: [Double])
  /// What a polygon surrounds in some slices of a plane gets a label, or loses it.
  case lasso(plane: Plane, slices: [Int], polygon: [[Double]], label: ReviewLabel?)
  /// A lesion is locked or unlocked.
  case lock(lesion: Int, isLocked: Bool)
  /// All lesions of a label are locked.
  case accept(label: ReviewLabel)
  /// The reader looked at a lesion.
  case see(lesion: Int)
  /// What the reader says of the scan.
  case assess(quality: [QualityNote], text: String)
  /// The reader signs, by name and with a meaning.
  case sign(name: String, meaning: String)
  /// The last change is taken back.
  case undo
  /// A change that was taken back is made again.
  case redo

  /// How far a click reaches.
  package enum PickScope: String, Codable, Sendable {
    /// The group in three dimensions.
    case group
    /// The group's part in the slice, connected within it.
    case slice
  }

  /// A plane of the volume; its points are in voxels along its two axes.
  package enum Plane: String, Codable, Sendable {
    /// Points are (x, y).
    case axial
    /// Points are (x, z).
    case coronal
    /// Points are (y, z).
    case sagittal
  }

  /// What may be wrong with a scan.
  package enum QualityNote: String, Codable, Sendable, CaseIterable {
    case motion
    case noise
    case metal
    case incomplete
  }

  /// Whether undo takes it back.
  package var isUndoable: Bool {
    switch self {
    case .pick, .label, .cut, .lasso, .lock, .accept: true
    case .propose, .see, .assess, .sign, .undo, .redo: false
    }
  }

  /// Whether it is a statement about calcium, so that it voids a signature.
  package var changesReading: Bool {
    switch self {
    case .propose, .see, .sign: false
    case .pick, .label, .cut, .lasso, .lock, .accept, .assess, .undo, .redo: true
    }
  }
}
