// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
import Text

/// The training and validation cases of one fold.
public struct Split: Codable, Hashable, Sendable {
  /// The cases to train on.
  public var train: [String]
  /// The cases to validate on.
  public var val: [String]

  /// A fold of given cases.
  public init(train: [String], val: [String]) {
    self.train = train
    self.val = val
  }

  /// The cases that are in both lists, which makes the validation too optimistic.
  public var overlap: [String] { identifiersInOrder(Array(Set(train).intersection(val))) }
}

/// The folds of a cross-validation, as in nnU-Net's splits_final.json.
public struct Splits: Hashable, Sendable {
  /// The name of the file in a data set's folder.
  public static let fileName = "splits_final.json"
  /// The seed of nnU-Net's folds.
  public static let seed: UInt32 = 12345
  /// The folds in order.
  public var folds: [Split]

  /// Given folds.
  public init(folds: [Split]) { self.folds = folds }

  /// nnU-Net's five folds: the cases are shuffled by a seed and cut into chunks, each of which is
  /// the validation of one fold.
  ///
  /// - Parameters:
  ///   - identifiers: The cases.
  ///   - count: The number of folds.
  ///   - seed: The seed of the shuffle; nnU-Net's unless told otherwise.
  ///   - group: Cases with equal keys stay on one side of every fold, for example the slices of one
  ///     subject; the algorithm then runs over the sorted keys.
  public init(
    identifiers: [String], count: Int = 5, seed: UInt32 = Splits.seed,
    group: (String) -> String = { $0 }
  ) throws(NNUNetError) {
    let members = Dictionary(grouping: identifiers, by: group)
    let keys = identifiersInOrder(Array(members.keys))
    guard count >= 2, keys.count >= count else {
      throw NNUNetError(
        .splits, "cross-validation",
        "\(counted(keys.count, "case")) cannot make \(counted(count, "fold")); provide splits_final.json or use fold all"
      )
    }
    var random = MersenneTwister(seed: seed)
    let order = random.permutation(keys.count)
    var start = 0
    folds = (0..<count).map { fold in
      let size = keys.count / count + (fold < keys.count % count ? 1 : 0)
      let held = Set(order[start..<start + size].map { keys[Int($0)] })
      start += size
      func cases(_ inside: Bool) -> [String] {
        identifiersInOrder(
          keys.filter { held.contains($0) == inside }.flatMap { members[$0] ?? [] })
      }
      return Split(train: cases(false), val: cases(true))
    }
  }

  /// Reads splits_final.json.
  public static func read(from url: URL) throws -> Splits {
    let folds = try JSON.read(from: url).decode([Split].self, code: .splits, subject: url.path)
    if folds.isEmpty { throw NNUNetError(.splits, url.path, "holds no fold") }
    return Splits(folds: folds)
  }

  /// Writes splits_final.json, complete or not at all.
  public func write(to url: URL) throws {
    let list = folds.map { fold in
      JSON.object([
        "train": .array(fold.train.map { .string($0) }),
        "val": .array(fold.val.map { .string($0) }),
      ])
    }
    try StagedFile.write(JSON.array(list).text, to: url)
  }

  /// A fold by its index.
  ///
  /// An index past the last fold gives a seeded 80:20 split, as in nnU-Net.
  ///
  /// - Parameters:
  ///   - index: the number of the fold, from 0.
  ///   - identifiers: the existing cases.
  /// - Throws: `NNUNetError` with the code `splits` where cases of the fold do not exist.
  public func fold(_ index: Int, identifiers: [String]) throws(NNUNetError) -> Split {
    guard index >= 0, index < 1 << 20 else {
      throw NNUNetError(.splits, "fold \(index)", "folds count from 0")
    }
    let existing = identifiersInOrder(identifiers)
    guard index < folds.count else {
      var random = MersenneTwister(seed: Self.seed + UInt32(index))
      let order = random.permutation(existing.count).map { Int($0) }
      let count = Int(0.8 * Double(existing.count))
      return Split(
        train: order[..<count].map { existing[$0] },
        val: order[count...].sorted().map { existing[$0] })
    }
    let fold = folds[index]
    let missing = Set(fold.train + fold.val).subtracting(existing)
    if !missing.isEmpty {
      let names = identifiersInOrder(Array(missing)).prefix(5).joined(separator: ", ")
      throw NNUNetError(
        .splits, "fold \(index)",
        "\(missing.count) of its cases are not in the data set: \(names)\(missing.count > 5 ? " …" : "")"
      )
    }
    if fold.train.isEmpty { throw NNUNetError(.splits, "fold \(index)", "has no training case") }
    return fold
  }

  /// The fold that trains and validates on everything.
  public static func all(identifiers: [String]) -> Split {
    let all = identifiersInOrder(identifiers)
    return Split(train: all, val: all)
  }
}
