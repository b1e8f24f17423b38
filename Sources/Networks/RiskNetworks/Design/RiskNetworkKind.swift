// SPDX-License-Identifier: Apache-2.0

/// How a network joins an image and a table: DAFT (Pölsterl 2021, doi:10.1007/978-3-030-87240-3_66)
/// and what it is compared with there.
public enum RiskNetworkKind: String, Codable, CaseIterable, Hashable, Sendable {
  /// A linear model of the table; no image is looked at.
  case table
  /// The backbone; no table is looked at.
  case image
  /// A linear layer over the backbone's features and the table side by side, which can only add them.
  case concatenation
  /// The same with a hidden layer of the bottleneck's width, which can also multiply them.
  case deepConcatenation = "deep-concatenation"
  /// The last block's features scaled and shifted by the table alone (Perez 2018).
  case film
  /// The last block's features scaled and shifted by the table and by what the image shows.
  case daft

  /// Whether the network looks at the image.
  public var seesImage: Bool { self != .table }
  /// Whether the network looks at the table.
  public var seesTable: Bool { self != .image }

  /// The five networks of the comparison, which are trained unless others are named.
  public static let usual: [RiskNetworkKind] = [.table, .image, .concatenation, .film, .daft]
}
