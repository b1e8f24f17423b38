// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Atlas
import Volume

/// A subject made of an atlas that knows what each bright spot of its scan is: what a classifier of
/// candidates learns from.
///
/// It has more of everything that must be told apart than patients have.
public struct TrainingSubject: Sendable {
  /// Rises whenever the same seed draws another subject; a training goes on with the edition that it
  /// began with.
  public static let edition = 4

  /// The scan with its annotation.
  public let subject: PhantomSubject
  private let scan: BodyScan

  /// What a bright spot can be, in the order of class numbers; the first four are the arteries.
  public static let classNames =
    Artery.allCases.map(\.abbreviation)
    + ["aorta", "valve", "bone", "airway", "other", "noise"]

  /// Draws the subject of a number; the same for the same number and options.
  public init(id: Int, options: PhantomOptions, atlas: BodyAtlas) async throws {
    try await self.init(BodyScan(id: id, options: options, atlas: atlas, burden: .training))
  }

  /// Scans a subject with other calcium than the usual.
  init(_ scan: BodyScan) async throws {
    self.scan = scan
    subject = try await scan.subject()
  }

  /// What a set of connected voxels of the scan is: a place in `classNames`.
  ///
  /// It is an artery's where the annotation marks at least two fifths of it, else what lies at most of
  /// its voxels.
  public func classNumber(ofVoxels voxels: [Int]) -> Int {
    var arteries = [0, 0, 0, 0]
    for i in voxels where subject.labels.voxels[i] != 0 {
      arteries[Int(subject.labels.voxels[i]) - 1] += 1
    }
    if arteries.reduce(0, +) * 5 >= voxels.count * 2, let most = arteries.max() {
      return arteries.firstIndex(of: most) ?? 0
    }
    var votes = Array(repeating: 0, count: Self.classNames.count)
    for i in stride(from: 0, to: voxels.count, by: max(1, voxels.count / 24)) {
      votes[classNumber(ofVoxel: voxels[i])] += 1
    }
    let most = votes.max() ?? 0
    return votes.firstIndex(of: most) ?? votes.count - 1
  }

  private func classNumber(ofVoxel voxel: Int) -> Int {
    func number(_ name: String) -> Int { Self.classNames.firstIndex(of: name) ?? 0 }
    let place = scan.atlasPoint(ofVoxel: voxel)
    let scene = scan.scene
    var nearest: (kind: CalciumBlob.Kind, distance: Float)?
    for i in scene.calcium.near(place) ?? [] {
      let blob = scene.calcium.blobs[Int(i)]
      let distance = blob.distance(to: place)
      if distance < 2, distance < nearest?.distance ?? .infinity {
        nearest = (blob.kind, distance)
      }
    }
    switch nearest?.kind {
    case .coronary(let artery): return Int(artery.rawValue) - 1
    case .elsewhere(let name):
      switch CalcificationSite(rawValue: name) {
      case .ascendingAorta, .aorticArch, .descendingAorta: return number("aorta")
      case .aorticValve, .mitralRing: return number("valve")
      case .cartilage: return number("bone")
      case .airway, .node: return number("airway")
      case .pericardium, .myocardium: return number("other")
      case nil: return number(name == "granuloma" ? "airway" : "other")
      }
    case nil: break
    }
    guard
      let (tissue, voxel) = BodySampler(scene: scene, edge: 1).tissue(at: place)
    else { return number("noise") }
    // What is bright beside the heart without calcium is the border of a heart that moves.
    if tissue == .lung, scene.atlas.sacDistances[voxel] < 4 * 12 { return number("noise") }
    switch tissue {
    case .corticalBone, .cancellousBone, .cartilage, .disc: return number("bone")
    case .lung, .airway, .pulmonaryVessel: return number("airway")
    default: return number("noise")
    }
  }
}
