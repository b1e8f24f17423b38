// SPDX-License-Identifier: Apache-2.0
public import Agatston

/// What became of the lesions of one scan in the next.
///
/// Each earlier lesion goes to the nearest later one of the same artery whose edge is within 10 mm of its
/// own, and a later lesion without an earlier one to the nearest that is there; what is joined is one change.
/// Distances are between centroids after registration, less half of the larger lesion's diameter.
public struct LesionChanges: Hashable, Sendable {
  /// What became of a lesion.
  public enum State: String, CaseIterable, Sendable {
    /// It is there again, and its volume differs by no more than repeated scans do.
    case same
    /// It has grown.
    case grown
    /// It is smaller than before, which is never called regression.
    case smaller
    /// It was not there before.
    case new
    /// It is no longer there.
    case gone
    /// Several lesions have become one.
    case merged
    /// One lesion has become several, as noise does it.
    case split
  }

  /// One change, with the numbers of its lesions in both scans.
  public struct Change: Hashable, Sendable {
    /// What happened.
    public let state: State
    /// The artery; `nil` where it is not known.
    public let artery: Artery?
    /// The earlier lesions, by number.
    public let prior: [Int]
    /// The later lesions, by number.
    public let current: [Int]
    /// The volumes before and after in mm³.
    public let volumes: (before: Double, after: Double)
    /// The Agatston points before and after.
    public let points: (before: Double, after: Double)

    /// Whether both are the same change of the same lesions.
    public static func == (a: Change, b: Change) -> Bool {
      a.state == b.state && a.prior == b.prior && a.current == b.current
    }

    /// Hashes the lesions.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(prior)
      hasher.combine(current)
    }
  }

  /// The changes: by artery, the largest of later lesions first.
  public let all: [Change]

  /// How far a lesion's edge may be from where it was, in mm.
  public static let reach = 10.0

  /// The change of a lesion's volume that repeated scans show: 3.445 √V₀, Sevrukov's limit for whole scores
  /// (AJR 2005), used here for one lesion.
  public static func volumeLimit(_ volume: Double) -> Double { 3.445 * volume.squareRoot() }

  /// Follows lesions from scan to scan.
  ///
  /// - Parameters:
  ///   - prior: the lesions of the earlier scan.
  ///   - current: those of the later scan.
  ///   - moved: where a point of the earlier scan lies in the later one, in LPS mm.
  public init(
    from prior: [Lesion], to current: [Lesion], moved: (SIMD3<Double>) -> SIMD3<Double>
  ) {
    let places = prior.map { moved($0.centroid) }
    func distance(_ i: Int, _ j: Int) -> Double? {
      let (a, b) = (prior[i], current[j])
      // A lesion whose artery is not known may be any.
      if let first = a.artery, let second = b.artery, first != second { return nil }
      let v = places[i] - current[j].centroid
      let edge = (v * v).sum().squareRoot() - max(a.diameter, b.diameter) / 2
      return edge <= Self.reach ? max(edge, 0) : nil
    }
    // Links from earlier to later lesions; of equal distances the larger lesion is taken.
    func nearest(_ candidates: [(Int, Double, Double)]) -> Int? {
      candidates.min { ($0.1, -$0.2) < ($1.1, -$1.2) }?.0
    }
    var links = prior.indices.map { i in
      nearest(
        current.indices.compactMap { j in
          distance(i, j).map { (j, $0, current[j].volume) }
        }
      ).map { [$0] } ?? []
    }
    for j in current.indices where !links.contains(where: { $0.contains(j) }) {
      let candidates = prior.indices.compactMap { i in
        distance(i, j).map { (i, $0, prior[i].volume) }
      }
      if let i = nearest(candidates) { links[i].append(j) }
    }
    var changes: [Change] = []
    var seen: Set<Int> = []
    for i in prior.indices where !seen.contains(i) {
      // All that hangs together by links.
      var (before, after): (Set<Int>, Set<Int>) = ([i], Set(links[i]))
      while true {
        let more = Set(prior.indices.filter { !after.isDisjoint(with: links[$0]) })
        let grown = before.union(more)
        let targets = grown.reduce(into: after) { $0.formUnion(links[$1]) }
        if grown == before, targets == after { break }
        (before, after) = (grown, targets)
      }
      seen.formUnion(before)
      changes.append(Self.change(before.sorted(), after.sorted(), prior, current))
    }
    let linked = Set(links.joined())
    for j in current.indices where !linked.contains(j) {
      changes.append(Self.change([], [j], prior, current))
    }
    all = changes.sorted {
      ($0.artery?.rawValue ?? 9, -$0.volumes.after, -$0.volumes.before)
        < ($1.artery?.rawValue ?? 9, -$1.volumes.after, -$1.volumes.before)
    }
  }

  private static func change(
    _ before: [Int], _ after: [Int], _ prior: [Lesion], _ current: [Lesion]
  ) -> Change {
    let (old, new) = (before.map { prior[$0] }, after.map { current[$0] })
    func sum(_ lesions: [Lesion], _ value: (Lesion) -> Double) -> Double {
      lesions.reduce(0) { $0 + value($1) }
    }
    let volumes = (before: sum(old, \.volume), after: sum(new, \.volume))
    let state: State =
      if old.isEmpty {
        .new
      } else if new.isEmpty {
        .gone
      } else if old.count > 1 {
        .merged
      } else if new.count > 1 {
        .split
      } else if volumes.after - volumes.before > volumeLimit(volumes.before) {
        .grown
      } else if volumes.before - volumes.after > volumeLimit(volumes.before) {
        .smaller
      } else {
        .same
      }
    return Change(
      state: state, artery: (new.first ?? old.first)?.artery, prior: before, current: after,
      volumes: volumes, points: (sum(old, \.agatston), sum(new, \.agatston)))
  }

  /// How many changes have each state.
  public var counts: [State: Int] {
    Dictionary(grouping: all, by: \.state).mapValues(\.count)
  }
}
