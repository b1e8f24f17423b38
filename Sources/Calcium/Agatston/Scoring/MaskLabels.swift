// SPDX-License-Identifier: Apache-2.0

/// What the values of a mask mean; 0 is background either way.
///
/// A mask of ones alone cannot tell: 1 is calcium of any artery, or the left main.
public enum MaskLabels: String, Codable, CaseIterable, Sendable {
  /// Any value but 0 is calcium of no known artery: totals only. Masks that are written hold 1.
  case calcium
  /// Values are the raw values of `Artery` (1 LM, 2 LAD, 3 LCX, 4 RCA); others are an error.
  case arteries
}
