// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import Foundation

/// Serves one association: C-ECHO and C-STORE, on a connection that was accepted already.
///
/// It sets the process's alarm and DCMTK's global settings, so each association has a process of its own:
/// what a hostile peer breaks is that process alone.
public struct DICOMAcceptor: Sendable {
  /// The AE title that callers must name.
  public var title: String
  /// The AE titles that may call; any where there is none.
  public var callers: [String]
  /// Seconds to wait for bytes; a message must be whole in 20 times that.
  public var timeout: Int
  /// The largest PDU in bytes, 4096 to 131072 (PS3.8, D.1).
  public var maximumPDU: Int
  /// For TLS: the PEM files of this side's certificate and key.
  public var certificate: URL?
  /// The PEM file of this side's key.
  public var key: URL?
  /// The PEM file with the certificates that vouch for callers; callers need none without it.
  public var trusted: URL?
  /// The folder for files that arrive.
  public var folder: URL
  /// The bytes that its disk keeps free; without them objects are refused (A700).
  public var reserve: UInt64

  /// Statuses of C-STORE (PS3.4, B.2.3).
  public enum Status {
    /// The object is kept.
    public static let success: UInt16 = 0x0000
    /// There is no room.
    public static let outOfResources: UInt16 = 0xA700
    /// The object cannot be understood.
    public static let cannotUnderstand: UInt16 = 0xC000
  }

  /// Accepts any caller without TLS.
  public init(title: String, folder: URL, timeout: Int = 30) {
    self.title = title
    self.folder = folder
    self.timeout = timeout
    callers = []
    maximumPDU = 131_072
    reserve = 0
  }

  /// A file that arrived: it is complete and on the disk.
  public struct Arrival: Sendable {
    /// The file.
    public var file: URL
    /// Its StudyInstanceUID.
    public var study: String
    /// Its SeriesInstanceUID.
    public var series: String
    /// Its SOPInstanceUID.
    public var instance: String
    /// Its SOPClassUID.
    public var storageClass: String
    /// Where its data set begins, in bytes.
    public var offset: Int

    /// An arrival.
    public init(
      file: URL, study: String, series: String, instance: String, storageClass: String, offset: Int
    ) {
      self.file = file
      self.study = study
      self.series = series
      self.instance = instance
      self.storageClass = storageClass
      self.offset = offset
    }
  }

  /// What became of an association.
  public struct Outcome: Sendable {
    /// The caller's AE title, of which only letters, digits and "-_." are kept.
    public let caller: String
    /// Whether it was accepted at all.
    public let isAccepted: Bool
    /// Whether the caller ended it properly.
    public let isReleased: Bool
    /// How often it was asked whether this side answers.
    public let echoes: Int
    /// The objects that were kept.
    public let stored: Int
    /// The objects that were refused.
    public let refused: Int
    /// The status of the last of them.
    public let lastRefusal: UInt16
    /// Why there was no association, or why it broke off.
    public let problem: String?
  }

  /// Serves the association on a connected socket.
  ///
  /// - Parameter arrived: keeps a file, and returns the status that its sender gets; the file is removed
  ///   where that is not 0.
  public func serve(_ socket: Int32, arrived: @escaping (Arrival) -> UInt16) -> Outcome {
    let memory = CallMemory()
    let titles = callers.map { memory.text($0) }
    var acceptor = cdcmtk_acceptor(
      title: memory.text(title), callers: memory.array(titles), caller_count: titles.count,
      timeout: UInt32(timeout), max_pdu: UInt32(maximumPDU),
      certificate: memory.text(certificate?.path), key: memory.text(key?.path),
      trusted: memory.text(trusted?.path), folder: memory.text(folder.path), reserve: reserve)
    let receiver = Receiver(arrived)
    var result = cdcmtk_accepted()
    var message: UnsafeMutablePointer<CChar>?
    let done = withExtendedLifetime(receiver) {
      cdcmtk_accept(
        socket, &acceptor, Receiver.function, Unmanaged.passUnretained(receiver).toOpaque(),
        &result, &message)
    }
    defer { cdcmtk_free(message) }
    let caller = withUnsafeBytes(of: result.caller) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Outcome(
      caller: String(
        caller.map {
          $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "?"
        }), isAccepted: result.is_accepted == 1, isReleased: result.is_released == 1,
      echoes: result.echoes, stored: result.stored, refused: result.refused,
      lastRefusal: result.last_refusal,
      problem: done == 1 ? nil : message.map { String(cString: $0) } ?? "an unknown fault")
  }
}

/// What C calls for each file.
private final class Receiver {
  private let arrived: (DICOMAcceptor.Arrival) -> UInt16

  init(_ arrived: @escaping (DICOMAcceptor.Arrival) -> UInt16) { self.arrived = arrived }

  static let function: cdcmtk_arrived = { context, arrival in
    guard let context, let arrival = arrival?.pointee else {
      return DICOMAcceptor.Status.cannotUnderstand
    }
    let receiver = Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
    return receiver.arrived(
      DICOMAcceptor.Arrival(
        file: URL(fileURLWithPath: String(cString: arrival.path)),
        study: String(cString: arrival.study_uid), series: String(cString: arrival.series_uid),
        instance: String(cString: arrival.instance_uid),
        storageClass: String(cString: arrival.class_uid), offset: Int(arrival.offset)))
  }
}
