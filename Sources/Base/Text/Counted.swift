// SPDX-License-Identifier: Apache-2.0

/// A number with the noun that it counts: "1 label map", "2 label maps".
///
/// The plural adds an s to the singular unless it is given.
public func counted(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
  "\(count) " + (count == 1 ? singular : plural ?? singular + "s")
}
