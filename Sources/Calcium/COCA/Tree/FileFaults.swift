// SPDX-License-Identifier: Apache-2.0

/// The numbers of files in a subject's folder that are no usable slice, by their fault.
public struct FileFaults: Hashable, Sendable {
  /// The fault of a file.
  public enum Kind: String, CaseIterable, Sendable {
    /// It has no bytes.
    case empty
    /// Its pixels end too early.
    case truncated
    /// It is DICOM, but broken.
    case damaged
    /// Its name promises DICOM and its content is something else.
    case notDICOM = "no DICOM"
    /// It may not be read.
    case denied = "without the right to read"
    /// It is a link to nothing.
    case brokenLink = "a link to nothing"
    /// It is a copy of a slice that is there.
    case copy = "a copy of another slice"
    /// It is another kind of file or image, which is no slice of the scan.
    case foreign = "no CT slice"
  }

  /// The number of files of each kind.
  public var counts: [Kind: Int]

  /// No faults, or those given.
  public init(_ counts: [Kind: Int] = [:]) { self.counts = counts }

  /// The number of files that should be slices and cannot be read.
  public var unreadable: Int { number(of: Self.unreadableKinds) }

  /// The kinds of those, with their numbers.
  var unreadableText: String { text(of: Self.unreadableKinds) }

  /// The files that are passed over without harm, or `nil` if there are none.
  var foreignText: String? {
    number(of: Self.foreignKinds) == 0 ? nil : text(of: Self.foreignKinds)
  }

  private static let foreignKinds: [Kind] = [.copy, .foreign]
  private static let unreadableKinds = Kind.allCases.filter { !foreignKinds.contains($0) }

  private func number(of kinds: [Kind]) -> Int { kinds.reduce(0) { $0 + (counts[$1] ?? 0) } }

  private func text(of kinds: [Kind]) -> String {
    kinds.compactMap { kind in
      counts[kind].flatMap { $0 > 0 ? "\($0) \(kind.rawValue)" : nil }
    }.joined(separator: ", ")
  }
}
