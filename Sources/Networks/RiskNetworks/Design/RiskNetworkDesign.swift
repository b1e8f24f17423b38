// SPDX-License-Identifier: Apache-2.0

/// What a network of risk sees, and how wide it is.
public struct RiskNetworkDesign: Codable, Hashable, Sendable {
  /// How image and table are joined.
  public var kind: RiskNetworkKind
  /// The channels of the image: the CT and the mask of the calcium.
  public var channels: Int
  /// The edge of the cubic image in voxels.
  public var edge: Int
  /// The number of columns of the table.
  public var columns: Int
  /// The channels of the first block; the blocks behind it have 1, 2, 4 and 8 times as many.
  public var filters: Int
  /// The width of the layer between table and scales: 7 in the paper.
  public var bottleneck: Int

  /// A design with the paper's widths.
  public init(
    _ kind: RiskNetworkKind, channels: Int = 2, edge: Int, columns: Int, filters: Int = 4,
    bottleneck: Int = 7
  ) {
    self.kind = kind
    self.channels = channels
    self.edge = edge
    self.columns = columns
    self.filters = filters
    self.bottleneck = bottleneck
  }

  /// The edges of images that can be computed; below 12 voxels the last block has a single one.
  public static let edges = 12...256

  /// Checks that a network can be built.
  ///
  /// - Throws: `RiskNetworkError` with the code `design` that names the field.
  public func check() throws {
    let fields: [(String, Int, ClosedRange<Int>)] = [
      ("channels", channels, 1...64), ("edge", edge, Self.edges),
      ("columns", columns, (kind.seesTable ? 1 : 0)...4096), ("filters", filters, 1...256),
      ("bottleneck", bottleneck, 1...4096),
    ]
    for (field, value, range) in fields where !range.contains(value) {
      throw RiskNetworkError(
        .design, subject: "\(field) of the network \(kind.rawValue)",
        detail: "is \(value); \(range.lowerBound) to \(range.upperBound) were expected")
    }
  }
}
