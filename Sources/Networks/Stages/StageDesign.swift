// SPDX-License-Identifier: Apache-2.0

/// What a stage sees and says; it is stored beside the weights, so that a file describes itself.
public protocol StageDesign: Codable, Hashable, Sendable {
  /// The word for this kind of stage in files.
  static var kind: String { get }
  /// Checks that a network can be built.
  ///
  /// A file can claim any numbers, so the checks also keep a network to sensible sizes.
  ///
  /// - Throws: `StagesError` with the code `design` that names the field.
  func check() throws
}

extension StageDesign {
  /// Throws an error about a field unless a condition holds.
  func require(_ holds: Bool, _ field: String, _ detail: @autoclosure () -> String) throws {
    if !holds {
      throw StagesError(.design, subject: "\(field) of the \(Self.kind)", detail: detail())
    }
  }

  /// Throws unless names are present and differ from each other.
  func requireNames(_ names: [String], _ field: String, counts: ClosedRange<Int>) throws {
    try require(
      counts.contains(names.count), field,
      "\(names.count) names; \(counts.lowerBound) to \(counts.upperBound) were expected")
    try require(
      !names.contains("") && Set(names).count == names.count, field,
      "should be names that differ from each other")
  }

  /// Throws unless there are 2 to 8 levels of 1 to 1024 channels.
  func requireFeatures(_ features: [Int]) throws {
    try require(
      (2...8).contains(features.count) && features.allSatisfy((1...1024).contains), "features",
      "2 to 8 levels of 1 to 1024 channels were expected")
  }
}
