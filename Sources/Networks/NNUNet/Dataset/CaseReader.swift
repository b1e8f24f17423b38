// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Volume

/// Reads the image files and the label map of a case.
public struct CaseReader: Sendable {
  /// Reads the channels of an image file.
  public let channels: @Sendable (URL) throws -> [Volume<Float>]
  /// Reads a label map.
  public let labels: @Sendable (URL) throws -> Volume<Float>

  /// A reader that calls two functions.
  public init(
    channels: @escaping @Sendable (URL) throws -> [Volume<Float>],
    labels: @escaping @Sendable (URL) throws -> Volume<Float>
  ) {
    self.channels = channels
    self.labels = labels
  }

  /// A reader of a format.
  public init(_ format: ImageFormat) {
    channels = { try format.channels(of: $0) }
    labels = { try format.labels(of: $0) }
  }
}
