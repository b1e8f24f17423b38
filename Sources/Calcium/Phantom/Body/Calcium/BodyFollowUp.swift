// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas

/// The plaques of a later scan of a subject made of an atlas: half have grown, some are new, few are gone.
struct BodyFollowUp {
  /// The pieces of each plaque of the later scan.
  private(set) var plaques: [[CalciumBlob]]
  /// What became of each plaque, with its place in the atlas; empty for the first scan.
  private(set) var changes: [PlaqueChange] = []

  /// How far a new plaque lies from all others, in mm: it should not be taken for their growth.
  private static let clearance: Float = 12

  /// - Parameters:
  ///   - first: the plaques of the first scan.
  ///   - visit: 0 for the first scan itself.
  init(
    of first: [[CalciumBlob]], visit: Int, seed: UInt64, subject: Int, pose: BodyPose,
    in atlas: BodyAtlas
  ) {
    plaques = first
    guard visit > 0 else { return }
    plaques = []
    func volume(_ plaque: [CalciumBlob]?) -> Double {
      (plaque ?? []).reduce(0) {
        $0 + $1.volume(scale: pose.localScale(atAtlas: ($1.from + $1.to) / 2))
      }
    }
    func note(_ state: PlaqueChange.State, _ before: [CalciumBlob]?, _ after: [CalciumBlob]?) {
      guard let shown = before ?? after, case .coronary(let artery)? = shown.first?.kind else {
        return
      }
      let middle = shown.reduce(Point.zero) { $0 + ($1.from + $1.to) / 2 } / Float(shown.count)
      changes.append(
        PlaqueChange(
          artery: artery, state: state,
          place: [Double(middle.x), Double(middle.y), Double(middle.z)],
          volumeBefore: volume(before), volumeAfter: volume(after)))
    }
    var random = KeyedRandom(seed: seed, subject: subject, purpose: .followUp, index: visit)
    for plaque in first {
      let fate = random.unit()
      let factor = random.uniform(1.15, 1.4)
      if fate >= 0.93 {
        note(.gone, plaque, nil)
        continue
      }
      let later = fate < 0.5 ? plaque.map { $0.grown(factor, denser: 1.1) } : plaque
      plaques.append(later)
      note(fate < 0.5 ? .grown : .same, plaque, later)
    }
    // New calcium is drawn as that of other subjects with a little of it.
    let wanted = random.whole(0...2)
    let little = BodyCalcium.Burden(
      coronary: 1, ranks: 0.3...0.6, elsewhere: -1, decoys: 0, hardware: .none)
    let more = BodyCalcium(
      atlas: atlas, burden: little, scale: pose.localScale(atAtlas: atlas.heartCentre), &random)
    for plaque in more.plaques where changes.count(where: { $0.state == .new }) < wanted {
      let isClear = (first + plaques).joined().allSatisfy { other in
        plaque.allSatisfy { length($0.from - other.from) > Self.clearance }
      }
      guard isClear, !plaque.isEmpty else { continue }
      plaques.append(plaque)
      note(.new, nil, plaque)
    }
  }
}
