// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// The three folders of nnU-Net: raw data sets, preprocessed ones, results.
///
/// Each is taken from the option, else from nnU-Net's environment variable, else from the current
/// folder, so that both programs can work on the same tree.
///
/// ```swift
/// let roots = Roots(raw: "/data/nnUNet_raw")
/// let dataset = try Dataset("501", roots: roots)
/// ```
package struct Roots: Sendable {
  /// Where `DatasetXXX_NAME` folders with images and labels lie.
  package let raw: URL
  /// Where plans and preprocessed cases lie.
  package let preprocessed: URL
  /// Where trained models lie.
  package let results: URL

  /// The folders of options that were given, of nnU-Net's variables, or below the current folder.
  package init(raw: String? = nil, preprocessed: String? = nil, results: String? = nil) {
    func folder(_ option: String?, _ variable: String) -> URL {
      let value = option ?? ProcessInfo.processInfo.environment[variable] ?? variable
      return URL(fileURLWithPath: value, isDirectory: true)
    }
    self.raw = folder(raw, "nnUNet_raw")
    self.preprocessed = folder(preprocessed, "nnUNet_preprocessed")
    self.results = folder(results, "nnUNet_results")
  }
}
