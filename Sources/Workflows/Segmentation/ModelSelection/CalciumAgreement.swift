// SPDX-License-Identifier: Apache-2.0
import Agatston
import Concurrency
import Files
import Foundation
import NNUNet
import Statistics
import Studies
import Volume
import Workflow

/// The agreement of the Agatston scores of predictions with those of their references.
///
/// Dice counts voxels, so that large plaques dominate it. A study reports the rank and the class of
/// the score, which this agreement measures.
package struct CalciumAgreement: Sendable {
  /// Spearman's rank correlation; `nil` where the scores of one side are all equal.
  package let spearman: Double?
  /// Cohen's kappa of the five classes with linear weights; `nil` where all are of one class.
  package let linearKappa: Double?

  /// Scores each label map and its reference on the CT of its case.
  static func measure(
    _ folder: LabelFolder, reference: URL, raw: RawDataset, jobs: Int
  ) async throws -> CalciumAgreement {
    let images = Dictionary(
      raw.cases.map { ($0.name, $0.channels) }, uniquingKeysWith: { first, _ in first })
    let ending = folder.dataset.fileEnding
    let ignored = folder.dataset.labels.ignoreLabel
    let pairs = try await folder.names().concurrentMap(width: jobs) { name in
      let id = String(name.dropLast(ending.count))
      guard let channels = images[id], channels.count == 1 else {
        throw WorkflowError(
          .missing, "\(raw.folder.path): has no CT of one channel for the case \(id)")
      }
      let ct: Volume<Int16> = try Scan.hounsfield(channels[0])
      guard ct.extent.slices > 1 else {
        throw WorkflowError(
          .invalid,
          "\(channels[0].path): is a single slice; --by agatston needs data sets of whole scans")
      }
      func score(_ url: URL) throws -> Double {
        try Agatston.score(
          ct: ct,
          mask: Volume(
            geometry: ct.geometry,
            voxels: Self.map(url, like: ct).map { Int($0) == ignored ? 0 : $0 }),
          options: ScoringOptions(labels: .calcium)
        ).agatston
      }
      let pair = (
        try score(reference.appendingPathComponent(name)),
        try score(folder.url.appendingPathComponent(name))
      )
      return pair
    }
    let (given, computed) = (pairs.map(\.0), pairs.map(\.1))
    let classes = (given.compactMap(FiveClassRisk.init), computed.compactMap(FiveClassRisk.init))
    return CalciumAgreement(
      spearman: try? Statistics.spearman(given, computed).coefficient,
      linearKappa: try? cohenKappa(
        ConfusionMatrix(
          reference: classes.0.map(\.index), computed: classes.1.map(\.index),
          classes: FiveClassRisk.allCases.count), weights: .linear
      ).coefficient)
  }

  /// The labels of a file, which must have the extent of its CT.
  private static func map(_ url: URL, like ct: Volume<Int16>) throws -> [UInt8] {
    let map = try LabelFolder.read(url)
    guard map.extent == ct.extent else {
      throw WorkflowError(.invalid, "\(url.path): has the grid \(map.extent), its CT \(ct.extent)")
    }
    return map.voxels
  }
}
