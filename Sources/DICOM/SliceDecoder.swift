// SPDX-License-Identifier: Apache-2.0
import CGDCM
import Foundation

/// Turns the pixels of one file after the other into Hounsfield units.
struct SliceDecoder {
  let rows: Int
  let columns: Int
  let assumedRescale: Rescale?

  /// How many pixels were cut to 16 bits, and how many held no data.
  private(set) var clampedCount = 0
  private(set) var paddingCount = 0
  /// How many slices took the assumed rescale.
  private(set) var assumedCount = 0

  private struct Key: Hashable {
    let encoding: PixelEncoding
    let rescale: Rescale
  }
  /// One table serves all slices of most series.
  private var tables: [Key: HounsfieldTable] = [:]

  init(rows: Int, columns: Int, assumedRescale: Rescale?) {
    self.rows = rows
    self.columns = columns
    self.assumedRescale = assumedRescale
  }

  mutating func decode(_ file: DICOMFile, into out: UnsafeMutableBufferPointer<Int16>) throws {
    let table = try table(for: file)
    let reader = try FileReader(file.url)
    guard reader.stamp == file.stamp else {
      throw DICOMError(
        .changed, subject: file.url.path,
        detail: "changed after the folder was looked through; read the folder again")
    }
    let size = rows * columns * file.encoding.bitsAllocated / 8
    let words = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    defer { words.deallocate() }
    switch file.pixels {
    case .native(let start, _):
      let count = try reader.read(into: words, at: start)
      guard count == size else { throw DICOMReader.truncated(file, missing: size - count) }
    case .fragments(let start):
      try decompress(file, reader, from: start, into: words)
    }
    map(words, file, table, into: out)
  }

  private mutating func table(for file: DICOMFile) throws(DICOMError) -> HounsfieldTable {
    if file.encoding.rescale == nil { assumedCount += 1 }
    guard let rescale = file.encoding.rescale ?? assumedRescale else {
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

  private func decompress(
    _ file: DICOMFile, _ reader: FileReader, from start: Int,
    into words: UnsafeMutableRawBufferPointer
  ) throws {
    let bytes = try reader.beginning(reader.stamp.size)
    try bytes.withUnsafeBytes { bytes in
      var walker = ElementWalker(bytes: bytes, fileSize: bytes.count)
      walker.position = start
      let fragments: [Range<Int>]
      do throws(DataSet.Fault) {
        fragments = try walker.fragments()
      } catch {
        let reason = if case .damaged(let reason) = error { reason } else { "is truncated" }
        throw DICOMError(.damaged, subject: file.url.path, detail: "\(reason) (compressed pixels)")
      }
      var frame = cgdcm_frame(
        columns: UInt32(columns), rows: UInt32(rows),
        bits_allocated: UInt16(file.encoding.bitsAllocated),
        bits_stored: UInt16(file.encoding.bitsStored), high_bit: UInt16(file.encoding.highBit),
        pixel_representation: file.encoding.isSigned ? 1 : 0)
      let parts: [UnsafeRawPointer?] = fragments.map {
        bytes.baseAddress?.advanced(by: $0.lowerBound)
      }
      var message: UnsafeMutablePointer<CChar>?
      let done = cgdcm_decode(
        file.transferSyntax.uid, &frame, parts, fragments.map(\.count), parts.count,
        words.baseAddress, words.count, &message)
      defer { cgdcm_free(message) }
      guard done == 1 else {
        throw DICOMError(
          .damaged, subject: file.url.path,
          detail: message.map { String(cString: $0) } ?? "its pixels cannot be decoded")
      }
    }
  }
}
