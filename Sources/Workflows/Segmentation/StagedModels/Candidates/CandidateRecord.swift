// SPDX-License-Identifier: Apache-2.0
import Foundation
import Stages

/// A candidate with what it is, as it lies in a pool: its views in 8 bits.
struct CandidateRecord {
  /// What the classifier sees of it, and its label.
  var sample: ClassifierSample
  /// Its largest area in a slice, in mm².
  var area: Float
  /// Its Agatston points.
  var points: Float

  /// The bytes of a record of a design.
  static func byteCount(_ design: ClassifierDesign) -> Int {
    4 * (3 + design.scalars) + design.fineCount + ClassifierDesign.views * design.coarseCount
  }

  /// The record as bytes, numbers little-endian.
  var bytes: Data {
    var data = Data()
    for value in [Float(sample.label), area, points] + sample.scalars {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    for values in [sample.fine] + sample.coarse {
      data.append(contentsOf: values.map(Self.byte))
    }
    return data
  }

  /// A candidate of a pool.
  init(sample: ClassifierSample, area: Float, points: Float) {
    self.sample = sample
    self.area = area
    self.points = points
  }

  /// Reads a record; there must be as many bytes as `byteCount` says.
  init(_ bytes: UnsafeRawBufferPointer, _ design: ClassifierDesign) {
    func number(_ place: Int) -> Float {
      Float(
        bitPattern: UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)))
    }
    var place = 4 * (3 + design.scalars)
    func values(_ count: Int) -> [Float] {
      defer { place += count }
      return bytes[place..<place + count].map { (Float($0) - 128) / 127 }
    }
    area = number(1)
    points = number(2)
    sample = ClassifierSample(
      fine: values(design.fineCount),
      coarse: (0..<ClassifierDesign.views).map { _ in values(design.coarseCount) },
      scalars: (0..<design.scalars).map { number(3 + $0) }, label: Int(number(0)))
  }

  /// The label, the area in mm² and the points of a record, without its views.
  static func summary(_ bytes: UnsafeRawBufferPointer) -> (label: Int, area: Float, points: Float) {
    let head = (0..<3).map {
      Float(
        bitPattern: UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
    }
    return (Int(head[0]), head[1], head[2])
  }

  /// Views have values of -1…1.
  private static func byte(_ value: Float) -> UInt8 {
    UInt8(min(max((value * 127 + 128).rounded(), 0), 255))
  }
}
