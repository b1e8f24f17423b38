// SPDX-License-Identifier: Apache-2.0
package import Learning
import Torch
import Workflow

/// Collects what a reader of the results must know about how they were computed.
package final class InferenceRemarks {
  private var options: InferenceOptions
  private var isPacked = false
  private var windows = WindowCount()

  package init(_ options: InferenceOptions) { self.options = options }

  /// Takes over where a predictor stands.
  func note(isPacked: Bool, windows: WindowCount, _ options: InferenceOptions) {
    (self.isPacked, self.windows, self.options) = (isPacked, windows, options)
  }

  /// A sentence each; none before a case was predicted.
  package var sentences: [String] {
    guard windows.all > 0 else { return [] }
    var list = [
      "networks computed \(isPacked ? "packed for the processor" : "layer by layer"), in "
        + options.precision.rawValue
    ]
    if options.skipsEmptyWindows {
      list.append(
        "\(windows.skipped) of \(windows.all) windows were not computed: no voxel of at least "
          + "130 HU that is not bone lies between the lungs there")
    }
    if let band = options.undecided {
      list.append(
        "\(windows.mirrored) of \(windows.all) windows were averaged over mirrored copies: no other "
          + "holds a candidate of at least 130 HU whose calcium has a probability from "
          + "\(decimal(band.lowerBound, 2)) to \(decimal(band.upperBound, 2))")
    }
    return list
  }
}
