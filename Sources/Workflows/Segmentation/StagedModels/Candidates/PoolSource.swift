// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Files
import Foundation
import NNUNet
import Phantom
import Stages
import Studies
import Volume
import Workflow

/// Scans whose candidates a classifier learns from, with what each candidate is.
protocol PoolSource: Sendable {
  /// The number of scans.
  var count: Int { get }
  /// What tells these scans from others.
  var digest: String { get }
  /// How their files are named.
  var name: String { get }
  /// How a user chooses them.
  var option: String { get }

  /// Gets ready, which may take a while, and returns a function that gives the scan of a number.
  func open(say: (String) -> Void) throws -> (Int, StagedModel) async throws -> PoolScan
}

/// One scan of a pool.
struct PoolScan {
  /// The axial CT in HU.
  let ct: Volume<Int16>
  /// What the localiser says of it.
  let maps: ScanMaps
  /// The class of a candidate: a place in `TrainingSubject.classNames`.
  let classNumber: (StageCandidate) -> Int
}

/// Scans of synthetic subjects with the shapes of some meshes.
struct SyntheticScans: PoolSource {
  let anatomy: AnatomyMeshes
  let count: Int
  let seed: UInt64
  let name = "synthetic"
  let option =
    "--anatomy archive, --heart, --without or --seed, or a program whose synthetic subjects differ"

  /// The seed, the meshes and what subjects do without; more scans may be added to those that there are.
  var digest: String { "\(seed) \(anatomy.digest)" }

  func open(say: (String) -> Void) throws -> (Int, StagedModel) async throws -> PoolScan {
    let atlases = try anatomy.atlases(say: say)
    return { number, model in
      let subject = try await TrainingSubject(
        id: number, options: options(number),
        atlas: atlases[number / 3 % atlases.count])
      let ct = subject.subject.ct
      return PoolScan(ct: ct, maps: try model.located(ct)) {
        subject.classNumber(ofVoxels: $0.voxels)
      }
    }
  }

  /// Two thirds are calcium scans, one third are chest scans.
  private func options(_ number: Int) -> PhantomOptions {
    PhantomOptions(
      seed: seed &+ 1_000_003, scanProtocol: number % 3 == 2 ? .chest : .gated,
      without: anatomy.without)
  }
}

/// Scans of people without coronary calcium: each as it is, and copies into which plaques are painted.
struct HealthyScans: PoolSource {
  let scans: [Scan]
  let seed: UInt64
  let name = "healthy"
  let option = "--healthy"

  /// How many copies of each those plaques are painted into; one more stays as it is.
  private static let copies = 15

  var count: Int { scans.count * (Self.copies + 1) }
  var digest: String {
    scans.isEmpty ? "" : Digest.sha256(scans.map(\.id).joined(separator: "\n"))
  }

  func open(say: (String) -> Void) throws -> (Int, StagedModel) async throws -> PoolScan {
    { number, model in
      let (place, copy) = number.quotientAndRemainder(dividingBy: Self.copies + 1)
      let original = try scans[place].load().ct
      let found = try model.located(original)
      let painted = PaintedScan(
        original, found, seed: seed &+ UInt64(number), isPlain: copy == 0)
      return PoolScan(
        ct: painted.ct, maps: copy == 0 ? found : try model.located(painted.ct),
        classNumber: painted.classNumber)
    }
  }
}

/// The training cases of a data set whose calcium readers have marked.
struct AnnotatedScans: PoolSource {
  private let dataset: RawDataset
  /// What each label value means.
  private let meanings: [Meaning]
  let digest: String
  let name = "annotated"
  let option = "--data"

  private enum Meaning: Equatable {
    case nothing, artery(Int), calcium
  }

