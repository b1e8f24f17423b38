// SPDX-License-Identifier: Apache-2.0
import Volume

/// The element types that volumes are read from and written to NIfTI files with.
///
/// `Int16` for HU, `UInt8` for labels, `UInt16` for many of them, `Float` for anything else.
public protocol NIfTIElement: Sendable, BitwiseCopyable {
  /// The number format that this type is written as.
  static var nifti: NIfTIDatatype { get }

  /// The voxels of a file, from its stored bytes; `header.geometry` says how many there are.
  ///
  /// - Throws: `NIfTIError` with the code `value` for the first voxel that this type cannot hold.
  static func voxels(
    _ bytes: UnsafeRawBufferPointer, header: NIfTIHeader, path: String
  ) throws(NIfTIError) -> [Self]
}

extension Float: NIfTIElement {
  /// 32-bit floating point.
  public static var nifti: NIfTIDatatype { .float32 }

  /// True values, rounded to the nearest `Float`.
  public static func voxels(
    _ bytes: UnsafeRawBufferPointer, header: NIfTIHeader, path: String
  ) throws(NIfTIError) -> [Float] {
    try decode(bytes, header, path, wanted: "numbers") { Float($0) }
  }
}

extension Int16: NIfTIElement {
  /// 16 bits, signed.
  public static var nifti: NIfTIDatatype { .int16 }

  /// True values, which must be integers from −32768 to 32767.
  public static func voxels(
    _ bytes: UnsafeRawBufferPointer, header: NIfTIHeader, path: String
  ) throws(NIfTIError) -> [Int16] {
    try decode(bytes, header, path, wanted: "integers from -32768 to 32767") {
      integer($0, from: -32768, to: 32767).map { Int16($0) }
    }
  }
}

extension Int16 {
  /// True values, rounded down, and cut to the range of 16 bits.
  static func hounsfield(
    _ bytes: UnsafeRawBufferPointer, header: NIfTIHeader, path: String
  ) throws(NIfTIError) -> [Int16] {
    let isReal = header.datatype == .float32 || header.datatype == .float64
    return try decode(bytes, header, path, wanted: "Hounsfield units") { value in
      guard value.isFinite else { return nil }
      // Integers with a slope in float32 are meant to be the integers that they miss by its error.
      let nearest = value.rounded()
      let whole = !isReal && abs(value - nearest) <= 0.002 ? nearest : value.rounded(.down)
      return Int16(Swift.min(Swift.max(whole, -32768), 32767))
    }
  }
}

extension UInt8: NIfTIElement {
  /// 8 bits, unsigned.
  public static var nifti: NIfTIDatatype { .uint8 }

  /// True values, which must be integers from 0 to 255.
  public static func voxels(
    _ bytes: UnsafeRawBufferPointer, header: NIfTIHeader, path: String
  ) throws(NIfTIError) -> [UInt8] {
    try decode(bytes, header, path, wanted: "labels, integers from 0 to 255") {
      integer($0, from: 0, to: 255).map { UInt8($0) }
    }
  }
}

extension UInt16: NIfTIElement {
  /// 16 bits, unsigned.
  public static var nifti: NIfTIDatatype { .uint16 }

  /// True values, which must be integers from 0 to 65535.
  public static func voxels(
    _ bytes: UnsafeRawBufferPointer, header: NIfTIHeader, path: String
  ) throws(NIfTIError) -> [UInt16] {
    try decode(bytes, header, path, wanted: "labels, integers from 0 to 65535") {
      integer($0, from: 0, to: 65535).map { UInt16($0) }
    }
  }
}

/// The integer that a true value stands for, if it lies in a range.
///
/// A slope in float32 moves the integers of a 16-bit image by up to 0.002.
@inline(__always)
private func integer(_ value: Double, from low: Double, to high: Double) -> Double? {
  let rounded = value.rounded()
  // The comparison is false for NaN.
  return abs(value - rounded) <= 0.002 && rounded >= low && rounded <= high ? rounded : nil
}

