// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NodeQueue
import TestSupport
import Testing

/// The built node as a scanner sees it; other programs talk to it in `scripts/parity node`.
@Suite(.serialized) struct RunningNodeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A synthetic study and the end of a command line that has it scored without a network.
  private func study() throws -> (files: String, scoring: [String]) {
    try Cac.run(
      [
        "phantom", "cohort", "--subjects", "1", "--matrix", "64", "--slices", "12", "--min-rank",
        "0.9",
      ], in: folder.url
    ).expectSuccess()
    try Cac.run(
      [
        "coca", "prepare", "cohort", "--dataset", "901_Node", "--dimension", "3d", "--labels",
        "arteries",
      ], in: folder.url
    ).expectSuccess()
    let mask = "nnUNet_raw/Dataset901_Node/labelsTr/cac_0000.nii.gz"
    try #require(FileManager.default.fileExists(atPath: folder.file(mask).path))
    return (
      "cohort/Gated_release_final/patient/0",
      ["--", "--mask", folder.file(mask).path, "--labels", "arteries"]
    )
  }

  @Test func `a study that is sent is scored once, also when the node is killed and sent it again`()
    throws
  {
    let (files, scoring) = try study()
    let first = try RunningNode(in: folder.url, scoring)
    func peer(_ node: RunningNode) -> String { "CAC@127.0.0.1:\(node.port)" }
    try Cac.run(["send", "--echo", peer(first)], in: folder.url).expectSuccess()
    let sent = try Cac.run(["send", files, peer(first)], in: folder.url)
    #expect(sent.out.hasPrefix("12 objects stored"), "\(sent.out) \(sent.err)")
    // Acknowledged is kept, whatever happens to the program.
    first.kill()
    let second = try RunningNode(in: folder.url, scoring)
    try second.waitDone(1)
    try Cac.run(["send", files, peer(second)], in: folder.url).expectSuccess()
    usleep(2_500_000)
    let status = try second.status()
    #expect(status.done == 1 && status.scorings == 1 && status.studies.isEmpty)
    #expect(second.terminate() == 0)
    let results = try FileManager.default.subpathsOfDirectory(
      atPath: folder.file("cac-node/results").path)
    for name in ["seg.dcm", "sr.dcm", "report.dcm", "picture-1.dcm"] {
      #expect(results.count { $0.hasSuffix("/\(name)") } == 1)
    }
    #expect(try second.log.contains(#/study [0-9a-f]{12}: scored in/#))
    #expect(try !second.log.contains(#/[0-9]+(\.[0-9]+){5}/#))
  }

  @Test func `an archive that is down is tried again, and two nodes do not share a folder`() throws
  {
    let (files, scoring) = try study()
    // Nobody listens at that port.
    let node = try RunningNode(in: folder.url, ["--to", "ARCHIVE@127.0.0.1:9"] + scoring)
    try Cac.run(["send", files, "CAC@127.0.0.1:\(node.port)"], in: folder.url).expectSuccess()
    let second = try Cac.run(["listen", "--port", "0"], in: folder.url)
    #expect(second.status == 1 && second.err.contains("another process"))
    let end = Date.now.addingTimeInterval(60)
    while try node.status().failed == 0, Date.now < end { usleep(200_000) }
    let study = try #require(try node.status().studies.first)
    #expect(study.step == "send")
    #expect(study.problem?.contains("ARCHIVE at 127.0.0.1:9") == true)
    #expect(node.terminate() == 0)
  }

  @Test func `callers and titles that are not meant are refused`() throws {
    let node = try RunningNode(in: folder.url, ["--allow", "SCANNER@127.0.0.1"])
    func echo(_ title: String, _ calling: String) throws -> Int32 {
      try Cac.run(
        ["send", "--echo", "\(title)@127.0.0.1:\(node.port)", "--calling", calling], in: folder.url
      ).status
    }
    #expect(try echo("CAC", "SCANNER") == 0)
    #expect(try echo("CAC", "STRANGER") == 1)
    #expect(try echo("OTHER", "SCANNER") == 1)
    #expect(node.terminate() == 0)
  }
}
