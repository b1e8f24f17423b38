// SPDX-License-Identifier: Apache-2.0

/// What the classifier sees of one candidate, and for training what it is.
///
/// Values should be scaled to about -1…1; patches are channels × rows × columns, columns fastest.
public struct ClassifierSample: Sendable {
  /// The fine patch.
  public var fine: [Float]
  /// The coarse patches: axial, coronal and sagittal.
  public var coarse: [[Float]]
  /// The numbers beside the patches.
  public var scalars: [Float]
  /// The index of the true class; not read for predictions.
  public var label: Int
  /// The weight of the sample in the loss; not read for predictions.
  public var weight: Float

  /// A candidate; it is checked against the design when it is used.
  public init(
    fine: [Float], coarse: [[Float]], scalars: [Float], label: Int = 0, weight: Float = 1
  ) {
    self.fine = fine
    self.coarse = coarse
    self.scalars = scalars
    self.label = label
    self.weight = weight
  }
}
