// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import Report
import TestSupport
import Testing

@Suite struct `A report` {
  /// Set CAC_GALLERY to a folder to look at the page.
  @Test func `a study's page holds its numbers, figures and subjects`() throws {
    let temporary = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["CAC_GALLERY"].map { URL(fileURLWithPath: $0) }
      ?? temporary.url
    let content = try SampleReport.content(subjects: 24, withSlices: 16)
    let url = folder.appendingPathComponent("report.html")
    try HTMLReport(content).write(to: url)
    let size = try Data(contentsOf: url).count
    #expect(size < 10_000_000)
    let page = try Parsed(String(contentsOf: url, encoding: .utf8))
    #expect(page.texts(of: "h1") == [content.title])
    #expect(
      page.texts(of: "h2") == [
        "Summary", "Figures", "Metrics", "Held-out subjects", "Slices with calcium",
        "Cohort and exclusions", "Methods", "Provenance",
      ])
    #expect(page.elements("article").count == 16)
    #expect(page.elements("img").count == 4 + content.subjects.reduce(0) { $0 + $1.slices.count })
    #expect(page.text.contains("8 of 15 slices with calcium are shown."))
  }
}
