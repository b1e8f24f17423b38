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

/// Draws scans of synthetic subjects, lets the localiser look at each, and keeps what is bright near the
/// heart with what it is.
///
/// A pool that is there already is added to; scans that are there are not drawn again.
struct CandidatePoolMaker: Sendable {
  /// What a pool keeps to.
  private struct Identity: Codable, Equatable {
    var seed: UInt64
    var anatomy: String
    var localiser: String
    var healthy: String?
  }

  /// Where the files of the pool lie.
  let folder: URL
  /// The file of the localiser.
  let localiser: URL
  /// The meshes.
  let anatomy: AnatomyMeshes
  /// The number of scans of synthetic subjects.
  let scans: Int
  /// Scans of people without coronary calcium.
  let healthy: [Scan]
  /// The seed of the subjects.
  let seed: UInt64
  /// The device of the localiser.
  let device: String

  /// The most candidates of arteries, and of each other class, that are kept of a scan.
  private static let (mostCoronary, mostOther) = (40, 12)

  /// How many copies of each of those plaques are painted into; one more stays as it is.
  private static let copies = 15

  /// The design of a classifier that learns from these candidates.
  static let design = CandidateViews.design(classes: TrainingSubject.classNames)

  /// Draws the scans that are missing.
  ///
  /// - Throws: `WorkflowError` with the code `stopped` where it was stopped; the scans that are done
  ///   are kept.
  func make(
    say: (String) -> Void, progress: ProgressHandler, shouldStop: () -> Bool
  ) async throws -> CandidatePool {
    let lock = try FoldLock(folder, of: "the stage with this pool")
    defer { withExtendedLifetime(lock) {} }
    try begin()
    let count = scans + healthy.count * (Self.copies + 1)
    let files = (0..<count).map { CandidatePool.file($0, in: folder) }
    guard !files.allSatisfy(Folder.isFile) else {
      return try CandidatePool(files, design: Self.design)
    }
    let network = try Localiser(contentsOf: localiser, on: Device.available(named: device))
    let model = StagedModel(localiser: network)
    model.rules = Self.rules
    let atlas = try anatomy.atlas(say: say)
    for (number, file) in files.enumerated() where !Folder.isFile(file) {
      guard !shouldStop() else {
        throw WorkflowError(
          .stopped,
          "\(folder.path): stopped after \(number) of \(count) scans; all of them are kept, the "
            + "same command goes on")
      }
      progress(WorkProgress("draw scans", done: number, of: count))
      var data = Data()
      for record in try await records(number, model, atlas) { data.append(record.bytes) }
      try StagedFile.write(data, to: file)
    }
    progress(WorkProgress("draw scans", done: count, of: count))
    return try CandidatePool(files, design: Self.design)
  }

  /// The candidates of a scan by its number: synthetic subjects come first.
  private func records(_ number: Int, _ model: StagedModel, _ atlas: BodyAtlas) async throws
    -> [CandidateRecord]
  {
    var scan: Volume<Int16>
    let maps: ScanMaps
    let name: (StageCandidate) -> Int
    if number < scans {
      let subject = try await TrainingSubject(
        id: number, options: Self.options(number, seed: seed), atlas: atlas)
      scan = subject.subject.ct
      maps = try model.located(scan)
      name = { subject.classNumber(ofVoxels: $0.voxels) }
    } else {
      let (place, copy) = (number - scans).quotientAndRemainder(dividingBy: Self.copies + 1)
      let original = try healthy[place].load().ct
      let found = try model.located(original)
      let painted = PaintedScan(
        original, found, seed: seed &+ UInt64(number), isPlain: copy == 0)
      scan = painted.ct
      maps = copy == 0 ? found : try model.located(scan)
      name = { painted.classNumber(of: $0) }
    }
    scan = ScanGrain.calmed(scan, maps).scan
    let candidates = model.candidates(in: scan, maps)
    let (views, seen) = (CandidateViews(scan, maps), scan)
    return await choose(candidates.map { ($0, name($0)) }, number).concurrentMap {
      candidate, label in
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

  /// The digest of the names of the healthy scans; `nil` where there are none.
  var healthyDigest: String? {
    healthy.isEmpty ? nil : Digest.sha256(healthy.map(\.id).joined(separator: "\n"))
  }

  private func begin() throws {
    let file = folder.appendingPathComponent("pool.json")
    let identity = Identity(
      seed: seed, anatomy: anatomy.digest,
      localiser: Digest.sha256(try FileBytes.read(localiser)))
    guard Folder.isFile(file) else {
      try Folder.create(folder)
      return try JSONFile.write(identity, to: file)
    }
    let earlier = try JSONFile.read(Identity.self, from: file)
    guard earlier != identity else { return }
    let what =
      earlier.seed != seed
      ? "--seed"
      : earlier.anatomy != identity.anatomy ? "--anatomy archive" : "localiser or --healthy"
    throw WorkflowError(
      .refused,
      "\(folder.path): was drawn with another \(what); delete it or name another folder")
  }

  /// Two thirds are calcium scans, one third are chest scans.
  static func options(_ number: Int, seed: UInt64) -> PhantomOptions {
    PhantomOptions(seed: seed &+ 1_000_003, scanProtocol: number % 3 == 2 ? .chest : .gated)
  }

  /// All of the arteries', and some of each other class.
  private func choose(_ candidates: [(StageCandidate, Int)], _ number: Int) -> [(
    StageCandidate, Int
  )] {
    var random = SplitMix64(seed: SplitMix64.mixed(seed) ^ UInt64(number))
    var counts = Array(repeating: 0, count: Self.design.classes.count)
    return candidates.shuffled(using: &random).filter { _, label in
      let most =
        label < StagedModel.arteries.count ? Self.mostCoronary / 2 : Self.mostOther
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
