// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Volume
import Workflow

extension TrainingCases {
  /// The patch's axis that goes from left to right; `nil` where 2D slices are sagittal.
  ///
  /// It follows from the scans' directions and the plan's order of axes. Throws where scans differ,
  /// for then no axis of the patch is it in all of them.
  func sideAxis(plans: Plans, dimensions: Int) throws -> Int? {
    var found: Int?
    for one in training.cases {
      let axis = Self.sideAxis(of: one.properties.geometry.direction, plans.transposeForward)
      guard found == nil || found == axis else {
        throw WorkflowError(
          "\(one.url.path): left and right lie along another axis than in other scans; bring all "
            + "scans into one orientation, or leave --keep-sides out")
      }
      found = axis
    }
    // A 2D patch lacks the first of the three axes.
    return found.map { $0 - (3 - dimensions) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The axis of a preprocessed case, in a plan's order of (z, y, x), nearest to left–right.
  static func sideAxis(of direction: Direction, _ transposeForward: [Int]) -> Int? {
    // Directions are in LPS, whose first component goes to the left.
    let shares = [direction.z.x, direction.y.x, direction.x.x].map(abs)
    guard let most = shares.indices.max(by: { shares[$0] < shares[$1] }) else { return nil }
    return transposeForward.firstIndex(of: most)
  }
}
