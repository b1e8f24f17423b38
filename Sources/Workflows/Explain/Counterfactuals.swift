// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Random
import Volume

/// What would have to be otherwise for the score to fall into another class.
package struct Counterfactuals: Sendable, Codable, Hashable {
  /// A lesion that was erased, and the score without it.
  struct Erased: Sendable, Codable, Hashable {
    let lesion: Int
    let points: Double
  }

  /// The smallest change of one kind that turns the class.
  struct Flip: Sendable, Codable, Hashable {
    /// "threshold down", "threshold up", "noise" or "smoothing".
    let kind: String
    /// The change, in HU, or in mm for smoothing; `nil` where no change up to `limit` turns the class.
    let amount: Double?
    /// The largest change that was tried.
    let limit: Double
    /// The score with that change.
    let points: Double
    /// Its class.
    let category: String
  }

  let erased: [Erased]
  let flips: [Flip]

  /// The changes that are tried, the smallest first.
  package struct Changes: Sendable {
    /// The number of lesions that are erased, those with most points first.
    package var lesions = 12
    /// The shifts of the threshold in HU, both ways.
    package var shifts = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40]
    /// The standard deviations of added noise in HU.
    package var noises = [5, 10, 15, 20, 30, 40]
    /// The standard deviations of smoothing within slices in mm.
    package var smoothings = [0.5, 1, 1.5, 2]
    /// The draws of noise, of whose scores the middle one decides.
    package var draws = 3

    /// The usual changes.
    package init() {}
  }

  /// The scores of all changes; `flips` are of the whole score, whatever the target.
  init(
    _ scorer: StudyScorer, lesions: [LesionVoxels], target: ExplainTarget, changes: Changes,
    progress: (Int, Int) -> Void
  ) throws {
    let ct = scorer.ct
    let chosen = lesions.prefix(changes.lesions)
    let total =
      chosen.count + 2 * changes.shifts.count + changes.noises.count + changes.smoothings.count
    var done = 0
    func step() {
      done += 1
      progress(done, total)
    }
    erased = try chosen.map { lesion in
      let slices = lesion.voxels.map { $0 / ct.extent.sliceCount }
      let points = try scorer.points(
        "lesion \(lesion.voxels[0]) \(lesion.voxels.count)", of: target,
        slices: (slices.min() ?? 0)..<(slices.max() ?? 0) + 1
      ) { Inpainting.filled(ct, Inpainting.grown(lesion.voxels, in: ct.extent)) }
      step()
      return Erased(lesion: lesion.number, points: points)
    }
    let own = StandardClass(agatston: scorer.score.agatston)
    func search<Amount>(
      _ kind: String, _ amounts: [Amount], number: (Amount) -> Double,
      score: (Amount) throws -> Double
    ) throws -> Flip {
      var points = scorer.score.agatston
      for amount in amounts {
        points = try score(amount)
        step()
        if let category = StandardClass(agatston: points), category != own {
          return Flip(
            kind: kind, amount: number(amount), limit: amounts.last.map(number) ?? 0,
            points: points, category: category.rawValue)
        }
      }
      return Flip(
        kind: kind, amount: nil, limit: amounts.last.map(number) ?? 0, points: points,
        category: own?.rawValue ?? "")
    }
    func shifted(_ by: Int) throws -> Double {
      try scorer.points("shift \(by)", of: .total) {
        ct.map { Int16(clamping: Int($0) + by) }
      }
    }
    flips = [
      // Values that rise by some HU meet a threshold that is lower by as many.
      try search("threshold down", changes.shifts, number: Double.init) { try shifted($0) },
      try search("threshold up", changes.shifts, number: Double.init) { try shifted(-$0) },
      try search("noise", changes.noises, number: Double.init) { deviation in
        let all = try (1...changes.draws).map { draw in
          try scorer.points("noise \(deviation) \(draw)", of: .total) {
            ct.addingNoise(Double(deviation), seed: UInt64(draw))
          }
        }
        return all.sorted()[changes.draws / 2]
      },
      try search("smoothing", changes.smoothings, number: { $0 }) { millimetres in
        try scorer.points("smoothing \(millimetres)", of: .total) { ct.smoothed(millimetres) }
      },
    ]
  }
}

extension Volume<Int16> {
  /// The scan with independent Gaussian noise of a standard deviation in HU.
  func addingNoise(_ deviation: Double, seed: UInt64) -> Volume<Int16> {
    var random = SplitMix64(seed: seed)
    // The sum of twelve uniform numbers has the variance 1 (central limit theorem).
    return map { value in
      var sum = -6.0
      for _ in 0..<3 {
        let bits = random.next()
        for part in 0..<4 { sum += Double(bits >> (16 * UInt64(part)) & 0xFFFF) / 65_536 }
      }
      return Int16(clamping: Int((Double(value) + deviation * sum).rounded()))
    }
  }

  /// The scan smoothed within its slices by a Gaussian of a standard deviation in mm.
  func smoothed(_ deviation: Double) -> Volume<Int16> {
    var values = voxels.map(Float.init)
    let shape = [extent.slices, extent.rows, extent.columns]
    for (axis, spacing) in [(2, geometry.spacing.x), (1, geometry.spacing.y)] {
      GaussianBlur(sampling: deviation / spacing).blur(&values, shape: shape, axis: axis)
    }
    return Volume<Int16>(geometry: geometry, voxels: values.map { Int16($0.rounded()) })
  }
}
