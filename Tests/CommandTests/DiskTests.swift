// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
struct `On a disk of its own, which needs root` {
  static let verbs: [[String]] = [
    ["phantom", "DISK/cohort", "--subjects", "2", "--matrix", "64", "--slices", "8"],
    [
      "coca", "prepare", "cohort", "--dataset", "5_Full", "--dimension", "3d", "--raw", "DISK/raw",
    ],
    ["plan", "901", "--preprocessed", "DISK"],
    [
      "train", "901", "2d", "0", "--iterations", "1", "--validation-iterations", "1", "--epochs",
      "1", "--device", "cpu", "--results", "DISK",
    ],
    [
      "predict", "MODEL", "nnUNet_raw/Dataset901_Phantom/imagesTs", "DISK/out", "--no-mirroring",
      "--device", "cpu",
    ],
    [
      "score", "nnUNet_raw/Dataset901_Phantom/imagesTs", "--mask",
      "nnUNet_raw/Dataset901_Phantom/labelsTs", "--csv", "DISK/r.csv",
    ],
    ["model", "export", "MODEL", "DISK/model.cac"],
    ["evaluate", "RESULT.csv", "--out", "DISK/evaluation"],
    ["report", "evaluation", "--output", "DISK/report.html"],
    ["coca", "audit", "cohort", "--json", "DISK/audit.json"],
    ["coca", "reference", "cohort", "--csv", "DISK/reference.csv"],
  ]

  private func run(_ verb: [String], on disk: MountedFolder) throws -> Cac.Outcome {
    try Cac.run(
      verb.map {
        $0.replacingOccurrences(of: "DISK", with: disk.url.path)
          .replacingOccurrences(of: "MODEL", with: Cohort.model.path)
      }, in: Cohort.folder)
  }

  @Test(arguments: verbs)
  func `a full disk is named in one line and holds nothing half-written`(verb: [String])
    async throws
  {
    _ = try await Cohort.report.value
    // Folders need no block here, every file does.
    let disk = try MountedFolder(options: "size=8k")
    try Data(count: 8192).write(to: disk.url.at("ballast"))
    let outcome = try run(verb, on: disk)
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.complaints.count == 1)
    #expect(outcome.complaints.first?.contains("the disk is full") == true, "\(outcome.err)")
    #expect(disk.url.stagedNames == [])
    for file in disk.url.allFiles {
      let size = try FileManager.default.attributesOfItem(atPath: disk.url.at(file).path)[.size]
      #expect(size as? Int ?? 0 > 0, "\(file)")
    }
  }

  @Test(arguments: verbs)
  func `a read-only file system is named in one line`(verb: [String]) async throws {
    _ = try await Cohort.report.value
    let disk = try MountedFolder(options: "ro")
    let outcome = try run(verb, on: disk)
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.complaints.count == 1)
    #expect(outcome.complaints.first?.contains("read-only") == true, "\(outcome.err)")
    #expect(disk.url.allFiles == [])
  }

  @Test(arguments: [verbs[0], verbs[5]])
  func `a folder of somebody else is named in one line`(verb: [String]) async throws {
    _ = try await Cohort.report.value
    let disk = try MountedFolder(options: "size=1m,mode=755")
    let outcome = try Cac.run(
      verb.map { $0.replacingOccurrences(of: "DISK", with: disk.url.path) }, in: Cohort.folder,
      launcher: ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.complaints.count == 1)
    #expect(outcome.complaints.first?.contains("permission denied") == true, "\(outcome.err)")
    #expect(disk.url.allFiles == [])
  }
}
