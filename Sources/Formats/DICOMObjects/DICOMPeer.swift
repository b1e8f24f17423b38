// SPDX-License-Identifier: Apache-2.0
import CDCMTK
public import DICOM
public import Foundation

/// Another application that objects are sent to, by DICOM's own protocol.
public struct DICOMPeer: Sendable, Hashable {
  /// Its AE title.
  public var title: String
  /// Its host.
  public var host: String
  /// Its port.
  public var port: UInt16
  /// The AE title that this program calls itself.
  public var calling: String
  /// Seconds to wait for a connection and for each answer.
  public var timeout: Int
  /// For TLS: the PEM file with the certificates that are trusted; `nil` for none.
  public var trusted: URL?
  /// The PEM files of this side's certificate and key.
  public var certificate: URL?
  /// The PEM file of this side's key.
  public var key: URL?

  /// A peer without TLS.
  public init(title: String, host: String, port: UInt16, calling: String, timeout: Int = 30) {
    self.title = title
    self.host = host
    self.port = port
    self.calling = calling
    self.timeout = timeout
  }

  /// How a file fared.
  public enum Outcome: Sendable, Hashable {
    /// The peer has it.
    case stored
    /// The peer refused it, with a status of PS3.4, B.2.3.
    case refused(UInt16)
    /// No answer came.
    case unanswered
  }

  /// Asks whether the peer answers (C-ECHO).
  public func echo() throws(DICOMError) {
    let memory = CallMemory()
    var peer = structure(memory)
    try DCMTK.call("C-ECHO") { cdcmtk_echo(&peer, $0) }
  }

  /// Sends files in one association (C-STORE).
  ///
  /// - Throws: `DICOMError` where the peer cannot be reached or refuses the association.
  public func store(_ files: [URL]) throws(DICOMError) -> [Outcome] {
    let memory = CallMemory()
    var peer = structure(memory)
    let paths = files.map { memory.text($0.path) }
    var status = [UInt16](repeating: 0xFFFF, count: files.count)
    try DCMTK.call("C-STORE") { error in
      status.withUnsafeMutableBufferPointer {
        cdcmtk_store(&peer, memory.array(paths), paths.count, $0.baseAddress, error)
      }
    }
    // Warnings (Bxxx) say that the object is stored (PS3.4, B.2.3).
    return status.map {
      $0 == 0 || $0 >> 12 == 0xB ? .stored : $0 == 0xFFFF ? .unanswered : .refused($0)
    }
  }

  /// What is fetched.
  public enum Query: Sendable, Hashable {
    /// A study by its UID, or one series of it.
    case study(String, series: String?)
    /// The only study with an accession number.
    case accession(String)
  }

  /// Fetches objects into a folder that is there (C-GET); the number of objects.
  public func fetch(_ query: Query, into folder: URL) throws(DICOMError) -> Int {
    let memory = CallMemory()
    var peer = structure(memory)
    var words = query.structure(memory)
    var count = 0
    try DCMTK.call("C-GET") { cdcmtk_fetch(&peer, &words, folder.path, &count, $0) }
    return count
  }

  /// Has the peer send objects to an application that it knows by its AE title (C-MOVE); the number of objects.
  public func move(_ query: Query, to title: String) throws(DICOMError) -> Int {
    let memory = CallMemory()
    var peer = structure(memory)
    var words = query.structure(memory)
    var count = 0
    try DCMTK.call("C-MOVE") { cdcmtk_move(&peer, &words, title, &count, $0) }
    return count
  }

  private func structure(_ memory: CallMemory) -> cdcmtk_peer {
    cdcmtk_peer(
      host: memory.text(host), port: port, called: memory.text(title),
      calling: memory.text(calling), timeout: UInt32(timeout), trusted: memory.text(trusted?.path),
      certificate: memory.text(certificate?.path), key: memory.text(key?.path))
  }
}

extension DICOMPeer.Query {
  fileprivate func structure(_ memory: CallMemory) -> cdcmtk_query {
    switch self {
    case .study(let uid, let series):
      cdcmtk_query(study_uid: memory.text(uid), accession: nil, series_uid: memory.text(series))
    case .accession(let number):
      cdcmtk_query(study_uid: nil, accession: memory.text(number), series_uid: nil)
    }
  }
}