  /// Opens a data set in nnU-Net's raw layout, as `cac prepare` writes it: the labels are arteries by
  /// their names or abbreviations, or calcium of any artery.
  ///
  /// - Throws: `NNUNetError` for what is no data set or lacks files; `WorkflowError` where it has
  ///   regions or several channels.
  init(_ folder: URL) throws {
    let dataset = try RawDataset(folder: folder)
    try dataset.verifyFiles()
    func refuse(_ why: String) -> WorkflowError {
      WorkflowError(
        .invalid,
        "\(folder.path): \(why); the classifier learns from masks of calcium by artery on CT alone")
    }
    guard !dataset.description.labels.hasRegions else { throw refuse("has regions") }
    guard dataset.description.channelNames.count == 1 else { throw refuse("has several channels") }
    var meanings = Array(repeating: Meaning.nothing, count: 256)
    for entry in dataset.description.labels.entries {
      for value in entry.values where (1...255).contains(value) && entry.name != "ignore" {
        meanings[value] =
          SlicerSegmentation.artery(entry.name).map { .artery(Int($0.rawValue) - 1) } ?? .calcium
      }
    }
    self.dataset = dataset
    self.meanings = meanings
    digest = Digest.sha256(
      ([folder.lastPathComponent] + dataset.cases.map(\.name)).joined(separator: "\n"))
  }

  var count: Int { dataset.cases.count }

  func open(say: (String) -> Void) throws -> (Int, StagedModel) async throws -> PoolScan {
    { number, model in
      let files = dataset.cases[number]
      guard let image = files.channels.first, let label = files.label else {
        throw WorkflowError(.missing, "\(dataset.folder.path): case \(files.name) lacks a file")
      }
      let ct = try Scan.hounsfield(image).axial
      let mask = try LabelFile.read(label).axial
      guard mask.extent == ct.extent else {
        throw WorkflowError(
          .invalid,
          "\(label.path): has \(mask.extent) voxels, its image \(ct.extent); they must be on one grid"
        )
      }
      let maps = try model.located(ct)
      let surroundings = CandidateSurroundings(maps)
      return PoolScan(ct: ct, maps: maps) { candidate in
        artery(of: candidate, mask) ?? surroundings.classNumber(of: candidate)
      }
    }
  }

  /// The artery of a candidate of which readers have marked at least two fifths; `nil` for others.
  private func artery(of candidate: StageCandidate, _ mask: Volume<UInt8>) -> Int? {
    var votes = Array(repeating: 0, count: StagedModel.arteries.count)
    var unnamed = 0
    for i in candidate.voxels {
      switch meanings[Int(mask.voxels[i])] {
      case .nothing: break
      case .artery(let number): votes[number] += 1
      case .calcium: unnamed += 1
      }
    }
    guard (votes.reduce(0, +) + unnamed) * 5 >= candidate.voxels.count * 2 else { return nil }
    if let most = votes.max(), most > 0 { return votes.firstIndex(of: most) }
    return candidate.nearestArtery.flatMap { StagedModel.arteries.firstIndex(of: $0.name) } ?? 0
  }
}

/// What a candidate that is no coronary calcium is taken for in a real scan: by where the localiser
/// sees it.
struct CandidateSurroundings {
  /// What the localiser takes each place for, by the name of the candidates' class.
  private let regions: [(name: String, map: [Float])]
  private let maps: ScanMaps

  /// Faint spots in the aorta, below this peak in HU, are noise.
  private static let faintest: Int16 = 200

  /// The surroundings by the localiser's maps of a scan.
  init(_ maps: ScanMaps) {
    self.maps = maps
    regions = [("bone", "bone"), ("airway", "lung"), ("aorta", "aorta")].map {
      ($0, maps.probability(of: [$1]))
    }
  }

  /// A place in `TrainingSubject.classNames`.
  func classNumber(of candidate: StageCandidate) -> Int {
    func number(_ name: String) -> Int { TrainingSubject.classNames.firstIndex(of: name) ?? 0 }
    let (x, y, z) = (candidate.centre.x, candidate.centre.y, candidate.centre.z)
    for (name, map) in regions where maps.value(map, x: x, y: y, z: z) > 0.5 {
      if name == "aorta", candidate.peak < Self.faintest { break }
      return number(name)
    }
    return number("noise")
  }
}
