// SPDX-License-Identifier: Apache-2.0

/// Something in a COCA tree or in one of its annotations cannot be used.
///
/// As a thrown value it ends the reading of a file; as an issue of a region it takes that region out
/// and leaves the rest of the subject.
public struct COCAError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Code: String, Sendable, Codable {
    /// The file is no XML property list, or its XML is broken.
    case notAPropertyList = "not-a-property-list"
    /// A key is missing or holds a value of the wrong kind.
    case structure
    /// A point is not written as finite numbers in the right count.
    case coordinates
    /// A point lies outside the image.
    case outsideImage = "outside-image"
    /// The number of points differs from the recorded one, or between pixels and millimetres.
    case pointCount = "point-count"
    /// A folder holds nothing that looks like COCA.
    case nothingFound = "nothing-found"
    /// One subject is found at two places.
    case duplicateSubject = "duplicate-subject"
    /// A list names a subject that is not there.
    case unknownSubject = "unknown-subject"
    /// The table of scores lacks what it needs.
    case scores
    /// A parameter lies outside its range.
    case parameter
  }

  /// What kind of fault it is.
  public let code: Code
  /// The file or folder, or the subject where no file is at hand.
  public let path: String
  /// Where in the file, for example "image 3, ROI 2", or `nil` for the file as a whole.
  public let location: String?
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a location in a file.
  public init(_ code: Code, path: String, location: String? = nil, detail: String) {
    self.code = code
    self.path = path
    self.location = location
    self.detail = detail
  }

  /// The path, the location and the sentence about it.
  public var description: String {
    "\(path): \(location.map { "\($0): " } ?? "")\(detail)"
  }
}
