// SPDX-License-Identifier: Apache-2.0
public import Agatston

/// How far the lesions of one scan lie from the same ones in another, found from the lesions alone.
///
/// Where two results have no scans that could be registered, their lesions are the landmarks. Each pair of
/// one artery proposes a shift; the one by which most earlier lesions meet a later one of their artery
/// within ``tolerance`` is taken, and the mean over those pairs is the shift. A rotation is not sought: a
/// few lesions do not fix one.
public struct LesionShift: Hashable, Sendable {
  /// What is added to the earlier positions, in LPS mm.
  public let offset: SIMD3<Double>
  /// How many pairs of lesions meet by it.
  public let pairs: Int
  /// How far they lie apart then, root mean square in mm.
  public let distance: Double

  /// How near a pair has to come, in mm: a heart that beats and turns a little moves its lesions so far.
  public static let tolerance = 6.0
  /// The fewest pairs that fix a shift; two meet by chance.
  public static let leastPairs = 3
  /// Of each scan the largest lesions are looked at; more would only cost time.
  private static let most = 60

  /// A known shift.
  public init(offset: SIMD3<Double>, pairs: Int, distance: Double) {
    (self.offset, self.pairs, self.distance) = (offset, pairs, distance)
  }

  /// Finds the shift between lesions.
  ///
  /// - Parameters:
  ///   - prior: the lesions of the earlier scan, with their arteries where they are known.
  ///   - current: those of the later scan.
  /// - Returns: `nil` where fewer than ``leastPairs`` lesions meet, or fewer than half of those of the scan
  ///   that has fewer.
  public init?(from prior: [Lesion], to current: [Lesion]) {
    let (old, new) = (Self.largest(prior), Self.largest(current))
    var best: LesionShift?
    for a in old {
      for b in new where Self.mayBeOne(a, b) {
        guard let found = Self.refined(b.centroid - a.centroid, old, new) else { continue }
        if let known = best, (known.pairs, -known.distance) >= (found.pairs, -found.distance) {
          continue
        }
        best = found
      }
    }
    guard let best, best.pairs >= Self.leastPairs, 2 * best.pairs >= min(old.count, new.count)
    else { return nil }
    self = best
  }

  private static func largest(_ lesions: [Lesion]) -> [Lesion] {
    Array(lesions.sorted { $0.volume > $1.volume }.prefix(most))
  }

  /// A lesion whose artery is not known may be any.
  private static func mayBeOne(_ a: Lesion, _ b: Lesion) -> Bool {
    a.artery == nil || b.artery == nil || a.artery == b.artery
  }

  /// The pairs that meet by a shift, and the mean shift of those pairs.
  private static func refined(
    _ proposal: SIMD3<Double>, _ old: [Lesion], _ new: [Lesion]
  ) -> LesionShift? {
    var offset = proposal
    var found: LesionShift?
    for _ in 0..<3 {
      let steps = steps(by: offset, old, new)
      guard !steps.isEmpty else { return found }
      offset = steps.reduce(.zero, +) / Double(steps.count)
      let squares = steps.reduce(0) { sum, step in
        let d = step - offset
        return sum + (d * d).sum()
      }
      found = LesionShift(
        offset: offset, pairs: steps.count,
        distance: (squares / Double(steps.count)).squareRoot())
    }
    return found
  }

  /// From each earlier lesion to the later one that it meets; each later one is met once.
  private static func steps(
    by offset: SIMD3<Double>, _ old: [Lesion], _ new: [Lesion]
  ) -> [SIMD3<Double>] {
    var isFree = [Bool](repeating: true, count: new.count)
    var steps: [SIMD3<Double>] = []
    for a in old {
      var nearest: (index: Int, square: Double)?
      for (j, b) in new.enumerated() where isFree[j] && mayBeOne(a, b) {
        let d = a.centroid + offset - b.centroid
        let square = (d * d).sum()
        if square <= tolerance * tolerance, square < nearest?.square ?? .infinity {
          nearest = (j, square)
        }
      }
      guard let nearest else { continue }
      isFree[nearest.index] = false
      steps.append(new[nearest.index].centroid - a.centroid)
    }
    return steps
  }
}
