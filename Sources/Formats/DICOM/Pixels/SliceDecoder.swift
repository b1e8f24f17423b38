// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Turns the pixels of one slice after the other into Hounsfield units.
///
/// Compressed slices wait for each other, until `finish` or sooner.
struct SliceDecoder {
  let rows: Int
  let columns: Int
  let options: DICOMReadOptions

  /// How many slices are in the volume.
  private(set) var doneCount = 0
  /// How many pixels were cut to 16 bits, and how many held no data.
  private(set) var clampedCount = 0
  private(set) var paddingCount = 0
  /// How many slices took the assumed rescale.
  private(set) var assumedCount = 0
  /// The missing parts of slices that were read although they are truncated.
  private(set) var gaps: [Gap] = []

  /// The missing part of a truncated slice.
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
  private var waiting = CompressedFrames()

  init(rows: Int, columns: Int, options: DICOMReadOptions) {
    self.rows = rows
    self.columns = columns
    self.options = options
  }

  /// Reads a slice into its place in the volume; a compressed one may have to wait for `finish`.
  mutating func decode(
    _ file: DICOMFile, slice: Int, into volume: UnsafeMutableBufferPointer<Int16>
  ) throws {
    do {
      try read(file, slice: slice, into: volume)
    } catch {
      // If a waiting slice cannot be decoded either, its error is the first and is thrown.
      try finish(into: volume)
      throw error
    }
  }

  /// Decodes the slices that wait.
  mutating func finish(into volume: UnsafeMutableBufferPointer<Int16>) throws {
    let frames = waiting
    waiting = CompressedFrames()
    try frames.decode(rows: rows, columns: columns, workers: options.workers) { member, samples in
      let file = member.frame.file
      map(samples, file, try table(for: file), into: pixels(of: member.slice, in: volume))
      doneCount += 1
    }
  }

  /// The pixels of a slice within the volume.
  private func pixels(
    of slice: Int, in volume: UnsafeMutableBufferPointer<Int16>
  ) -> UnsafeMutableBufferPointer<Int16> {
    let count = rows * columns
    return UnsafeMutableBufferPointer(rebasing: volume[slice * count..<(slice + 1) * count])
  }

  private mutating func read(
    _ file: DICOMFile, slice: Int, into volume: UnsafeMutableBufferPointer<Int16>
  ) throws {
    let table = try table(for: file)
    if file.encoding.rescale == nil { assumedCount += 1 }
    let source = try pixelFile(of: file)
    let bytesPerPixel = file.encoding.bitsAllocated / 8
    let words = UnsafeMutableRawBufferPointer.allocate(
      byteCount: rows * columns * bytesPerPixel, alignment: 8)
    defer { words.deallocate() }
    let read = try source.read(file, into: words)
    guard read.missingByteCount == 0 || options.allowTruncated else {
      throw DICOMReader.truncated(file, missing: read.missingByteCount)
    }
    let out = pixels(of: slice, in: volume)
    // Missing bytes are not mapped, because they are no pixel values.
    let count = read.count / bytesPerPixel
    if read.missingByteCount > 0 {
      out[count...].initialize(repeating: DICOMReader.air)
      gaps.append(
        Gap(
          slice: slice, missingByteCount: read.missingByteCount, airPixelCount: out.count - count))
    }
    if let frame = read.frame {
      if !waiting.takes(frame) { try finish(into: volume) }
      waiting.append(frame, slice: slice)
    } else {
      map(words, file, table, into: UnsafeMutableBufferPointer(rebasing: out[..<count]))
      doneCount += 1
    }
  }

  private mutating func pixelFile(of file: DICOMFile) throws -> PixelFile {
    if let opened, opened.url == file.url { return opened }
    let fresh = try PixelFile(file)
    opened = fresh
    return fresh
  }

  private mutating func table(for file: DICOMFile) throws(DICOMError) -> HounsfieldTable {
    guard let rescale = file.encoding.rescale ?? options.rescaleWhenMissing else {
      throw DICOMError(
        .noRescale, file: file.url.path,
        detail: "has no RescaleSlope and RescaleIntercept, so nothing says that its values are "
          + "Hounsfield units; if they are, say so by --assume-hu")
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
