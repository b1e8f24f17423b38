// SPDX-License-Identifier: Apache-2.0

/// What makes subjects with the shapes of an atlas look like patients, one thing at a time.
///
/// Each can be left out, to see what a network that learns without it is worth. Most leave the subject as it
/// is in all else; without `plaques` and `distractors` other calcium lies at other places.
public enum Realism: String, CaseIterable, Sendable {
  /// Fat of uneven thickness with strands and muscle in it; without, a clean film round the heart.
  case fat
  /// Differing size, position, rotation and deformation; without, everybody has one shape.
  case pose
  /// A heart that moves while it is scanned; without, it stands still.
  case motion
  /// Noise of differing strength and texture; without, white noise of one strength.
  case noise
  /// Shading and beam hardening; without, none. Metal throws its streaks all the same.
  case shading
  /// Differing kernels and slice thicknesses; without, one soft kernel and slices of 3 mm.
  case kernel
  /// A pericardium that shows in patches; without, none.
  case pericardium
  /// Bowel and other organs below the diaphragm; without, fat in their place.
  case belly
  /// Bright things that are no coronary calcium: other calcium, decoys, metal; without, none.
  case distractors
  /// Plaques of many densities and forms; without, rods of one density.
  case plaques
}
