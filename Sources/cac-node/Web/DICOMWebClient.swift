// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Files
package import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Workflow

/// Asks a server of DICOMweb: STOW-RS, QIDO-RS and WADO-RS of PS3.18, 10.4 to 10.6.
package struct DICOMWebClient: Sendable {
  private let server: WebServer
  private let client: HTTPClient

  /// Does some work with a client that is closed afterwards.
  package static func with<Value: Sendable>(
    _ server: WebServer, _ body: @Sendable (DICOMWebClient) async throws -> Value
  ) async throws -> Value {
    let settings = try server.configuration()
    return try await HTTPClient.withHTTPClient(configuration: settings) { client in
      try await body(DICOMWebClient(server: server, client: client))
    }
  }

  /// How a file fared.
  package enum Outcome: Sendable, Hashable {
    /// The server has it.
    case stored
    /// The server refused it: the status of HTTP, and that of PS3.4, B.2.3 where it says one.
    case refused(Int, failure: Int?)
  }

  /// Stores a file (STOW-RS), which is sent as it is.
  ///
  /// - Throws: `WorkflowError` with `.program` where the server cannot be reached, and with `.refused` where
  ///   it does not know who asks.
  package func store(_ file: URL) async throws -> Outcome {
    let boundary = "cac-\(UUID().uuidString)"
    let content = try Data(contentsOf: file, options: .alwaysMapped)
    var body = ByteBuffer()
    body.reserveCapacity(content.count + 256)
    body.writeString("--\(boundary)\r\nContent-Type: application/dicom\r\n\r\n")
    body.writeBytes(content)
    body.writeString("\r\n--\(boundary)--\r\n")
    var request = request("/studies", accept: "application/dicom+json")
    request.method = .POST
    request.headers.replaceOrAdd(
      name: "Content-Type",
      value: "multipart/related; type=\"application/dicom\"; boundary=\"\(boundary)\"")
    request.body = .bytes(body)
    let (status, answer) = try await exchange(request)
    guard status != 401, status != 403 else { throw stranger(status) }
    if status == 200 { return .stored }
    // 202: some were stored, with warnings or not; there is one only.
    let failure = StoreAnswer(answer)?.failure
    return status == 202 && failure == nil ? .stored : .refused(status, failure: failure)
  }

  /// The only study with an accession number (QIDO-RS).
  package func study(accession: String) async throws -> String {
    let address = server.url(
      "/studies", query: [("AccessionNumber", accession), ("includefield", "0020000D")])
    let request = request(address: address, accept: "application/dicom+json")
    let (status, answer) = try await exchange(request)
    guard status != 401, status != 403 else { throw stranger(status) }
    guard status == 200 || status == 204 else {
      throw WorkflowError(.program, "\(server.name): does not answer QIDO-RS (status \(status))")
    }
    let studies = Set(StudyAnswer.studies(answer))
    guard studies.count == 1, let study = studies.first else {
      throw WorkflowError(
        .missing,
        "\(server.name): knows \(studies.count) studies of that accession number; name one by its UID"
      )
    }
    return study
  }

  /// Fetches a study, or one of its series, into a folder that is there (WADO-RS); the number of objects.
  package func fetch(study: String, series: String?, into folder: URL) async throws -> Int {
    let path = "/studies/\(study)" + (series.map { "/series/\($0)" } ?? "")
    let request = request(
      path, accept: "multipart/related; type=\"application/dicom\"; transfer-syntax=*")
    let response = try await answer(request)
    let status = Int(response.status.code)
    guard status != 401, status != 403 else { throw stranger(status) }
    guard status != 404 else {
      throw WorkflowError(.missing, "\(server.name): has no such study or series")
    }
    guard status == 200 else {
      throw WorkflowError(.program, "\(server.name): gives no objects (WADO-RS, status \(status))")
    }
    guard
      var reader = MultipartReader(
        contentType: response.headers.first(name: "content-type") ?? "")
    else { throw malformed }
    let parts = PartFiles(folder)
    do {
      for try await chunk in response.body {
        try reader.take(chunk.readableBytesView) { try parts.take($0) }
      }
    } catch is MultipartReader.Malformed {
      throw malformed
    } catch let error as WorkflowError {
      throw error
    } catch {
      throw unreachable(error)
    }
    guard reader.isComplete else {
      throw WorkflowError(.program, "\(server.name): broke off (WADO-RS); try again")
    }
    return parts.count
  }

  // MARK: Requests

  private func request(_ path: String, accept: String) -> HTTPClientRequest {
    request(address: server.url(path), accept: accept)
  }

  private func request(address: String, accept: String) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: address)
    request.headers.add(name: "Accept", value: accept)
    if let authorization = server.authorization {
      request.headers.add(name: "Authorization", value: authorization)
    }
    return request
  }

  private func exchange(_ request: HTTPClientRequest) async throws -> (Int, Data) {
    let response = try await answer(request)
    do {
      let body = try await response.body.collect(upTo: 16 << 20)
      return (Int(response.status.code), Data(body.readableBytesView))
    } catch { throw unreachable(error) }
  }

  private func answer(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
    do {
      // The time until the answer begins; objects may take longer.
      return try await client.execute(request, timeout: .seconds(Int64(20 * server.timeout)))
    } catch { throw unreachable(error) }
  }

  private func unreachable(_ error: any Error) -> WorkflowError {
    let reason =
      switch error {
      case let error as HTTPClientError: "\(error.shortDescription)"
      case is NIOSSLError: "the certificate is not trusted, or TLS is not spoken"
      default: "\(error)".split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      }
    return WorkflowError(.program, "\(server.name): cannot be reached (\(reason.prefix(200)))")
  }

  private func stranger(_ status: Int) -> WorkflowError {
    WorkflowError(
      .refused,
      "\(server.name): wants to know who asks (status \(status)); give --web-token-file or --web-user"
    )
  }

  private var malformed: WorkflowError {
    WorkflowError(.program, "\(server.name): answers what is no multipart body (WADO-RS)")
  }
}

/// The files that the parts of an answer become, numbered from 1.
private final class PartFiles {
  private let folder: URL
  private var handle: FileHandle?
  private(set) var count = 0

  init(_ folder: URL) { self.folder = folder }

  func take(_ event: MultipartReader.Event) throws {
    switch event {
    case .begin:
      count += 1
      let digits = String(count)
      let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".dcm"
      let file = folder.appendingPathComponent(name)
      guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
        throw WorkflowError(.refused, "\(folder.path): cannot be written; check rights and space")
      }
      handle = try FileHandle(forWritingTo: file)
    case .bytes(let bytes):
      do { try handle?.write(contentsOf: bytes) } catch {
        throw WorkflowError(
          .notEnoughSpace, "\(folder.path): cannot be written (disk full?); free some space")
      }
    case .end:
      try handle?.close()
      handle = nil
    }
  }
}
