// SPDX-License-Identifier: Apache-2.0

/// A number with what it counts: "1 label map", "2 label maps".
///
/// The plural adds an s unless it is given.
public func counted(_ count: Int, _ one: String, _ several: String? = nil) -> String {
  "\(count) " + (count == 1 ? one : several ?? one + "s")
}
