// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `A preparation that is started again` {
  /// Every file below a folder, hidden ones too, with its bytes.
  private func contents(_ folder: URL) throws -> [String: Data] {
    Dictionary(
      uniqueKeysWithValues: try folder.allFiles.map { ($0, try Data(contentsOf: folder.at($0))) })
  }

  private func times(_ folder: URL) -> [String: Int64] {
    Dictionary(
      uniqueKeysWithValues: folder.allFiles.compactMap { name in
        FileState(folder.at(name)).map { (name, $0.modified) }
      })
  }

  private func arguments(_ more: String = "") -> [String] {
    ("coca prepare tree --dataset 7_Again --dimension 3d " + more).split(separator: " ").map(
      String.init)
  }

  @Test func `keeps what is done and makes anew what changed`() async throws {
    let (folder, tree) = try await Cohort.copy()
    let raw = folder.file("nnUNet_raw/Dataset007_Again")
    try Cac.succeed(arguments(), in: folder.url)
    let first = try contents(raw)
    let before = times(raw)
    #expect(first.keys.contains("prepare-report.txt"))
    #expect(first.keys.filter { $0.hasPrefix("records/") }.count == Cohort.subjects)

    try Cac.succeed(arguments(), in: folder.url)
    #expect(try contents(raw) == first)
    let remade = { (now: [String: Int64]) in
      Set(now.filter { before[$0.key] != $0.value }.keys.filter { $0.hasPrefix("images") })
    }
    #expect(remade(times(raw)) == [])

    // A file of the scan that is written again, another annotation, a result that is gone.
    let slice = Cohort.slices(of: "1", in: tree)[0]
    try Data(contentsOf: slice).write(to: slice)
    let diseased = try await Cohort.diseased()
    let xml = tree.at("calcium_xml/\(diseased).xml")
    try (Data(contentsOf: xml) + Data("\n".utf8)).write(to: xml)
    try FileManager.default.removeItem(at: raw.at("imagesTr/cac_0005_0000.nii.gz"))
    try Cac.succeed(arguments(), in: folder.url)
    #expect(
      remade(times(raw))
        == Set(["1", diseased, "5"].map { "imagesTr/cac_000\($0)_0000.nii.gz" }))
    let third = try contents(raw)
    for (name, data) in first where !name.hasPrefix("records/") {
      #expect(third[name] == data, "\(name)")
    }
  }

  @Test func `with other options makes everything anew and leaves nothing of the old`() async throws
  {
    let (folder, _) = try await Cohort.copy()
    let raw = folder.file("nnUNet_raw/Dataset007_Again")
    try Cac.succeed(arguments(), in: folder.url)
    let options = "--labels arteries --test-fraction 0.4 --seed 3 --compression 6"
    try Cac.succeed(arguments(options), in: folder.url)
    let changed = try contents(raw)
    try FileManager.default.removeItem(at: raw)
    try Cac.succeed(arguments(options), in: folder.url)
    #expect(try contents(raw) == changed)
  }

  @Test func `after being killed at any moment ends with the same bytes`() async throws {
    let (folder, _) = try await Cohort.copy()
    let raw = folder.file("nnUNet_raw/Dataset007_Again")
    let options = arguments("--test-fraction 0.3")
    try Cac.succeed(options, in: folder.url)
    let expected = try contents(raw)
    try FileManager.default.removeItem(at: raw)
    func done() -> Int { raw.allFiles.count { !$0.contains(".staged-") } }
    var random = SplitMix64(seed: 11)
    var interrupted = 0
    for _ in 0..<6 {
      let wanted = done() + Int.random(in: 1...4, using: &random)
      let run = try Cac.start(options, in: folder.url)
      run.wait { done() >= wanted }
      kill(run.processIdentifier, SIGKILL)
      run.waitUntilExit()
      if (1..<expected.count).contains(done()) { interrupted += 1 }
      // Whatever bears its final name is complete.
      for (name, data) in try contents(raw) where !name.contains(".staged-") {
        #expect(expected[name] == data, "\(name)")
      }
    }
    #expect(interrupted > 0, "no kill left an unfinished folder")
    try Cac.succeed(options, in: folder.url)
    #expect(try contents(raw) == expected)
  }

  @Test func `does not write where another one is at work`() async throws {
    let (folder, _) = try await Cohort.copy()
    let raw = folder.file("nnUNet_raw/Dataset007_Again")
    try Folder.create(raw)
    let lock = try FolderLock(raw)
    let outcome = try Cac.run(arguments(), in: folder.url)
    withExtendedLifetime(lock) {}
    #expect(outcome.status == 1)
    #expect(outcome.complaints.first?.contains("another process is writing here") == true)
    #expect(!Folder.isFile(raw.at("dataset.json")))
  }

  @Test func `refuses a tree without annotations and names that collide`() async throws {
    let (folder, tree) = try await Cohort.copy()
    try FileManager.default.moveItem(
      at: tree.at("calcium_xml"), to: folder.file("calcium_xml_elsewhere"))
    let bare = try Cac.run(arguments(), in: folder.url)
    #expect(bare.status == 1)
    #expect(bare.complaints.first?.contains("holds no annotation") == true)
    try FileManager.default.moveItem(
      at: folder.file("calcium_xml_elsewhere"), to: tree.at("calcium_xml"))
    try FileManager.default.copyItem(at: tree.at("patient/1"), to: tree.at("patient/01"))
    let twice = try Cac.run(arguments(), in: folder.url)
    #expect(twice.status == 1)
    #expect(twice.complaints.first?.contains("would both become cac_0001") == true)
  }
}
