// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the pixels of two files at one position have in common.
enum PixelComparison {
  /// They are equal.
  case equal
  /// The first file ends early, and what it holds is in the second one.
  case firstIsCut
  /// The second file ends early, and what it holds is in the first one.
  case secondIsCut
  /// They differ.
  case different

  /// Compares the slices of two files, which have the same number of slices.
  ///
  /// - Throws: `FileError` or `DICOMError` where a file cannot be read any more.
  init(_ first: [SliceHeader], _ second: [SliceHeader]) throws {
    var result = Self.equal
    for (a, b) in zip(first, second) {
      guard a.isAlike(b), a.file.origin == b.file.origin else {
        self = .different
        return
      }
      let frame = try Self.compare(a, b)
      switch (frame, result) {
      case (.equal, _): continue
      case (.firstIsCut, .equal), (.firstIsCut, .firstIsCut): result = .firstIsCut
      case (.secondIsCut, .equal), (.secondIsCut, .secondIsCut): result = .secondIsCut
      default:
        self = .different
        return
      }
    }
    self = result
  }

  private static func compare(_ a: SliceHeader, _ b: SliceHeader) throws -> Self {
    if case .native = a.file.pixels, case .native = b.file.pixels,
      a.file.encoding == b.file.encoding, a.file.transferSyntax == b.file.transferSyntax
    {
      let (x, y) = (try stored(a), try stored(b))
      let common = min(x.count, y.count)
      guard common > 0, x.prefix(common) == y.prefix(common) else { return .different }
      if x.count == y.count { return .equal }
      return x.count < y.count ? .firstIsCut : .secondIsCut
    }
    // Compressed pixels, or other words for the same values: the values decide.
    guard let x = try? hounsfield(a), let y = try? hounsfield(b) else { return .different }
    return x == y ? .equal : .different
  }

  /// The uncompressed pixels that the file holds of a slice.
  private static func stored(_ slice: SliceHeader) throws -> [UInt8] {
    let file = try PixelFile(slice.file)
    let count = slice.rows * slice.columns * slice.file.encoding.bitsAllocated / 8
    var failure: (any Error)?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, made in
      do {
        made = try file.read(slice.file, into: UnsafeMutableRawBufferPointer(out)).count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func hounsfield(_ slice: SliceHeader) throws -> [Int16] {
    var decoder = SliceDecoder(rows: slice.rows, columns: slice.columns, options: .init())
    var failure: (any Error)?
    let values = [Int16](unsafeUninitializedCapacity: slice.rows * slice.columns) { out, made in
      do {
        try decoder.decode(slice.file, slice: 0, into: out)
        try decoder.finish(into: out)
        made = out.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }
}
