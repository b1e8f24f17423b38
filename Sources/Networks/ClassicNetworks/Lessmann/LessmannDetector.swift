// SPDX-License-Identifier: Apache-2.0
package import Learning
package import Torch

/// The first network of Lessmann 2018, which finds calcium and names where it is: a column of dilated
/// convolutions for each of three orthogonal planes, and a joint head over the three centres.
///
/// With seven classes it has 212,348 parameters. Sizes, activations, dropout and loss are those of the
/// authors (doi:10.1109/TMI.2017.2769839).
package final class LessmannDetector {
  /// The pixels that an output depends on, along each axis of a plane.
  package static let field = LessmannColumn.margin + 1
  /// The edge of the outputs of each plane that a training looks at.
  package static let outputs = 25
  /// The share of dropped features.
  private static let dropped = 0.35
  /// What the planes' own heads count in the loss beside the joint head.
  private static let planeWeight = 0.05

  /// The number of classes, background included.
  package let classes: Int
  private let columns: [LessmannColumn]
  private let hidden: LinearLayer
  private let head: LinearLayer

  /// A network with random weights (He 2015, uniform), the same for the same seed on every device.
  package init(classes: Int, seed: UInt64, on device: Device) throws {
    try device.requireAvailable()
    self.classes = classes
    var maker = ParameterMaker(
      generator: KeyedGenerator(seed: seed, purpose: .weights), slope: 0, device: device)
    columns = try (0..<3).map { _ in try LessmannColumn(classes: classes, using: &maker) }
    hidden = try LinearLayer(uniformFrom: 3 * LessmannColumn.width, to: 128, using: &maker)
    head = try LinearLayer(uniformFrom: 128, to: classes, using: &maker)
  }

  /// What the optimiser changes, in an order that never changes.
  package var parameters: [NamedParameter] {
    columns.enumerated().flatMap { $1.parameters("planes.\($0)") } + hidden.parameters("hidden")
      + head.parameters("head")
  }

  /// The features (batch, 32, rows − 130, columns − 130) of normalised planes (batch, 1, rows, columns)
  /// of one orientation: 0 axial, 1 coronal, 2 sagittal.
  package func features(_ planes: Tensor, orientation: Int) throws -> Tensor {
    try columns[orientation].features(planes)
  }

  /// The features (1, 32, rows, columns) of a part of a normalised plane (1, 1, rows, columns) of one
  /// orientation, beyond which all pixels are `outside`.
  func features(
    _ plane: Tensor, outside: Double, rows: Range<Int>, columns: Range<Int>, orientation: Int
  ) throws -> Tensor {
    try self.columns[orientation].features(plane, outside: outside, rows: rows, columns: columns)
  }

  /// The logits (batch, classes) of the joint head from the centres' features (batch, 96).
  private func joint(_ centres: Tensor, _ dropout: inout Dropout) throws -> Tensor {
    let inner = try hidden(dropout(centres, share: Self.dropped)).elu()
    return try head(dropout(inner, share: Self.dropped))
  }

  /// The probabilities (batch, classes) at voxels: the mean of the joint head and of the mean over
  /// the planes' heads.
  ///
  /// - Parameter centres: the features (batch, 96) of the three orientations, one after the other.
  package func probabilities(_ centres: Tensor) throws -> Tensor {
    let (n, batch) = (LessmannColumn.width, centres.shape[0])
    var none = Dropout.none
    var sum = try joint(centres, &none).softmax(1) * 3
    for (i, column) in columns.enumerated() {
      let own = try centres.narrowed(1, from: n * i, length: n).reshaped([batch, n, 1, 1])
      sum = try sum + column.logits(own).softmax(1).reshaped([batch, classes])
    }
    return try sum * (1.0 / 6)
  }

  /// The loss of a minibatch without the penalty of the weights: the cross-entropy of the centre, and a
  /// twentieth of the mean cross-entropy over each plane's 25×25 outputs.
  ///
  /// - Parameters:
  ///   - planes: normalised planes (batch, 1, 155, 155) of each orientation.
  ///   - targets: the classes (batch, 25, 25) of each orientation's outputs, as int64.
  package func loss(
    _ planes: [Tensor], targets: [Tensor], dropout: inout Dropout
  ) throws -> Tensor {
    let middle = Self.outputs / 2
    var centres: [Tensor] = []
    var sum: Tensor?
    for (i, column) in columns.enumerated() {
      let features = try column.features(planes[i])
      centres.append(
        try features.narrowed(2, from: middle, length: 1).narrowed(3, from: middle, length: 1)
          .squeezed(3).squeezed(2))
      let logits = try column.logits(dropout(features, share: Self.dropped))
      let own = try logits.crossEntropy(targets[i]) * Self.planeWeight
      sum = try sum.map { try $0 + own } ?? own
    }
    let logits = try joint(Tensor.concatenated(centres, along: 1), &dropout)
    let target = try targets[0].selected(2, middle).selected(1, middle)
    let centre = try logits.crossEntropy(target)
    return try sum.map { try $0 + centre } ?? centre
  }
}
