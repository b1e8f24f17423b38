// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Workflow

extension Scan {
  /// A text that changes when a file of the scan does: names below the study, sizes and times.
  ///
  /// What was made of the scan can be kept under it, without reading the scan to see whether it changed.
  package var fingerprint: String {
    get throws {
      switch source {
      case .image(let url): try Self.fingerprint(of: url)
      case .dicom(let url): try Self.fingerprint(of: url)
      }
    }
  }

  /// The same of a file, or of all files in a folder.
  ///
  /// - Throws: `WorkflowError` where there is nothing at the path.
  package static func fingerprint(of url: URL) throws -> String {
    if let state = FileState(url) { return "\(state.size) \(state.modified)" }
    guard Folder.isFolder(url),
      let names = FileManager.default.enumerator(atPath: url.path)?.compactMap({ $0 as? String })
    else { throw WorkflowError(.missing, "\(url.path): no such file or folder") }
    return names.sorted().compactMap { name in
      FileState(url.appendingPathComponent(name)).map { "\(name) \($0.size) \($0.modified)" }
    }.joined(separator: "\n")
  }
}
