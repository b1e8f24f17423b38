// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Review
import ReviewStore
import Studies
import Text
import Volume
import Workflow

/// Answers requests: who may ask, for what, and which sentence tells why not.
struct Site: HTTPResponder {
  typealias Context = BasicRequestContext

  let gate: Gate
  let desk: Desk
  let files: PageFiles
  private var sessions: Sessions { gate.sessions }

  init(gate: Gate, desk: Desk, files: PageFiles) {
    self.gate = gate
    self.desk = desk
    self.files = files
  }

  /// The most bytes of a request's body: a lasso of 2,000 points takes 80 KB.
  static let bodyLimit = 256 * 1024

  func respond(to request: Request, context: Context) async throws -> Response {
    gate.guarded(await answer(request))
  }

  private func answer(_ request: Request) async -> Response {
    if let (status, sentence) = gate.refusal(of: request) {
      return refuse(status, sentence, code: "gate")
    }
    do { return try await route(request) } catch let error as Answer {
      return refuse(error.status, error.sentence, code: error.code)
    } catch let error as StoreError {
      let status: HTTPResponse.Status =
        switch error.code {
        case .stale: .conflict
        case .unwritable: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .refused: .forbidden
        case .unknown: .notFound
        case .unreadable, .broken: .internalServerError
        }
      return refuse(status, error.description, code: error.code.rawValue)
    } catch let error as ReviewError {
      return refuse(.unprocessableContent, error.description, code: error.code.rawValue)
    } catch is DecodingError {
      return refuse(.badRequest, "the request says nothing that is known here", code: "request")
    } catch {
      return refuse(.unprocessableContent, "\(error)", code: "case")
    }
  }

  /// An answer with a status of its own.
  struct Answer: Error {
    let status: HTTPResponse.Status
    let sentence: String
    let code: String

    init(_ status: HTTPResponse.Status, _ sentence: String, code: String = "request") {
      self.status = status
      self.sentence = sentence
      self.code = code
    }
  }

  private func route(_ request: Request) async throws -> Response {
    let parts = request.uri.path.split(separator: "/").map(String.init)
    let isPost = request.method == .post
    switch (isPost, parts.first, parts.count) {
    case (false, nil, 0): return try page("index.html")
    case (false, "page", 2): return try page(parts[1])
    case (true, "api", 2) where parts[1] == "session": return try await openSession(request)
    case (true, "api", 2) where parts[1] == "login": return try await logIn(request)
    case (_, "api", 2...):
      let (account, writeToken) = try account(of: request)
      if isPost {
        guard let sent = request.headers[Gate.writeToken], Sessions.isEqual(sent, writeToken) else {
          throw Answer(
            .forbidden, "this page is not the one that logged in; reload it", code: "session")
        }
      }
      return try await api(Array(parts.dropFirst()), request, account)
    default: throw Answer(.notFound, "there is nothing at this address")
    }
  }

  // MARK: Sessions

