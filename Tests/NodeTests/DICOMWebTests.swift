// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Workflow

@testable import DICOMWeb

@Suite struct DICOMWebTests {
  private func parts(_ body: [UInt8], _ type: String, chunk: Int) throws -> [[UInt8]]? {
    var reader = try #require(MultipartReader(contentType: type))
    var parts: [[UInt8]] = []
    for start in stride(from: 0, to: body.count, by: chunk) {
      try reader.take(body[start..<min(start + chunk, body.count)]) { event in
        switch event {
        case .begin: parts.append([])
        case .bytes(let bytes): parts[parts.count - 1] += bytes
        case .end: break
        }
      }
    }
    return reader.isComplete ? parts : nil
  }

  private static let type = "multipart/related; type=\"application/dicom\"; boundary=\"b-1\""

  @Test(arguments: [1, 2, 3, 7, 64, 100_000])
  func `parts come out as they were put in, however the body is cut`(chunk: Int) throws {
    // With what looks like a delimiter and is none.
    let contents: [[UInt8]] = [
      Array("DICM\r\n--b-2\r\n--b-".utf8), [], (0...255).map { UInt8($0) } + [13, 10],
      [13, 10, 45, 45],
    ]
    var body = Array("preamble that counts for nothing".utf8)
    for content in contents {
      body += Array("\r\n--b-1\r\nContent-Type: application/dicom\r\n\r\n".utf8) + content
    }
    body += Array("\r\n--b-1--\r\nepilogue".utf8)
    #expect(try parts(body, Self.type, chunk: chunk) == contents)
    let first = Array("--b-1\r\nA: b\r\n\r\nxyz\r\n--b-1--".utf8)
    #expect(try parts(first, Self.type, chunk: chunk) == [Array("xyz".utf8)])
  }

  @Test func `a body that was cut is told from a whole one`() throws {
    let body = Array("--b-1\r\nA: b\r\n\r\nxyz\r\n--b-1\r\nA: b\r\n\r\nxy".utf8)
    #expect(try parts(body, Self.type, chunk: 5) == nil)
    #expect(try parts([], Self.type, chunk: 5) == nil)
  }

  @Test func `endless headers are refused`() throws {
    let body = Array("--b-1\r\n".utf8) + [UInt8](repeating: 65, count: 70_000)
    #expect(throws: MultipartReader.Malformed.self) {
      _ = try parts(body, Self.type, chunk: 1000)
    }
  }

  @Test(arguments: ["", "application/dicom", "multipart/related", "text/x; boundary=a"])
  func `an answer without a boundary is no multipart body`(type: String) {
    #expect(MultipartReader(contentType: type) == nil)
  }

  @Test func `answers of servers are read in JSON and XML`() {
    let json = """
      {"00081198":{"vr":"SQ","Value":[{"00081197":{"vr":"US","Value":[43264]}}]}}
      """
    #expect(StoreAnswer(Data(json.utf8))?.failure == 0xA900)
    let stored = """
      {"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]}}
      """
    let whole = StoreAnswer(Data(stored.utf8))
    #expect(whole != nil && whole?.failure == nil)
    let xml = """
      <DicomAttribute tag="00081197" vr="US"><Value number="1">272</Value></DicomAttribute>
      """
    #expect(StoreAnswer(Data(xml.utf8))?.failure == 272)
    #expect(StoreAnswer(Data("<html>".utf8)) == nil)
    let studies = """
      [{"0020000D":{"vr":"UI","Value":["1.2.3"]}},{"0020000D":{"vr":"UI","Value":["../etc"]}},{}]
      """
    #expect(StudyAnswer.studies(Data(studies.utf8)) == ["1.2.3"])
    #expect(StudyAnswer.studies(Data("nonsense".utf8)).isEmpty)
  }

  @Test
  func `a token or password comes from a file or the environment, and never goes unencrypted`()
    throws
  {
    let folder = try TemporaryFolder()
    try Data("secret\n".utf8).write(to: folder.file("token"))
    let address = try #require(URL(string: "https://archive.example/dicom-web/"))
    var server = WebServer(address)
    try server.identify(
      tokenFile: folder.file("token"), user: nil, passwordFile: nil, environment: [:])
    #expect(server.authorization == "Bearer secret")
    try server.identify(
      tokenFile: nil, user: "ana", passwordFile: nil, environment: ["CAC_WEB_PASSWORD": "secret"])
    #expect(server.authorization == "Basic YW5hOnNlY3JldA==")
    #expect(throws: WorkflowError.self) {
      try server.identify(tokenFile: nil, user: "ana", passwordFile: nil, environment: [:])
    }
    #expect(throws: WorkflowError.self) {
      try server.identify(
        tokenFile: folder.file("none"), user: nil, passwordFile: nil, environment: [:])
    }
    var open = WebServer(try #require(URL(string: "http://archive.example/dicom-web")))
    #expect(throws: WorkflowError.self) {
      try open.identify(
        tokenFile: folder.file("token"), user: nil, passwordFile: nil, environment: [:])
    }
    try open.identify(tokenFile: nil, user: nil, passwordFile: nil, environment: [:])
    var local = WebServer(try #require(URL(string: "http://127.0.0.1:8042/dicom-web")))
    try local.identify(
      tokenFile: folder.file("token"), user: nil, passwordFile: nil, environment: [:])
  }

  @Test func `what is asked for is escaped`() throws {
    let server = WebServer(try #require(URL(string: "https://archive.example/dicom-web/")))
    #expect(
      server.url("/studies", query: [("AccessionNumber", "A 1&7#=ä")])
        == "https://archive.example/dicom-web/studies?AccessionNumber=A%201%267%23%3D%C3%A4")
    #expect(server.name == "https://archive.example/dicom-web/")
  }
}
