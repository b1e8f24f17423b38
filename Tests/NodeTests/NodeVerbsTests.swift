// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NodeQueue
import TestSupport
import Testing

/// The verbs of the built command that need no running node.
@Suite struct NodeVerbsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func complaint(_ arguments: String..., status: Int32) throws -> String {
    let outcome = try Cac.run(arguments, in: folder.url)
    #expect(outcome.status == status, "\(outcome.err)")
    let complaints = outcome.complaints
    #expect(complaints.count == 1, "\(outcome.err)")
    return complaints.first ?? ""
  }

  @Test(arguments: [
    ["--port", "70000"], ["--associations", "0"], ["--max-pdu", "1000"], ["--title", ""],
    ["--title", "SEVENTEEN-LETTERS"], ["--to", "nowhere"], ["--to", "https://"],
    ["--quiet", "0"], ["--tls-key", "x"], ["--tls-trust", "x"], ["--host", "0.0.0.0"],
    ["--keep", "-1"], ["--web-token-file", "a", "--web-user", "b"], ["--reserve", "0"],
  ])
  func `an option that cannot be meant is wrong usage, and nothing is made`(options: [String])
    throws
  {
    let outcome = try Cac.run(["listen"] + options, in: folder.url)
    #expect(outcome.status == 2, "\(outcome.err)")
    #expect(outcome.complaints.count == 1, "\(outcome.err)")
    #expect(folder.allNames.isEmpty)
  }

  @Test func `what is wrong with a file or a caller is said before the node begins`() throws {
    #expect(
      try complaint("listen", "--allow", "A@scanner.example", status: 1).contains("--allow"))
    #expect(
      try complaint("listen", "--tls-certificate", "c.pem", "--tls-key", "k.pem", status: 1)
        .contains("c.pem"))
    #expect(
      try complaint(
        "listen", "--to", "http://archive.example/dicom-web", "--web-token-file", "none", status: 1
      ).contains("none"))
    #expect(try complaint("listen", "status", status: 1).contains("--folder"))
    #expect(folder.allNames.isEmpty)
  }

  @Test func `send and fetch say which peers they take`() throws {
    #expect(try complaint("send", "--echo", "https://a.example/x", status: 2).contains("--echo"))
    #expect(try complaint("send", "results", "nowhere", status: 2).contains("https://"))
    _ = try complaint("fetch", "A@127.0.0.1:104", "--study", "1.2", status: 2)
    _ = try complaint(
      "fetch", "A@127.0.0.1:104", "--study", "1.2", "-o", "x", "--move-to", "B", status: 2)
    _ = try complaint("fetch", "https://a.example", "--study", "1.2", "--move-to", "B", status: 2)
    // Nobody listens there.
    let unreachable = try complaint(
      "fetch", "http://127.0.0.1:9/dicom-web", "--study", "1.2", "-o", "x", "--timeout", "2",
      status: 1)
    #expect(unreachable.contains("http://127.0.0.1:9/dicom-web: cannot be reached"))
    #expect(folder.allNames.isEmpty)
  }

  @Test func `status and retry speak of studies by their short digest`() throws {
    let node = NodeFolder(folder.file("cac-node"))
    try node.create()
    let queue = try StudyQueue(node)
    let file = node.incoming.appendingPathComponent("1.dcm")
    try Data("DICM".utf8).write(to: file)
    _ = try queue.keep(
      .init(file: file, study: "1.2.840.99.7", instance: "1", isImage: true, offset: 0))
    _ = try queue.complete(quiet: 1, at: .now.addingTimeInterval(2))
    let job = try #require(try queue.claim(.score, at: .now.addingTimeInterval(2)))
    try queue.fail(job, .final("no heart"), rule: RetryRule())
    let outcome = try Cac.run(["listen", "status", "--json"], in: folder.url)
    outcome.expectSuccess()
    let status = try JSONDecoder().decode(QueueStatus.self, from: Data(outcome.out.utf8))
    #expect(status.dead == 1 && status.studies.map(\.problem) == ["no heart"])
    #expect(!outcome.out.contains("1.2.840"))
    #expect(try complaint("listen", "retry", "ffff", status: 1).contains("ffff"))
    let retried = try Cac.run(["listen", "retry", String(job.key.prefix(6))], in: folder.url)
    #expect(retried.out == "1 study will be tried again\n")
    #expect(try Cac.run(["listen", "status"], in: folder.url).out.contains("1 waiting"))
  }
}
