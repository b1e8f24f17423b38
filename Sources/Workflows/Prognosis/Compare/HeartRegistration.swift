// SPDX-License-Identifier: Apache-2.0
import Agatston
import Images
import Scoring
import Studies
import Text
import Volume

/// Lays the heart of an earlier scan onto that of a later one.
enum HeartRegistration {
  /// Half the width of the part of the heart that is registered, in mm.
  private static let radius = 60.0
  /// Below this correlation after registration lesions are not followed.
  private static let leastCorrelation = 0.5

  /// The motion from the earlier heart to the later one; `nil`, with a note, where there is none.
  static func motion(
    from first: ScoredScan, to second: ScoredScan, _ notes: inout [String]
  ) -> RigidMotion? {
    let centre = Self.centre(first)
    do throws(ImageFileError) {
      let motion = try RigidMotion.from(
        first.scan.ct, to: second.scan.ct, centre: centre, radius: radius,
        guess: Self.centre(second) - centre)
      if motion.correlation >= leastCorrelation { return motion }
      notes.append(
        "lesions are not followed: after registration the hearts correlate by \(readable(motion.correlation, 2)) only"
      )
    } catch {
      notes.append("lesions are not followed: the hearts could not be registered (\(error.detail))")
    }
    return nil
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