  private func page(_ name: String) throws -> Response {
    guard let (data, kind) = files.file(name) else {
      throw Answer(.notFound, "the page has no such file")
    }
    return Response(
      status: .ok, headers: [.contentType: kind],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  private func openSession(_ request: Request) async throws -> Response {
    let message = try await body(TokenMessage.self, of: request)
    guard sessions.wait(for: "") == nil else {
      throw Answer(.tooManyRequests, "too many wrong tokens; wait a minute", code: "token")
    }
    let isRight = Sessions.isEqual(message.token, sessions.token)
    sessions.attempt("", succeeded: isRight)
    guard isRight else {
      throw Answer(
        .unauthorized,
        "the address has another token than this run of cac review; open the one that it printed",
        code: "token")
    }
    let hasAccounts = try !desk.store.accounts().isEmpty
    let id = sessions.open(as: hasAccounts ? nil : .sole)
    var response = try json(description(of: id, hasAccounts: hasAccounts))
    response.headers[.setCookie] = gate.cookie(for: id)
    return response
  }

  private func description(of id: String, hasAccounts: Bool) throws -> SessionMessage {
    guard let session = sessions.session(id) else { throw loggedOut }
    return SessionMessage(
      user: session.account?.name, role: session.account?.role, hasAccounts: hasAccounts,
      isBlind: desk.isBlind, writeToken: session.writeToken, version: RunRecord.version)
  }

  private func logIn(_ request: Request) async throws -> Response {
    guard let id = gate.sessionID(of: request), let session = sessions.session(id) else {
      throw loggedOut
    }
    guard let sent = request.headers[Gate.writeToken], Sessions.isEqual(sent, session.writeToken)
    else { throw loggedOut }
    let message = try await body(LoginMessage.self, of: request)
    if let seconds = sessions.wait(for: "account \(message.name)") {
      throw Answer(
        .tooManyRequests, "too many wrong passwords; wait \(counted(seconds, "second"))",
        code: "password")
    }
    let account = try desk.store.account(name: message.name, password: message.password)
    sessions.attempt("account \(message.name)", succeeded: account != nil)
    guard let account else {
      throw Answer(
        .unauthorized, "name and password do not fit; try again, or ask whoever keeps the store",
        code: "password")
    }
    // A new session for the new rights, so that an id that someone planted before is worth nothing.
    sessions.close(id)
    let new = sessions.open(as: account)
    var response = try json(description(of: new, hasAccounts: true))
    response.headers[.setCookie] = gate.cookie(for: new)
    return response
  }

  private var loggedOut: Answer {
    Answer(
      .unauthorized,
      "you are logged out; open the address that cac review printed, with cookies allowed for it",
      code: "session")
  }

  private func account(of request: Request) throws -> (Account, String) {
    guard let id = gate.sessionID(of: request), let session = sessions.session(id) else {
      throw loggedOut
    }
    guard let account = session.account else {
      guard request.uri.path == "/api/session" else {
        throw Answer(.unauthorized, "log in with your name and password", code: "login")
      }
      return (Account(name: "", role: .reader), session.writeToken)
    }
    return (account, session.writeToken)
  }

  // MARK: Cases

  private func api(_ parts: [String], _ request: Request, _ account: Account) async throws
    -> Response
  {
    switch (request.method == .post, parts[0], parts.count) {
    case (false, "session", 1):
      guard let id = gate.sessionID(of: request) else { throw loggedOut }
      return try json(description(of: id, hasAccounts: try !desk.store.accounts().isEmpty))
    case (true, "logout", 1):
      if let id = gate.sessionID(of: request) { sessions.close(id) }
      var response = try json([String: String]())
      response.headers[.setCookie] = gate.cookie(for: nil)
      return response
    case (false, "worklist", 1): return try json(await desk.worklist(of: account))
    case (_, "cases", 3...):
      guard let number = Int(parts[1]), let chosen = await desk.desk(number) else {
        throw Answer(.notFound, "there is no case \(parts[1].prefix(10))")
      }
      return try await answer(
        Array(parts.dropFirst(2)), request, account, chosen, number)
    default: throw Answer(.notFound, "there is nothing at this address")
    }
  }

  private func answer(
    _ parts: [String], _ request: Request, _ account: Account, _ chosen: CaseDesk, _ number: Int
  ) async throws -> Response {
    let isAdjudication = request.uri.queryParameters["as"] == "adjudication"
    if isAdjudication, account.role == .reader {
      throw Answer(.forbidden, "an adjudicator decides between readings", code: "role")
    }
    switch (request.method == .post, parts[0], parts.count) {
    case (false, "scan", 1):
      chosen.preparation.begin()
      guard let prepared = try chosen.preparation.ready else {
        return try json(chosen.preparation.progress, status: .accepted)
      }
      return try json(message(prepared, number, isAdjudication))
    case (false, "volume", 2):
      guard let chunk = Int(parts[1]),
        let data = VolumeChunk.gzip(chunk, of: try await chosen.preparation.value.subject.scan.ct)
      else { throw Answer(.notFound, "the scan has no such part") }
      return packed(data)
    case (false, "explanation", 2):
      guard let chunk = Int(parts[1]), let map = try await chosen.explanation(for: account),
        let data = VolumeChunk.gzip(chunk, of: map)
      else { throw Answer(.notFound, "there is no explanation that you may see") }
      return packed(data)
    case (false, "reading", 1):
      return try json(await chosen.reading(of: account, isAdjudication: isAdjudication))
    case (true, "actions", 1):
      let message = try await body(ActionMessage.self, of: request)
      return try json(await chosen.act(message, by: account, isAdjudication: isAdjudication))
    case (false, "overlays", 1): return try json(await chosen.overlays(for: account))
    case (false, "trail", 1):
      let reading = try await chosen.storedReading(of: account, isAdjudication: isAdjudication)
      return try json(desk.store.rows(of: reading.id))
    case (false, "files", 2):
      return try await ReadingFiles(chosen, desk.store, account, isAdjudication, number)
        .response(parts[1])
    default: throw Answer(.notFound, "there is nothing at this address")
    }
  }

  private func message(
    _ prepared: PreparedCase, _ number: Int, _ isAdjudication: Bool
  ) throws -> CaseMessage {
    let geometry = prepared.subject.scan.ct.geometry
    let empty = try prepared.subject.score(ReviewState())
    return CaseMessage(
      number: number, study: prepared.subject.name, slices: geometry.extent.slices,
      rows: geometry.extent.rows, columns: geometry.extent.columns,
      spacing: [geometry.spacing.x, geometry.spacing.y, geometry.spacing.z],
      origin: [geometry.origin.x, geometry.origin.y, geometry.origin.z],
      towards: [
        geometry.direction.x.x > 0, geometry.direction.y.y > 0, geometry.direction.z.z > 0,
      ],
      threshold: Int(prepared.subject.groups.threshold), chunkSlices: VolumeChunk.slices,
      chunks: VolumeChunk.count(geometry.extent),
      facts: [
        empty.quality.kilovoltage.map { "\(readable($0, 0)) kV" },
        empty.quality.thickness.map { "\(readable($0)) mm thick" },
        "every \(readable(geometry.spacing.z)) mm",
        empty.quality.noise.map { "noise \(readable($0, 0)) HU" },
      ].compactMap(\.self),
      warnings: empty.quality.warnings.map(\.text)
        + [prepared.remark, desk.isBlind ? nil : prepared.priorRemark].compactMap(\.self),
      hasReference: prepared.reference != nil, hasExplanation: prepared.explanation != nil,
      isAdjudication: isAdjudication)
  }

  // MARK: Bodies

  private func packed(_ data: Data) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "application/octet-stream", .contentEncoding: "gzip"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  private func body<Message: Decodable>(
    _ type: Message.Type, of request: Request
  ) async throws -> Message {
    guard let buffer = try? await request.body.collect(upTo: Self.bodyLimit) else {
      throw Answer(.contentTooLarge, "the request is too large")
    }
    return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
  }

  private func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }

  private func refuse(_ status: HTTPResponse.Status, _ sentence: String, code: String) -> Response {
    (try? json(Refusal(error: sentence, code: code), status: status)) ?? Response(status: status)
  }
}
