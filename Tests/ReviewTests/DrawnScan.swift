// SPDX-License-Identifier: Apache-2.0
import Review
import Scoring
@testable import Studies
import Testing
import Volume
import Foundation

/// A small scan of soft tissue with blocks of calcium, drawn by hand: voxels of 1 × 1 × 3 mm.
struct DrawnScan {
  var ct = Volume<Int16>(
    geometry: Geometry(
      extent: Extent(slices: 8, rows: 24, columns: 24), spacing: SIMD3(1, 1, 3)), repeating: 40)

  /// Draws a block: columns, rows and slices.
  mutating func block(
    _ x: ClosedRange<Int>, _ y: ClosedRange<Int>, _ z: ClosedRange<Int>, hu: Int16
  ) {
    for slice in z { for row in y { for column in x { ct[slice, row, column] = hu } } }
  }

  /// Two plaques apart, and a long one that two arteries share.
  static var threePlaques: DrawnScan {
    var scan = DrawnScan()
    scan.block(2...4, 2...4, 1...2, hu: 210)
    scan.block(10...12, 3...5, 4...4, hu: 450)
    scan.block(5...14, 15...16, 3...3, hu: 320)
    return scan
  }

  func subject() throws -> ReviewCase {
    try ReviewCase(
      Scan.Loaded(ct: ct), named: "drawn", ScoringRequest(input: URL(filePath: "/drawn")))
  }
}

/// A reading of a case without a store.
struct Reading {
  let subject: ReviewCase
  var proposals: [String: Proposal] = [:]
  var state = ReviewState()
  var entries: [ReviewEntry] = []

  init(_ subject: ReviewCase) { self.subject = subject }

  mutating func take(_ action: ReviewAction, reason: String? = nil) throws {
    let entry = ReviewEntry(
      action, time: "2026-01-01T00:00:00Z", user: "reader", reason: reason)
    let proposals = proposals
    try state.apply(entry, groups: subject.groups) {
      try #require(proposals[$0])
    }
    entries.append(entry)
  }

  /// A proposal by its name; throws where there is none.
  func proposal(_ name: String) throws -> Proposal {
    try #require(proposals[name])
  }

  var labels: [ReviewLabel?] { state.lesions.values.sorted { $0.id < $1.id }.map(\.label) }
}
