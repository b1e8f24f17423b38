// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
@testable import Prognosis
import RiskNetworks
import Synchronization
import TestSupport
import Testing
import Volume
import Workflow

@Suite struct `A study of networks` {
  private func requests(
    _ cohort: SmallCohort, kinds: [RiskNetworkKind] = [.table, .daft], out: String = "out"
  ) -> (CohortRequest, NetworkRequest) {
    var table = CohortRequest(
      table: cohort.folder.file("table.csv"), time: "years", event: "event",
      covariates: ["age", "statin"])
    (table.horizon, table.folds) = (4, 2)
    var networks = NetworkRequest(
      images: cohort.folder.file("scans"), masks: cohort.folder.file("masks"),
      folder: cohort.folder.file(out))
    (networks.kinds, networks.epochs, networks.seeds) = (kinds, 2, 1)
    (networks.edge, networks.size, networks.centre) = (8, 96, .scan)
    return (table, networks)
  }

  private func study(
    _ requests: (CohortRequest, NetworkRequest),
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) async throws -> NetworkStudy {
    try await NetworkStudy(
      requests.0, requests.1, progress: { _ in }, shouldStop: shouldStop)
  }

  @Test(arguments: RiskLoss.allCases)
  func `scores everybody by networks that did not see them, and compares`(loss: RiskLoss)
    async throws
  {
    let cohort = try SmallCohort()
    var (table, networks) = requests(cohort, kinds: RiskNetworkKind.allCases)
    networks.loss = loss
    let study = try await study((table, networks))
    #expect(study.networks.count == 6 && study.leftOut.isEmpty && study.notes.isEmpty)
    for network in study.networks {
      #expect(network.scores.count == 1 && network.scores[0].count == 24)
      #expect(Set(network.scores[0]).count > 2, "\(network.name)")
    }
    let model = try await CohortModel(table) { _ in }
    let comparison = NetworkComparison(study, beside: model)
    #expect(comparison.rows.count == 8)
    for row in comparison.rows {
      #expect((0...1).contains(row.mean.value), "\(row.name)")
      #expect(row.mean.low <= row.mean.value && row.mean.value <= row.mean.high, "\(row.name)")
    }
    #expect(comparison.rows[0].overTable == nil && comparison.rows[0].overImage != nil)
    table.covariates = []
    networks.kinds = [.image]
    networks.folder = cohort.folder.file("other")
    #expect(try await self.study((table, networks)).networks.count == 1)
  }

  @Test func `that was stopped goes on, and ends with the same scores`() async throws {
    let cohort = try SmallCohort()
    let whole = try await study(requests(cohort, out: "whole"))
    // Once within the crops, then within the trainings.
    for limit in [10, 27] {
      let asked = Mutex(0)
      await #expect(throws: WorkflowError.self) {
        _ = try await study(requests(cohort)) {
          asked.withLock { count in
            count += 1
            return count > limit
          }
        }
      }
    }
    let resumed = try await study(requests(cohort))
    #expect(resumed.networks.map(\.scores) == whole.networks.map(\.scores))
    // What is done is not done again, whoever asks to stop.
    let again = try await study(requests(cohort))
    #expect(again.networks.map(\.scores) == whole.networks.map(\.scores))
    let left = try FileManager.default.contentsOfDirectory(
      atPath: cohort.folder.file("out/networks").path)
    #expect(left.allSatisfy { $0.hasSuffix(".json") } && left.count == 4)
  }

  @Test func `names who is missing where, and why somebody was left out`() async throws {
    let cohort = try SmallCohort()
    let folder = cohort.folder
    try FileManager.default.removeItem(at: folder.file("scans/p3.nii.gz"))
    try FileManager.default.removeItem(at: folder.file("masks/p4.nii.gz"))
    try FileManager.default.copyItem(
      at: folder.file("scans/p5.nii.gz"), to: folder.file("scans/stranger.nii.gz"))
    try Data("no scan".utf8).write(to: folder.file("scans/p6.nii.gz"))
    var grid = SmallCohort.grid
    grid.origin.x += 4
    try NIfTIFile.write(
      Volume<UInt8>(geometry: grid, repeating: 0), to: folder.file("masks/p7.nii.gz"))
    let study = try await study(requests(cohort, kinds: [.table]))
    #expect(study.cohort.ids.count == 20)
    #expect(
      study.notes == [
        "1 subject of the table without a scan: p3", "1 subject of the table without a mask: p4",
        "1 subject with a scan that the table does not name: stranger",
      ])
    #expect(study.leftOut.map(\.subject) == ["p6", "p7"])
    #expect(study.leftOut[1].reason.contains("the mask is not on the scan's grid"))
  }

  @Test func `refuses what cannot be learned, with one sentence`() async throws {
    let cohort = try SmallCohort()
    func refusal(_ change: (inout CohortRequest, inout NetworkRequest) throws -> Void) async throws
      -> String
    {
      var (table, networks) = requests(cohort, kinds: [.table])
      try change(&table, &networks)
      do {
        _ = try await study((table, networks))
        return "none"
      } catch let error as WorkflowError { return error.description }
    }
    let folder = cohort.folder
    #expect(try await refusal { $1.edge = 40 }.contains("change --edge or --size"))
    #expect(try await refusal { table, _ in table.covariates = [] }.contains("no --covariate"))
    #expect(try await refusal { table, _ in table.strata = "statin" }.contains("--strata"))
    #expect(
      try await refusal { $1.masks = folder.file("none") }.contains("no such folder of masks"))
    #expect(
      try await refusal { $1.masks = folder.file("out") }.contains("no subject in common"))
    let quiet = try SmallCohort(12, events: false)
    await #expect {
      _ = try await study(requests(quiet, kinds: [.table]))
    } throws: { error in
      "\(error)".contains("of the cross-validation has the event; take fewer --folds")
    }
  }
}
