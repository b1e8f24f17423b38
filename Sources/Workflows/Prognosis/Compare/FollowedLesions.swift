// SPDX-License-Identifier: Apache-2.0
import Agatston
import Images
import Risk
import Scoring
import Studies
import Text
import Volume

/// What became of the lesions from one scan to the next, and by which motion they were followed.
struct FollowedLesions {
  /// The changes; `nil` where the lesions could not be followed.
  var changes: LesionChanges?
  /// The motion of the registered hearts; `nil` where there were no scans to register.
  var motion: RigidMotion?
  /// The shift between the lesions of two results.
  var shift: LesionShift?
  /// Why not, or how, one sentence each.
  var notes: [String] = []

  /// Half the width of the part of the heart that is registered, in mm.
  private static let radius = 60.0
  /// Below this correlation after registration lesions are not followed.
  private static let leastCorrelation = 0.5

  /// Follows the lesions of two scans, whose hearts ITK lays onto each other.
  init(from first: ScoredScan, to second: ScoredScan) {
    let centre = Self.centre(first)
    do throws(ImageFileError) {
      motion = try RigidMotion.from(
        first.scan.ct, to: second.scan.ct, centre: centre, radius: Self.radius,
        guess: Self.centre(second) - centre)
    } catch {
      notes.append("lesions are not followed: the hearts could not be registered (\(error.detail))")
    }
    if let found = motion, found.correlation < Self.leastCorrelation {
      notes.append(
        "lesions are not followed: after registration the hearts correlate by \(readable(found.correlation, 2)) only"
      )
      motion = nil
    }
    changes = motion.map { motion in
      LesionChanges(from: first.score.score.lesions, to: second.score.score.lesions) {
        motion.moved($0)
      }
    }
  }

  /// Follows the lesions of two results by their positions, where at least one has no scan.
  init(from first: StudyScore, to second: StudyScore) {
    let (prior, current) = (first.score.lesions, second.score.lesions)
    if prior.isEmpty || current.isEmpty {
      // Nothing to lay onto each other: all are new, or gone, or there are none.
      changes = LesionChanges(from: prior, to: current) { $0 }
    } else if let found = LesionShift(from: prior, to: current) {
      shift = found
      changes = LesionChanges(from: prior, to: current) { $0 + found.offset }
      notes.append(
        "results hold no scans to register: lesions are followed by a shift of "
          + "\(readable((found.offset * found.offset).sum().squareRoot())) mm, by which "
          + "\(counted(found.pairs, "pair")) of them meet within \(readable(found.distance)) mm")
    } else {
      notes.append(
        "lesions are not followed: results hold no scans to register, and fewer than "
          + "\(LesionShift.leastPairs) lesions, or less than half of them, meet by any shift; give the scans"
      )
    }
  }

  /// The middle of the heart, or of the calcium, or of the scan.
  private static func centre(_ scored: ScoredScan) -> SIMD3<Double> {
    if let centre = scored.heartCentre { return centre }
    let lesions = scored.score.score.lesions
    if !lesions.isEmpty {
      let sum = lesions.reduce(SIMD3<Double>.zero) { $0 + $1.centroid }
      return sum / Double(lesions.count)
    }
    let extent = scored.scan.ct.extent
    let last = SIMD3<Double>(
      Double(extent.columns - 1), Double(extent.rows - 1), Double(extent.slices - 1))
    return scored.scan.ct.geometry.position(ofVoxel: last / 2)
  }
}
