// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
import Foundation
package import Workflow

/// A file or folder that was found where scans were looked for, and not used.
package struct UnusedFile: Sendable, Hashable, CustomStringConvertible {
  /// The path below the folder that was named.
  package let path: String
  /// Why it was not used; reads after the path, as in "is no DICOM file".
  package let reason: String
  /// Whether it may be a scan, or a part of one, that was meant to be used.
  let isDoubtful: Bool

  /// A file that was not used, and why.
  package init(path: String, reason: String, isDoubtful: Bool) {
    self.path = RawFileName.shown(path)
    self.reason = reason
    self.isDoubtful = isDoubtful
  }

  /// A file that was passed over in a DICOM study below a folder.
  init(_ file: SkippedFile, below folder: URL) {
    let prefix = folder.path + "/"
    self.init(
      path: file.path.hasPrefix(prefix)
        ? String(file.path.dropFirst(prefix.count))
        : URL(fileURLWithPath: file.path).lastPathComponent,
      reason: file.reason, isDoubtful: file.mayBeSlice)
  }

  /// What a run reports as left out: only what may have been meant to be used.
  package var leftOut: LeftOut? { isDoubtful ? LeftOut(subject: path, reason: reason) : nil }

  /// The path and the reason.
  package var description: String { "\(path) \(reason)" }
}
