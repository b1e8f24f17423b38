// SPDX-License-Identifier: Apache-2.0

/// Two volumes that should lie on the same grid do not.
public struct GeometryError: Error, Sendable, CustomStringConvertible {
  /// What was compared, for example "mask and CT".
  public let subject: String
  /// Both grids.
  public let detail: String

  /// An error about `subject` that prints both grids.
  public init(subject: String, detail: String) {
    self.subject = subject
    self.detail = detail
  }

  /// One sentence with both grids.
  public var description: String { "\(subject) lie on different grids: \(detail)" }
}

extension Volume {
  /// Throws with both geometries if another volume lies on a different grid.
  public func requireSameGrid<Other>(as other: Volume<Other>, subject: String)
    throws(GeometryError)
  {
    if let detail = geometry.mismatch(with: other.geometry) {
      throw GeometryError(subject: subject, detail: detail)
    }
  }
}
