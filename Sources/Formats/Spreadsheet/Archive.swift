// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Zip

/// The zip archive that a workbook is.
struct Archive {
  private let zip: ZipReader
  private let path: String

  /// The largest part that is unpacked, in bytes; COCA's has some ten thousand.
  private static let largestPart = 64 << 20

  init(_ data: Data, path: String) throws(SpreadsheetError) {
    do {
      zip = try ZipReader(OwnedBytes(data), named: path)
    } catch {
      throw SpreadsheetError(
        .notAWorkbook, path: path,
        detail: "is no Excel workbook (\(error.detail)); restore it from the release")
    }
    self.path = path
  }

  /// The bytes of a part, or `nil` where there is none of that name.
  func part(_ name: String) throws(SpreadsheetError) -> Data? {
    let part: ZipReader.Part?
    do {
      part = try zip.part(named: name)
    } catch {
      throw damaged(name)
    }
    guard let part else { return nil }
    guard part.size <= Self.largestPart else {
      throw SpreadsheetError(
        .tooLarge, path: path, detail: "its part \(name) is too large for a table of scores")
    }
    do {
      return try zip.bytes(part).data
    } catch {
      throw damaged(name)
    }
  }

  private func damaged(_ name: String) -> SpreadsheetError {
    SpreadsheetError(
      .damaged, path: path, detail: "its part \(name) is damaged; restore it from the release")
  }
}
