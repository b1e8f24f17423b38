// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Testing

@Suite struct `A gallery` {
  /// Set CAC_GALLERY to a folder to look at every sample figure.
  @Test func `every sample is written in each format`() throws {
    let temporary = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["CAC_GALLERY"].map { URL(fileURLWithPath: $0) }
      ?? temporary.url
    for (name, plot) in try nonEmpty(Samples.figures()) {
      for ending in ["png", "svg", "pdf"] {
        let url = folder.appendingPathComponent("\(name).\(ending)")
        try plot.write(to: url)
        #expect(try Data(contentsOf: url).count > 1_000, "\(name).\(ending)")
      }
    }
    let picture = try Samples.overlay().picture(slice: 1)
    try picture.png.write(to: folder.appendingPathComponent("overlay.png"))
    let whole = try Samples.overlay(
      .init(window: .mediastinum, box: .init(rows: 0..<512, columns: 0..<512)))
    try whole.picture(slice: 0).png.write(to: folder.appendingPathComponent("overlay-whole.png"))
  }

  @Test func `a file's ending must name a format`() throws {
    let folder = try TemporaryFolder()
    let plot = try #require(Samples.figures().first?.plot)
    let error = try #require(throws: FigureError.self) { try plot.write(to: folder.file("a.tiff")) }
    #expect(error.code == .format)
    #expect(folder.allNames == [])
  }
}
