// SPDX-License-Identifier: Apache-2.0
import Text

/// How a synthetic cohort is drawn; the number of a subject chooses among its members.
public struct PhantomOptions: Hashable, Sendable {
  /// The seed of the whole cohort.
  public var seed: UInt64
  /// The number of rows and columns; the field of view in mm does not depend on it.
  public var matrix: Int
  /// The number of slices, or `nil` for the protocol's own range.
  ///
  /// A number outside the protocol's range keeps its coverage as far as an increment of 3 to 5 mm
  /// allows.
  public var slices: Int?
  /// How the scanner is set.
  public var scanProtocol: PhantomProtocol

  /// Which part of the cohort's distribution subjects with calcium come from, 0 (least) … 1 (most).
  ///
  /// All of it by default. A demonstration on few, coarse scans may take the upper part, where
  /// plaques are large enough to be seen in them.
  public var ranks: ClosedRange<Double>

  /// What subjects with the shapes of an atlas do without.
  public var without: Set<Realism>

  /// Which scan of the subjects it is: 0 the first, 1 a later one of the same people, whose calcium has
  /// changed as `phantomFollowUp` says.
  public var visit = 0

  /// The seed of all that is another at every scan: position, noise, motion.
  var scanSeed: UInt64 { seed &+ UInt64(visit) &* 0x9E37_79B9_7F4A_7C15 }

  /// Options with the protocol of calcium scans.
  public init(
    seed: UInt64, matrix: Int = 512, slices: Int? = nil, scanProtocol: PhantomProtocol = .gated,
    ranks: ClosedRange<Double> = 0...1, without: Set<Realism> = []
  ) {
    self.without = without
    self.ranks = ranks
    self.seed = seed
    self.matrix = matrix
    self.slices = slices
    self.scanProtocol = scanProtocol
  }

  /// The matrices that can be drawn.
  public static let matrices = 32...1024
  /// The numbers of slices that can be drawn.
  public static let sliceCounts = 4...400

  func validate(subject: Int) throws(PhantomError) {
    guard Self.matrices.contains(matrix) else {
      throw PhantomError(
        .matrix, subject: "matrix \(matrix)",
        detail: "a synthetic scan needs a matrix from 32 to 1024; 128 to 512 are usual")
    }
    if let slices, !Self.sliceCounts.contains(slices) {
      throw PhantomError(
        .slices, subject: counted(slices, "slice"),
        detail: "a synthetic scan needs from 4 to 400 slices; 24 to 80 are usual")
    }
    guard ranks.lowerBound >= 0, ranks.upperBound <= 1 else {
      throw PhantomError(
        .ranks, subject: "ranks \(ranks)", detail: "ranks within the cohort lie between 0 and 1")
    }
    guard subject >= 0 else {
      throw PhantomError(
        .subject, subject: "subject \(subject)", detail: "subjects are numbered from 0")
    }
  }
}
