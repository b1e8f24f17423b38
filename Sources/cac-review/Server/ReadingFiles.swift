// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Prognosis
import Report
import Review
import ReviewStore
import Scoring

/// The files of a reading that the page offers to save.
struct ReadingFiles {
  private let desk: CaseDesk
  private let store: ReviewStore
  private let account: Account
  private let isAdjudication: Bool
  private let number: Int

  init(
    _ desk: CaseDesk, _ store: ReviewStore, _ account: Account, _ isAdjudication: Bool,
    _ number: Int
  ) {
    self.desk = desk
    self.store = store
    self.account = account
    self.isAdjudication = isAdjudication
    self.number = number
  }

  /// A file by its name; the browser's folder of downloads gets it with the case's number alone.
  func response(_ name: String) async throws -> Response {
    let (subject, state) = try await desk.state(of: account, isAdjudication: isAdjudication)
    let files = ReviewFiles(subject, state, reader: account.name)
    switch name {
    case "report.html": return page(try files.report())
    case "comparison.html":
      guard
        let found = try await desk.comparison(for: account, isAdjudication: isAdjudication)
      else { throw Site.Answer(.notFound, "there is no earlier scan that you may see") }
      let date = String(Date.now.formatted(.iso8601).prefix(10))
      return page(HTMLReport(try ComparisonPage.content(found, date: date)).html)
    case "mask.nii.gz": return try written(name, "application/gzip", files.writeMask)
    case "all-labels.nii.gz": return try written(name, "application/gzip", files.writeAllLabels)
    case "RESULT.csv", "lesions.csv":
      let outcome = ScoringOutcome(read: [try subject.score(state)], remarks: [files.remark])
      return try written(name, "text/csv") {
        try name == "RESULT.csv" ? outcome.writeCSV(to: $0) : outcome.writeLesions(to: $0)
      }
    case "trail.json":
      let reading = try await desk.storedReading(of: account, isAdjudication: isAdjudication)
      let data = try JSONFile.data(store.rows(of: reading.id))
      return saved(data, name, "application/json")
    default: throw Site.Answer(.notFound, "there is no such file of a reading")
    }
  }

  /// A page that is one file, with its style and pictures in it, and runs nothing.
  private func page(_ html: String) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8",
        Gate.securityPolicy:
          "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
          + "form-action 'none'; frame-ancestors 'none'",
      ], body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
  }

  private func written(_ name: String, _ kind: String, _ write: (URL) throws -> Void) throws
    -> Response
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-review-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent(name)
    try write(url)
    return saved(try Data(contentsOf: url), name, kind)
  }

  private func saved(_ data: Data, _ name: String, _ kind: String) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: kind,
        .contentDisposition: "attachment; filename=\"case-\(number)-\(name)\"",
      ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}
