// SPDX-License-Identifier: Apache-2.0
import Agatston

/// Which artery a model gives to the lesions that it finds.
public struct LesionArteries: Hashable, Codable, Sendable {
  /// What counts.
  public static let rule =
    "Found lesions by the artery that most of their voxels belong to in the reference (rows) and, of "
    + "the voxels in both masks, in the prediction."

  /// Counts by [reference artery][predicted artery], in the order of `Artery.allCases`.
  public let counts: [[Int]]
  /// The lesions of each artery that were not found.
  public let missed: [Int]

  /// The share of the found lesions whose artery is right; `nil` without any.
  public var accuracy: Double? {
    let found = counts.joined().reduce(0, +)
    let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
    return found == 0 ? nil : Double(right) / Double(found)
  }

  /// Counts lesions; `nil` unless both masks tell arteries apart: some label is above 1, none is no
  /// artery's.
  init?(_ matches: [LesionMatch]) {
    let lists = [matches.flatMap(\.reference), matches.flatMap(\.predicted)]
    for labels in lists.map({ $0.compactMap(\.label) }) {
      guard labels.contains(where: { $0 > 1 }), labels.allSatisfy({ Artery(rawValue: $0) != nil })
      else { return nil }
    }
    let arteries = Artery.allCases
    var counts = [[Int]](
      repeating: [Int](repeating: 0, count: arteries.count), count: arteries.count)
    var missed = [Int](repeating: 0, count: arteries.count)
    for lesion in lists[0] {
      guard let row = arteries.firstIndex(where: { $0.rawValue == lesion.label }) else { continue }
      if let column = arteries.firstIndex(where: { $0.rawValue == lesion.sharedLabel }) {
        counts[row][column] += 1
      } else {
        missed[row] += 1
      }
    }
    (self.counts, self.missed) = (counts, missed)
  }
}
