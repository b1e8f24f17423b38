// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Volume
import Workflow

extension TrainingCases {
  /// The axis of patches between left and right; `nil` where 2D slices are sagittal.
  ///
  /// It follows from the directions of the scans and the plan's order of axes.
  ///
  /// - Throws: `WorkflowError` where scans differ, so that it is not the same axis in all of them.
  func sideAxis(plans: Plans, dimensions: Int) throws -> Int? {
    var found: Int?
    for stored in training.cases {
      let axis = Self.sideAxis(of: stored.properties.geometry.direction, plans.transposeForward)
      guard found == nil || found == axis else {
        throw WorkflowError(
          .invalid,
          "\(stored.url.path): left and right lie along another axis than in other scans; bring all "
            + "scans into one orientation, or leave --keep-sides out")
      }
      found = axis
    }
    // A 2D patch lacks the first of the three axes.
    return found.map { $0 - (3 - dimensions) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The axis of a preprocessed case, in a plan's order of (z, y, x), that is nearest to left–right.
  static func sideAxis(of direction: Direction, _ transposeForward: [Int]) -> Int? {
    // The first component of LPS points to the left.
    let shares = [direction.z.x, direction.y.x, direction.x.x].map(abs)
    guard let most = shares.indices.max(by: { shares[$0] < shares[$1] }) else { return nil }
    return transposeForward.firstIndex(of: most)
  }
}
