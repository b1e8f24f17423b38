// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Atlas
import Foundation
import Volume

/// What became of one plaque of a synthetic subject from the first scan to a later one.
public struct PlaqueChange: Hashable, Sendable {
  /// What became of a plaque.
  public enum State: String, CaseIterable, Sendable {
    /// As it was.
    case same
    /// Thicker, wider and denser.
    case grown
    /// Not there at the first scan.
    case new
    /// No longer there.
    case gone
  }

  /// The plaque's artery.
  public let artery: Artery
  /// What became of it.
  public let state: State
  /// Its middle in LPS mm of the first scan.
  public internal(set) var place: SIMD3<Double>
  /// Its true volume in mm³ at the first scan.
  public let volumeBefore: Double
  /// Its true volume in mm³ at the later one.
  public let volumeAfter: Double
}

/// The plaques of a later scan: half have grown, some are new, few are gone.
struct PlaqueFollowUp {
  /// The plaques of the later scan.
  private(set) var plaques: [Plaque] = []
  /// What became of each plaque, in the anatomy's coordinates; empty for the first scan.
  private(set) var changes: [PlaqueChange] = []

  /// How far a new plaque lies from all others, in mm: it should not be taken for their growth.
  private static let clearance: Float = 12

  /// - Parameters:
  ///   - first: the plaques of the first scan.
  ///   - visit: 0 for the first scan itself.
  init(of first: [Plaque], visit: Int, seed: UInt64, subject: Int, in anatomy: Anatomy) {
    guard visit > 0 else {
      plaques = first
      return
    }
    var random = KeyedRandom(seed: seed, subject: subject, purpose: .followUp, index: visit)
    for plaque in first {
      let fate = random.unit()
      let factor = random.uniform(1.15, 1.4)
      let later: Plaque? =
        fate < 0.5
        ? Plaque(
          artery: plaque.artery, attenuation: min(1.1 * plaque.attenuation, 1_900),
          shape: plaque.shape.grown(factor))
        : fate < 0.93 ? plaque : nil
      if let later { plaques.append(later) }
      changes.append(
        PlaqueChange(
          artery: plaque.artery, state: later == nil ? .gone : fate < 0.5 ? .grown : .same,
          place: plaque.middle, volumeBefore: plaque.shape.volume,
          volumeAfter: later?.shape.volume ?? 0))
    }
    // New calcium is drawn as that of other subjects with a little of it.
    let wanted = random.whole(0...2)
    let more = (0..<4).flatMap { _ in
      PlaqueBurden(&random, ranks: 0.3...0.6)
        .plaques(in: anatomy.coronaries, noise: anatomy.noise, &random)
    }
    for plaque in more where changes.count(where: { $0.state == .new }) < wanted {
      let isClear = (first + plaques).allSatisfy { other in
        other.shape.sections.allSatisfy { a in
          plaque.shape.sections.allSatisfy { length($0.center - a.center) > Self.clearance }
        }
      }
      guard isClear else { continue }
      plaques.append(plaque)
      changes.append(
        PlaqueChange(
          artery: plaque.artery, state: .new, place: plaque.middle, volumeBefore: 0,
          volumeAfter: plaque.shape.volume))
    }
  }
}

extension Plaque {
  /// The middle of its box.
  fileprivate var middle: SIMD3<Double> {
    let box = shape.bounds
    let middle = (box.low + box.high) / 2
    return [Double(middle.x), Double(middle.y), Double(middle.z)]
  }
}

/// What becomes of the plaques of a subject from the first scan (`visit` 0) to a later one.
///
/// - Parameter atlas: the anatomy that the subjects are made of; `nil` for those of ellipsoids and tubes.
/// - Returns: each plaque with its place in the first scan; empty for people without calcium, then and now.
/// - Throws: `PhantomError` for options that cannot be drawn.
public func phantomFollowUp(
  id: Int, options: PhantomOptions, visit: Int = 1, atlas: BodyAtlas? = nil
) throws(PhantomError) -> [PlaqueChange] {
  try options.validate(subject: id)
  var (first, later) = (options, options)
  (first.visit, later.visit) = (0, visit)
  if let atlas {
    let burden = BodyCalcium.Burden.cohort(ranks: options.ranks)
    let scan = BodyScan(id: id, options: first, atlas: atlas, burden: burden)
    // The table moves a patient along z alone.
    let table = scan.scanner.geometry.origin.z - Double(scan.scanner.corner.z)
    return BodyScan(id: id, options: later, atlas: atlas, burden: burden).scene.changes.map {
      var change = $0
      let place = scan.scene.pose.patientPoint(
        ofAtlas: Point(Float($0.place.x), Float($0.place.y), Float($0.place.z)))
      change.place = [Double(place.x), Double(place.y), Double(place.z) + table]
      return change
    }
  }
  let offset = Scene(id: id, options: first).scanner.offset
  return Scene(id: id, options: later).changes.map {
    var change = $0
    change.place += offset
    return change
  }
}
