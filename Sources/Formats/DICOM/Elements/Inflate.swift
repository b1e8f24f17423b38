// SPDX-License-Identifier: Apache-2.0
import CZlib
import Text

/// The bytes of a deflated data set (PS3.5, A.5), by zlib.
enum Inflate {
  /// A data set is not inflated beyond this: 1,000 frames of 512×512, and less than what a small
  /// file made for harm would fill.
  static let limit = 1 << 29

  /// Inflates a stream; one that ends early gives what it holds.
  ///
  /// The standard wants a bare stream (RFC 1951); one with zlib's head (RFC 1950) is read, too.
  static func inflate(
    _ deflated: UnsafeRawBufferPointer, after head: [UInt8], limit: Int = limit
  ) throws(DataSet.Fault) -> [UInt8] {
    do throws(DataSet.Fault) {
      return try inflate(deflated, after: head, windowBits: -15, limit: limit)
    } catch {
      guard case .damaged = error, deflated.count >= 2, deflated[0] & 0x0F == 8,
        (Int(deflated[0]) << 8 | Int(deflated[1])) % 31 == 0
      else { throw error }
      return try inflate(deflated, after: head, windowBits: 15, limit: limit)
    }
  }

  private static func inflate(
    _ deflated: UnsafeRawBufferPointer, after head: [UInt8], windowBits: Int32, limit: Int
  ) throws(DataSet.Fault) -> [UInt8] {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .damaged("zlib cannot be started to inflate the data set") }
    defer { inflateEnd(&stream) }
    var out = head
    out.reserveCapacity(head.count + min(4 * deflated.count, limit))
    var chunk = [UInt8](repeating: 0, count: 1 << 17)
    // zlib counts in 32 bits and does not change the input.
    var rest = deflated[...]
    var status = Z_OK
    while status == Z_OK {
      if stream.avail_in == 0, !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
        stream.next_in = UnsafeMutablePointer(
          mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(part.count)
        rest = rest.dropFirst(part.count)
      }
      let made = chunk.withUnsafeMutableBufferPointer { chunk in
        stream.next_out = chunk.baseAddress
        stream.avail_out = UInt32(chunk.count)
        status = CZlib.inflate(&stream, Z_NO_FLUSH)
        return chunk.count - Int(stream.avail_out)
      }
      guard out.count + made - head.count <= limit else {
        throw .unsupported("the deflated data set holds more than \(limit >> 20) MiB")
      }
      out += chunk[..<made]
    }
    // A stream that ends early leaves zlib waiting for more, which it reports as Z_BUF_ERROR.
    guard status == Z_STREAM_END || status == Z_BUF_ERROR else {
      throw .damaged(
        "the deflated data set is damaged after \(counted(out.count - head.count, "byte"))")
    }
    return out
  }
}
