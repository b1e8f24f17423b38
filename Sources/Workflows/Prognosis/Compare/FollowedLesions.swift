// SPDX-License-Identifier: Apache-2.0
import Agatston
import Images
import Risk
import Text

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

  /// Follows the lesions of two scans by the motion of the heart; without one they are not followed.
  init(from first: StudyScore, to second: StudyScore, by motion: RigidMotion?) {
    self.motion = motion
    changes = motion.map { motion in
      LesionChanges(from: first.score.lesions, to: second.score.lesions) { motion.moved($0) }
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
}
