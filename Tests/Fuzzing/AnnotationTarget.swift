// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Foundation
import Volume

extension FuzzTarget {
  /// The scan on which the annotations of the seeds were drawn: 4 slices of 24 × 32 pixels.
  static let ct: Volume<Int16> = {
    let geometry = Geometry(
      extent: Extent(slices: 4, rows: 24, columns: 32), spacing: [0.4, 0.5, 3],
      origin: [-6, -5, -100], direction: .identity)
    let voxels = (0..<geometry.extent.count).map { Int16(($0 * 7919) % 700 - 100) }
    return Volume(geometry: geometry, voxels: voxels)
  }()

  func runAnnotation(_ bytes: Data) throws -> Outcome {
    let annotation: Annotation
    do {
      annotation = try Annotation(data: bytes, path: "annotation.xml", subject: "7")
    } catch { return .refusal(try FuzzFault.sentence(of: error)) }
    for issue in annotation.issues { try FuzzFault.require(text: issue.description) }
    try checkMasks(of: annotation)
    try checkAudit(of: annotation)

    // What was read can be written and read again.
    let again: Annotation
    do {
      again = try Annotation(data: annotation.propertyList, path: "again.xml", subject: "7")
    } catch { throw FuzzFault("an annotation that we wrote is refused: \(error)") }
    try FuzzFault.require(
      again.regions.count == annotation.regions.count, "regions are lost when they are written")
    return .value
  }

  private func checkMasks(of annotation: Annotation) throws {
    var inside = annotation
    inside.requirePoints(withinRows: Self.ct.extent.rows, columns: Self.ct.extent.columns)
    for fill in ContourFill.allCases {
      for labels in MaskLabels.allCases {
        let mask = inside.mask(ct: Self.ct, fill: fill, labels: labels)
        let highest: UInt8 = labels == .calcium ? 1 : 4
        try FuzzFault.require(
          mask.volume.voxels.allSatisfy { $0 <= highest }, "a label beyond \(highest)")
        try FuzzFault.require(
          mask.results.count == annotation.regions.count, "a region has no result")
      }
      for (_, region) in annotation.regions { _ = region.contourCount(fill) }
    }
  }

  private func checkAudit(of annotation: Annotation) throws {
    let score = ReferenceScore(annotation)
    try FuzzFault.require(
      score.total.agatston >= 0 && score.total.volume >= 0 && score.increment.isFinite,
      "a score of \(score.total) at \(score.increment) mm")
    for note in score.notes { try FuzzFault.require(text: note) }
    let geometry = Self.ct.geometry
    let series = SeriesSummary(
      uid: "1.2.3",
      positions: (0..<geometry.extent.slices).map {
        geometry.position(ofVoxel: [0, 0, Double($0)])
      }, pixelSpacing: [geometry.spacing.x, geometry.spacing.y], rows: geometry.extent.rows,
      columns: geometry.extent.columns, thickness: 3, kilovolts: 120)
    let audit = AuditSubject(id: "7", annotation: .success(annotation), series: [series])
      .audit { _ in Self.ct }
    for anomaly in audit.anomalies { try FuzzFault.require(text: "\(anomaly)") }
  }
}
