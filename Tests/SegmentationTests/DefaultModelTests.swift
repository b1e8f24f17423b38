// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

@testable import Segmentation

@Suite struct `The default model` {
  private func search(
    _ folder: TemporaryFolder, _ environment: [String: String] = [:]
  ) -> DefaultModel {
    DefaultModel(environment: environment, executable: folder.file("a/b/bin/cac"))
  }

  @Test func `lies beside the program, in share, or in the tree of a build, in this order`() throws
  {
    let folder = try TemporaryFolder()
    try StagedFile.write("", to: folder.file("a/Package.swift"))
    for place in ["a/Models/default.cac", "a/b/share/cac/default.cac", "a/b/bin/default.cac"] {
      try StagedFile.write("x", to: folder.file(place))
      #expect(
        try search(folder).found().resolvingSymlinksInPath().path
          == folder.file(place).resolvingSymlinksInPath().path)
    }
  }

  @Test func `is the one that the environment names, and no other`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("x", to: folder.file("a/b/bin/default.cac"))
    try StagedFile.write("x", to: folder.file("mine.cac"))
    let named = search(folder, ["CAC_DEFAULT_MODEL": folder.file("mine.cac").path])
    #expect(try named.found().lastPathComponent == "mine.cac")
    let gone = search(folder, ["CAC_DEFAULT_MODEL": "/nowhere/model.cac"])
    do {
      _ = try gone.found()
      Issue.record("another model was taken")
    } catch { #expect("\(error)".contains("CAC_DEFAULT_MODEL")) }
  }

  @Test func `says where it was sought`() throws {
    let folder = try TemporaryFolder()
    do {
      _ = try search(folder).found()
      Issue.record("a model was found")
    } catch { #expect("\(error)".contains("share/cac/default.cac")) }
  }

  @Test func `is found by this program`() throws {
    // The tests lie in the tree whose model it is.
    let url = try DefaultModel.ofThisProcess().found()
    #expect(try StagedModelSource(url).identity.name == "default")
  }
}
