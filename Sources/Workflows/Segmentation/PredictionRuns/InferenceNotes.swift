// SPDX-License-Identifier: Apache-2.0
package import Learning
import Text
import Torch
import Workflow

/// Collects what a reader of the results should know about how the networks were computed.
///
/// A predictor reports its windows after each case; the sentences go to the terminal and into the
/// run record.
package final class InferenceNotes {
  private var options: InferenceOptions
  private var isPacked = false
  private var windows = WindowCount()

  /// No notes yet, for a prediction with these options.
  package init(_ options: InferenceOptions) { self.options = options }

  /// Replaces what is known by a predictor's present state: its engine, the windows of all cases so
  /// far, and the options that it applies.
  func update(isPacked: Bool, windows: WindowCount, options: InferenceOptions) {
    (self.isPacked, self.windows, self.options) = (isPacked, windows, options)
  }

  /// The notes, one sentence each; empty before the first case was predicted.
  package var sentences: [String] {
    guard windows.all > 0 else { return [] }
    var list = [
      "networks computed \(isPacked ? "packed for the processor" : "layer by layer"), in "
        + options.precision.rawValue
    ]
    if options.skipsEmptyWindows {
      list.append(
        "\(windows.skipped) of \(counted(windows.all, "window")) "
          + (windows.skipped == 1 ? "was" : "were") + " not computed: no voxel of at least "
          + "130 HU that is not bone lies between the lungs there")
    }
    if let band = options.undecided {
      list.append(
        "\(windows.mirrored) of \(counted(windows.all, "window")) "
          + (windows.mirrored == 1 ? "was" : "were") + " averaged over mirrored copies: no other "
          + "holds a candidate of at least 130 HU whose calcium has a probability from "
          + "\(readable(band.lowerBound, 2)) to \(readable(band.upperBound, 2))")
    }
    return list
  }
}
