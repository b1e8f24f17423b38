// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning

/// An event file for TensorBoard: one scalar for each curve and epoch.
///
/// The few messages are encoded here, because a library for Protocol Buffers would be by far the largest
/// dependency of this package. A file is a sequence of TFRecords: the length (UInt64), its masked CRC-32C, a message, the message's
/// masked CRC-32C, all little endian. The messages are `Event` of tensorflow/core/util/event.proto:
/// wall time (1, double), step (2, int64), file version (3, text), summary (5) with values (1) of tag
/// (1) and simple_value (2, float), session log (7) with status (1).
struct TensorBoardFile {
  private let handle: FileHandle

  /// Starts a file in a folder; TensorBoard ignores what earlier files contain from `step` on.
  init(in folder: URL, from step: Int, at time: Date = .now) throws {
    try Folder.create(folder)
    let seconds = Int(time.timeIntervalSince1970)
    let taken = try Folder.names(in: folder).filter { $0.hasPrefix("events.out.tfevents.") }
    // TensorBoard reads files in the order of their names.
    var number = seconds
    while taken.contains(where: { $0.hasPrefix("events.out.tfevents.\(number).") }) { number += 1 }
    let file = folder.appendingPathComponent("events.out.tfevents.\(number).cac")
    try StagedFile.write(
      Self.record(Self.event(time, 0) + Self.field(3, Array("brain.Event:2".utf8))), to: file)
    handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    if step > 0 {
      // SessionLog.START makes the reader drop later events of an interrupted run.
      try append(Self.event(time, step) + Self.field(7, [0x08, 0x01]))
    }
  }

  /// Appends the curves of an epoch.
  func add(_ record: EpochRecord, at time: Date = .now) throws {
    var values: [(String, Double?)] = [
      ("loss/training", record.trainLoss), ("loss/validation", record.validationLoss),
      ("pseudo-Dice/mean", record.meanDice), ("pseudo-Dice/average", record.smoothedDice),
      ("learning rate", record.learningRate), ("epoch seconds", record.seconds),
    ]
    if record.dicePerClass.count > 1 {
      values += record.dicePerClass.enumerated().map { ("pseudo-Dice/class \($0 + 1)", $1) }
    }
    var summary: [UInt8] = []
    for case (let tag, let value?) in values {
      var scalar = Self.field(1, Array(tag.utf8))
      scalar.append(0x15)
      scalar += Self.littleEndian(Float(value).bitPattern)
      summary += Self.field(1, scalar)
    }
    try append(Self.event(time, record.epoch) + Self.field(5, summary))
  }

  private func append(_ event: [UInt8]) throws {
    try handle.write(contentsOf: Self.record(event))
  }

  /// The beginning of an event: its time and step.
  private static func event(_ time: Date, _ step: Int) -> [UInt8] {
    [0x09] + littleEndian(time.timeIntervalSince1970.bitPattern) + [0x10] + varint(UInt64(step))
  }

  /// A field of bytes.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A message with its length and checksums.
  static func record(_ message: [UInt8]) -> Data {
    let length = littleEndian(UInt64(message.count))
    return Data(
      length + littleEndian(masked(length)) + message + littleEndian(masked(message)))
  }

  private static func masked(_ bytes: [UInt8]) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }

  /// CRC-32C (Castagnoli, 1993), bit by bit: the messages are short.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return ~crc
  }
}
