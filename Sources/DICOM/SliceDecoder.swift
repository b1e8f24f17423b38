// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Turns the pixels of one slice after the other into Hounsfield units.
struct SliceDecoder {
  let rows: Int
  let columns: Int
  let options: DICOMReadOptions

  /// How many pixels were cut to 16 bits, and how many held no data.
  private(set) var clampedCount = 0
  private(set) var paddingCount = 0
  /// How many slices took the assumed rescale.
  private(set) var assumedCount = 0
  /// What was missing of slices that were read nevertheless.
  private(set) var gaps: [Gap] = []

  /// What a truncated slice lacks.
  struct Gap {
    let slice: Int
    let missingByteCount: Int
    let airPixelCount: Int
  }

  private struct Key: Hashable {
    let encoding: PixelEncoding
    let rescale: Rescale
  }
  /// One table serves all slices of most series.
  private var tables: [Key: HounsfieldTable] = [:]
  /// The file of the slice before, which frames of one file share.
  private var opened: PixelFile?

  init(rows: Int, columns: Int, options: DICOMReadOptions) {
    self.rows = rows
    self.columns = columns
    self.options = options
  }

  mutating func decode(
    _ file: DICOMFile, slice: Int, into out: UnsafeMutableBufferPointer<Int16>
  ) throws {
    let table = try table(for: file)
    let source = try pixelFile(of: file)
    let bytesPerPixel = file.encoding.bitsAllocated / 8
    let size = rows * columns * bytesPerPixel
    let words = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    defer { words.deallocate() }
    let read = try source.read(file, rows: rows, columns: columns, into: words)
    guard read.missingByteCount == 0 || options.allowTruncated else {
      throw DICOMReader.truncated(file, missing: read.missingByteCount)
    }
    // What is missing is not mapped: its bytes are no values.
    let count = read.count / bytesPerPixel
    map(words, file, table, into: UnsafeMutableBufferPointer(rebasing: out[..<count]))
    if read.missingByteCount > 0 {
      out[count...].initialize(repeating: DICOMReader.air)
      gaps.append(
        Gap(
          slice: slice, missingByteCount: read.missingByteCount, airPixelCount: out.count - count))
    }
  }

  private mutating func pixelFile(of file: DICOMFile) throws -> PixelFile {
    if let opened, opened.url == file.url { return opened }
    let fresh = try PixelFile(file)
    opened = fresh
    return fresh
  }

  private mutating func table(for file: DICOMFile) throws(DICOMError) -> HounsfieldTable {
    if file.encoding.rescale == nil { assumedCount += 1 }
    guard let rescale = file.encoding.rescale ?? options.rescaleWhenMissing else {
      throw DICOMError(
        .noRescale, subject: file.url.path,
        detail: "has no RescaleSlope and RescaleIntercept, so its values are no Hounsfield units; "
          + "supply both if they are known")
    }
    let key = Key(encoding: file.encoding, rescale: rescale)
    if let table = tables[key] { return table }
    let table = HounsfieldTable(file.encoding, rescale: rescale)
    tables[key] = table
    return table
  }

  private mutating func map(
    _ words: UnsafeMutableRawBufferPointer, _ file: DICOMFile, _ table: HounsfieldTable,
    into out: UnsafeMutableBufferPointer<Int16>
  ) {
    var marked = (padding: 0, clamped: 0)
    table.hu.withUnsafeBufferPointer { hu in
      table.marks.withUnsafeBufferPointer { marks in
        if file.encoding.bitsAllocated == 8 {
          for i in 0..<out.count {
            let word = Int(words[i])
            out[i] = hu[word]
            marked.padding += marks[word] == HounsfieldTable.Mark.padding.rawValue ? 1 : 0
            marked.clamped += marks[word] == HounsfieldTable.Mark.clamped.rawValue ? 1 : 0
          }
          return
        }
        let stored = words.assumingMemoryBound(to: UInt16.self)
        // Decompressed pixels are in this machine's order.
        if file.transferSyntax.isBigEndian {
          for i in 0..<out.count { stored[i] = UInt16(bigEndian: stored[i]) }
        }
        for i in 0..<out.count { out[i] = hu[Int(stored[i])] }
        guard table.hasMarks else { return }
        for i in 0..<out.count {
          let mark = marks[Int(stored[i])]
          marked.padding += mark == HounsfieldTable.Mark.padding.rawValue ? 1 : 0
          marked.clamped += mark == HounsfieldTable.Mark.clamped.rawValue ? 1 : 0
        }
      }
    }
    paddingCount += marked.padding
    clampedCount += marked.clamped
  }
}