/// Decodes by the number format on disk; the element type is known here, so that loops specialise.
@inline(__always)
private func decode<Element: NIfTIElement>(
  _ bytes: UnsafeRawBufferPointer, _ header: NIfTIHeader, _ path: String, wanted: String,
  convert: (Double) -> Element?
) throws(NIfTIError) -> [Element] {
  let count = header.geometry.extent.count
  if header.datatype == Element.nifti, header.scale == nil, !header.isSwapped {
    return [Element](unsafeUninitializedCapacity: count) { out, made in
      UnsafeMutableRawBufferPointer(out).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count * MemoryLayout<Element>.stride)))
      made = count
    }
  }
  let outcome: Decoded<Element> =
    switch header.datatype {
    case .uint8: decode(UInt8.self, bytes, header, convert)
    case .int8: decode(Int8.self, bytes, header, convert)
    case .int16: decode(Int16.self, bytes, header, convert)
    case .uint16: decode(UInt16.self, bytes, header, convert)
    case .int32: decode(Int32.self, bytes, header, convert)
    case .uint32: decode(UInt32.self, bytes, header, convert)
    case .int64: decode(Int64.self, bytes, header, convert)
    case .uint64: decode(UInt64.self, bytes, header, convert)
    case .float32: decode(Float.self, bytes, header, convert)
    case .float64: decode(Double.self, bytes, header, convert)
    }
  if let (index, value) = outcome.failure {
    let extent = header.geometry.extent
    let (z, rest) = index.quotientAndRemainder(dividingBy: extent.sliceCount)
    let (y, x) = rest.quotientAndRemainder(dividingBy: extent.columns)
    throw NIfTIError(
      .value, path: path, detail: "voxel (\(x), \(y), \(z)) is \(value); expected \(wanted)")
  }
  return outcome.voxels
}

private struct Decoded<Element> {
  var voxels: [Element]
  var failure: (index: Int, value: Double)?
}

@inline(__always)
private func decode<Stored: StoredNumber, Element>(
  _: Stored.Type, _ bytes: UnsafeRawBufferPointer, _ header: NIfTIHeader,
  _ convert: (Double) -> Element?
) -> Decoded<Element> {
  let count = header.geometry.extent.count
  let swapped = header.isSwapped
  let scale = header.scale ?? SIMD2(1, 0)
  var failure: (index: Int, value: Double)?
  let voxels = [Element](unsafeUninitializedCapacity: count) { out, made in
    for i in 0..<count {
      let stored = bytes.loadUnaligned(
        fromByteOffset: i * MemoryLayout<Stored>.stride, as: Stored.self)
      let value = stored.number(swapped: swapped) * scale.x + scale.y
      guard let element = convert(value) else {
        failure = (i, value)
        return
      }
      out[i] = element
      made = i + 1
    }
  }
  return Decoded(voxels: voxels, failure: failure)
}

/// A number as it lies on disk, in this machine's byte order or the other.
private protocol StoredNumber: BitwiseCopyable {
  func number(swapped: Bool) -> Double
}

extension StoredNumber where Self: FixedWidthInteger {
  fileprivate func number(swapped: Bool) -> Double { Double(swapped ? byteSwapped : self) }
}

extension UInt8: StoredNumber {}
extension Int8: StoredNumber {}
extension Int16: StoredNumber {}
extension UInt16: StoredNumber {}
extension Int32: StoredNumber {}
extension UInt32: StoredNumber {}
extension Int64: StoredNumber {}
extension UInt64: StoredNumber {}

extension Float: StoredNumber {
  fileprivate func number(swapped: Bool) -> Double {
    Double(swapped ? Float(bitPattern: bitPattern.byteSwapped) : self)
  }
}

extension Double: StoredNumber {
  fileprivate func number(swapped: Bool) -> Double {
    swapped ? Double(bitPattern: bitPattern.byteSwapped) : self
  }
}
