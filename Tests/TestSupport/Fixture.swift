// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A fixture that a test asked for and that is not there.
public struct MissingFixture: Error, CustomStringConvertible {
  let path: String

  /// A sentence that names the path.
  public var description: String { "\(path): no such fixture; was it moved or renamed?" }
}

/// The folder `Tests/Fixtures`.
private let fixtureFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Fixtures")

/// The file or folder at a path below `Tests/Fixtures`.
///
/// ```swift
/// let expected = try Data(contentsOf: fixture("nifti/expected.json"))
/// ```
///
/// - Throws: ``MissingFixture`` if nothing is there.
public func fixture(_ path: String) throws -> URL {
  let url = fixtureFolder.appendingPathComponent(path)
  guard FileManager.default.fileExists(atPath: url.path) else {
    throw MissingFixture(path: url.path)
  }
  return url
}

/// What lies directly in a folder, without hidden files, in the order of the names.
///
/// ```swift
/// @Test(arguments: try fixtures(in: fixture("nnunet/models")))
/// ```
///
/// - Parameter isWanted: what is asked of a name.
/// - Throws: ``MissingFixture`` if no name is wanted, so that no test runs without its inputs.
public func fixtures(
  in folder: URL, where isWanted: (String) -> Bool = { _ in true }
) throws -> [URL] {
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    .filter { !$0.hasPrefix(".") && isWanted($0) }
  guard !names.isEmpty else { throw MissingFixture(path: folder.path + "/*") }
  return names.sorted().map(folder.appendingPathComponent)
}
