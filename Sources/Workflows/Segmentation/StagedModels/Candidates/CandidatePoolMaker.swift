// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Concurrency
import Files
import Foundation
import Meshes
import Phantom
import Random
import Stages
import Studies
import Torch
import Volume
import Workflow

/// Lets the localiser look at scans, and keeps what is bright near the heart with what it is.
///
/// A pool that is there already is added to; scans that are there are not read again.
struct CandidatePoolMaker: Sendable {
  /// What a pool keeps to.
  private struct Identity: Codable, Equatable {
    var localiser: String
    var sources: [String]
  }

  /// Where the files of the pool lie.
  let folder: URL
  /// The file of the localiser.
  let localiser: URL
  /// The scans.
  let sources: [any PoolSource]
  /// The seed by which candidates are chosen.
  let seed: UInt64
  /// The device of the localiser.
  let device: String
  /// Which of the scans this process looks at, where several divide them.
  var part = CasePart.all
  /// Whether another process has made the pool, and holds its lock.
  var isReader = false

  /// The most candidates of an artery, and of each other class, that are kept of a scan.
  private static let (mostOfArtery, mostOther) = (20, 12)

  /// The design of a classifier that learns from these candidates.
  static let design = CandidateViews.design(classes: TrainingSubject.classNames)

  /// Reads the scans that are missing.
  ///
  /// - Throws: `WorkflowError` with the code `stopped` where it was stopped; the scans that are done
  ///   are kept.
  func make(
    say: (String) -> Void, progress: ProgressHandler, shouldStop: () -> Bool
  ) async throws -> CandidatePool {
    // Of several processes that train together each reads what the one that started them has made.
    let owned = part == .all ? folder : folder.appendingPathComponent(".part-\(part.number)")
    let lock = isReader ? nil : try FoldLock(owned, of: "the stage with this pool")
    defer { withExtendedLifetime(lock) {} }
    try begin()
    let work = part.of(
      sources.enumerated().flatMap { place, source in
        (0..<source.count).map { (source: place, number: $0) }
      })
    let files = work.map { file($0.source, $0.number) }
    guard !files.allSatisfy(Folder.isFile) else {
      return try CandidatePool(files, design: Self.design)
    }
    let network = try Localiser(contentsOf: localiser, on: Device.available(named: device))
    let model = StagedModel(localiser: network)
    model.rules = Self.rules
    var opened: [Int: (Int, StagedModel) async throws -> PoolScan] = [:]
    for (done, item) in work.enumerated() where !Folder.isFile(files[done]) {
      guard !shouldStop() else {
        throw WorkflowError(
          .stopped,
          "\(folder.path): stopped after \(done) of \(work.count) scans; all of them are kept, the "
            + "same command goes on")
      }
      progress(WorkProgress("look at scans", done: done, of: work.count))
      let open = try opened[item.source] ?? sources[item.source].open(say: say)
      opened[item.source] = open
      let scan = try await open(item.number, model)
      var data = Data()
      for record in await records(scan, model, number: done) { data.append(record.bytes) }
      try StagedFile.write(data, to: files[done])
    }
    progress(WorkProgress("look at scans", done: work.count, of: work.count))
    return try CandidatePool(files, design: Self.design)
  }

  private func file(_ source: Int, _ number: Int) -> URL {
    CandidatePool.file(number, of: sources[source].name, in: folder)
  }

  private func records(_ scan: PoolScan, _ model: StagedModel, number: Int) async
    -> [CandidateRecord]
  {
    let seen = ScanGrain.calmed(scan.ct, scan.maps).scan
    let views = CandidateViews(seen, scan.maps)
    let named = model.candidates(in: seen, scan.maps).map { ($0, scan.classNumber($0)) }
    return await choose(named, number).concurrentMap { candidate, label in
      let (area, points) = Self.size(candidate, seen)
      return CandidateRecord(
        sample: views.sample(candidate, label: label), area: area, points: points)
    }
  }

  /// A wider region than that of predictions, so that what lies at its border is known as well.
  private static let rules: StageRules = {
    var rules = StageRules()
    rules.leastHeat = 0.03
    rules.leastSac = 0.05
    return rules
  }()

  /// What tells this pool from others.
  var digest: String {
    get throws {
      Digest.sha256(
        ([Digest.sha256(try FileBytes.read(localiser))]
          + sources.map { "\($0.count) \($0.digest)" }).joined(separator: " "))
    }
  }

  private func begin() throws {
    let file = folder.appendingPathComponent("pool.json")
    let identity = Identity(
      localiser: Digest.sha256(try FileBytes.read(localiser)),
      sources: sources.map { Digest.sha256("\($0.option) \($0.digest)") })
    guard Folder.isFile(file) else {
      try Folder.create(folder)
      return try JSONFile.write(identity, to: file)
    }
    let earlier = try JSONFile.read(Identity.self, from: file)
    guard earlier != identity else { return }
    let other = zip(sources, zip(earlier.sources, identity.sources)).first { $1.0 != $1.1 }
    let what =
      earlier.localiser != identity.localiser
      ? "localiser" : other?.0.option ?? "choice of --anatomy, --data and --healthy"
    throw WorkflowError(
      .refused,
      "\(folder.path): was made with another \(what); delete it or name another folder")
  }

  /// All of the arteries', and some of each other class.
  private func choose(_ candidates: [(StageCandidate, Int)], _ number: Int) -> [(
    StageCandidate, Int
  )] {
    var random = SplitMix64(seed: SplitMix64.mixed(seed) ^ UInt64(number))
    var counts = Array(repeating: 0, count: Self.design.classes.count)
    return candidates.shuffled(using: &random).filter { _, label in
      let most = label < StagedModel.arteries.count ? Self.mostOfArtery : Self.mostOther
      counts[label] += 1
      return counts[label] <= most
    }
  }

  /// The largest area in a slice in mm², and the Agatston points.
  static func size(_ candidate: StageCandidate, _ scan: Volume<Int16>) -> (
    area: Float, points: Float
  ) {
    let plane = scan.extent.rows * scan.extent.columns
    var slices: [Int: (count: Int, peak: Int16)] = [:]
    for i in candidate.voxels {
      let old = slices[i / plane] ?? (0, .min)
      slices[i / plane] = (old.count + 1, max(old.peak, scan.voxels[i]))
    }
    let pixel = scan.geometry.pixelArea
    let points = slices.values.reduce(0.0) { sum, slice in
      sum + Double(slice.count) * pixel
        * Double(DensityBounds.agatston1990.weight(peak: slice.peak))
    }
    return (
      Float(Double(slices.values.map(\.count).max() ?? 0) * pixel),
      Float(points * scan.geometry.spacing.z / 3)
    )
  }
}
