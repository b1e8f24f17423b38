// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// The server without a browser: what other programs and pages may send it.
@Suite(.serialized) struct ReviewServerTests {
  private let folder: TemporaryFolder
  private let server: RunningServer

  init() throws {
    folder = try TemporaryFolder()
    try PlaqueScan.write(to: folder.file("ct.nii.gz"))
    server = try RunningServer(["ct.nii.gz", "--from", "nothing"], in: folder.url)
  }

  @Test func `other hosts, origins, sites, methods and kinds of content are refused`() throws {
    let own = "http://127.0.0.1:\(server.port)"
    let body = Data(#"{"token": "x"}"#.utf8)
    func get(_ headers: [(String, String)]) throws -> Int {
      try RawHTTP.send("GET", "/", port: server.port, headers: headers).status
    }
    func post(_ headers: [(String, String)], _ path: String = "/api/session") throws -> Int {
      try RawHTTP.send("POST", path, port: server.port, headers: headers, body: body).status
    }
    for host in [
      "evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:\(server.port)",
    ] {
      #expect(try get([("Host", host)]) == 403)
    }
    for host in ["127.0.0.1", "localhost", "[::1]"] {
      #expect(try get([("Host", "\(host):\(server.port)")]) == 200)
    }
    #expect(try get([("Sec-Fetch-Site", "cross-site")]) == 403)
    let json = ("Content-Type", "application/json")
    #expect(try post([json]) == 403)
    #expect(try post([json, ("Origin", "http://evil.example")]) == 403)
    #expect(try post([json, ("Origin", "null")]) == 403)
    #expect(try post([("Origin", own), ("Content-Type", "text/plain")]) == 415)
    #expect(try post([("Origin", own)]) == 415)
    #expect(try post([json, ("Origin", own), ("Sec-Fetch-Site", "same-site")]) == 403)
    #expect(try post([json, ("Origin", own)]) == 401)
    #expect(try RawHTTP.send("PUT", "/", port: server.port).status == 405)
    #expect(
      try RawHTTP.send("GET", "/" + String(repeating: "a", count: 2000), port: server.port).status
        == 414)
  }

  @Test func `every answer says what the browser may do with it`() throws {
    for path in ["/", "/page/main.js", "/nothing", "/api/worklist"] {
      let answer = try RawHTTP.send("GET", path, port: server.port)
      let policy = try #require(answer.headers["content-security-policy"])
      #expect(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"))
      #expect(answer.headers["x-content-type-options"] == "nosniff")
      #expect(answer.headers["referrer-policy"] == "no-referrer")
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.headers["access-control-allow-origin"] == nil)
    }
    let opened = try PlainReader(server)
    #expect(!opened.cookie.isEmpty)
  }

  @Test func `without the cookie or the write token nothing is told and nothing is saved`() throws {
    for path in ["/api/worklist", "/api/cases/1/scan", "/api/cases/1/volume/0", "/api/session"] {
      #expect(try RawHTTP.send("GET", path, port: server.port).status == 401)
    }
    var reader = try PlainReader(server)
    _ = try reader.open(1)
    let right = reader.writeToken
    reader.writeToken = "0"
    let pick: [String: Any] = ["pick": ["voxel": [31, 41, 10], "scope": "group", "label": "RCA"]]
    #expect(try reader.act(pick, on: 1, version: 0).status == 403)
    reader.writeToken = right
    #expect(try reader.act(pick, on: 1, version: 0).status == 200)
  }

  @Test func `five wrong tokens in a row have to wait`() throws {
    for _ in 0..<5 { _ = try PlainReader(server, token: "wrong") }
    let answer = try RawHTTP.send(
      "POST", "/api/session", port: server.port,
      headers: [
        ("Origin", "http://127.0.0.1:\(server.port)"), ("Content-Type", "application/json"),
      ], body: JSONSerialization.data(withJSONObject: ["token": server.token]))
    #expect(answer.status == 429)
  }

  @Test func `a stale save is refused and what was saved stays`() throws {
    let reader = try PlainReader(server)
    _ = try reader.open(1)
    let pick: [String: Any] = ["pick": ["voxel": [31, 41, 10], "scope": "group", "label": "RCA"]]
    #expect(try reader.act(pick, on: 1, version: 0).status == 200)
    let stale = try reader.act(["undo": [String: Any]()], on: 1, version: 0)
    #expect(stale.status == 409 && stale.json["code"] as? String == "stale")
    #expect(try reader.open(1)["version"] as? Int == 1)
  }

  @Test func `what is no action is refused in a sentence`() throws {
    let reader = try PlainReader(server)
    _ = try reader.open(1)
    let texts = [
      "", "{", "[]", "null", #"{"version": 0}"#, #"{"version": -1, "action": {"undo": {}}}"#,
      #"{"version": 0, "action": {"fly": {}}}"#,
      #"{"version": 0, "action": {"undo": {}, "redo": {}}}"#,
      #"{"version": 1e99, "action": {"undo": {}}}"#,
      #"{"version": 0, "action": {"pick": {"voxel": [1e9, 0, 0], "scope": "group", "label": "RCA"}}}"#,
      #"{"version": 0, "action": {"pick": {"voxel": [1, 1, 1], "scope": "group", "label": "<b>"}}}"#,
      #"{"version": 0, "action": {"propose": {"proposal": "00"}}}"#,
      #"{"version": 0, "action": {"lasso": {"plane": "axial", "slices": [0, 99999], "polygon": [[0,0]]}}}"#,
      String(repeating: "[", count: 20_000),
    ]
    for text in texts {
      let answer = try RawHTTP.send(
        "POST", "/api/cases/1/actions", port: server.port,
        headers: [
          ("Origin", "http://127.0.0.1:\(server.port)"), ("Content-Type", "application/json"),
          ("Cookie", reader.cookie), ("X-CAC-Token", reader.writeToken),
        ], body: Data(text.utf8))
      #expect((400..<500).contains(answer.status), "\(text.prefix(80))")
      #expect((answer.json["error"] as? String)?.isEmpty == false)
    }
    #expect(try reader.open(1)["version"] as? Int == 0)
  }

  @Test func `a request that is too large and bytes that are no HTTP do not stop the server`()
    throws
  {
    let reader = try PlainReader(server)
    _ = try reader.open(1)
    let large = try reader.post(
      "/api/cases/1/actions", ["x": String(repeating: "x", count: 400_000)])
    #expect(large.status == 413)
    for bytes in [
      Data([0, 1, 2, 255]), Data("GET\r\n\r\n".utf8),
      Data("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n".utf8),
    ] {
      _ = try? RawHTTP.exchange(bytes + Data("\r\n\r\n".utf8), port: server.port)
    }
    #expect(try reader.get("/api/worklist").status == 200)
  }

  @Test func `the page is in the program and asks for nothing elsewhere`() throws {
    for name in ["main.js", "view.js", "case.js", "style.css", "dialogs.js"] {
      let file = try RawHTTP.send("GET", "/page/\(name)", port: server.port)
      #expect(file.status == 200 && file.body.count > 200)
      #expect(!file.text.contains("https://") && !file.text.contains("@import url"))
    }
    for name in ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "Main.swift"] {
      #expect(try RawHTTP.send("GET", "/page/\(name)", port: server.port).status != 200)
    }
  }

  @Test func `a port in use, a missing store and a mask of another grid are each one sentence`()
    throws
  {
    let busy = try Cac.run(
      [
        "review", "ct.nii.gz", "--from", "nothing", "--no-browser", "--store", "other.cacreview",
        "--port", "\(server.port)",
      ],
      in: folder.url)
    #expect(busy.status == 1 && busy.complaints.count == 1)
    #expect(busy.complaints[0].contains("port \(server.port) is in use"))
    let missing = try Cac.run(["review", "verify", "none.cacreview"], in: folder.url)
    #expect(missing.status == 1 && missing.complaints.count == 1)
    let nothing = try Cac.run(["review", "nowhere", "--no-browser"], in: folder.url)
    #expect(nothing.status == 1 && nothing.complaints.count == 1)
    let mask = Volume<UInt8>(
      geometry: Geometry(
        extent: Extent(slices: 3, rows: 96, columns: 96), spacing: SIMD3(1, 1, 3)), repeating: 1)
    try NIfTIFile.write(mask, to: folder.file("mask.nii.gz"))
    let other = try RunningServer(
      ["ct.nii.gz", "--mask", "mask.nii.gz", "--store", "third.cacreview"], in: folder.url)
    let reader = try PlainReader(other)
    _ = try reader.open(1)
    let answer = try reader.get("/api/cases/1/scan")
    #expect(answer.status == 422 && answer.text.contains("grid"))
  }

  @Test func `what was acknowledged is there after the server was killed`() throws {
    var version = 0
    var running = server
    for round in 0..<3 {
      let reader = try PlainReader(running)
      let reading = try reader.open(1)
      #expect(reading["version"] as? Int == version)
      for _ in 0..<5 {
        let action: [String: Any] =
          version == 0
          ? ["pick": ["voxel": [31, 41, 10], "scope": "group", "label": "RCA"]]
          : ["label": ["lesion": 1, "label": version % 2 == 0 ? "RCA" : "LAD"]]
        let answer = try reader.act(action, on: 1, version: version)
        #expect(answer.status == 200, "\(answer.text)")
        version += 1
      }
      running.kill()
      if round < 2 {
        running = try RunningServer(["ct.nii.gz", "--from", "nothing"], in: folder.url)
      }
    }
    let verified = try Cac.succeed(["review", "verify", "review.cacreview"], in: folder.url)
    #expect(verified.out.contains("15 rows"))
  }

  @Test func `a mask is checked, signed and exported as a data set for training`() throws {
    var mask = Volume<UInt8>(
      geometry: Geometry(
        extent: Extent(slices: 20, rows: 96, columns: 96), spacing: SIMD3(1, 1, 3)), repeating: 0)
    for y in 50...53 { for x in 60...62 { mask[10, y, x] = 2 } }
    try NIfTIFile.write(mask, to: folder.file("mask.nii.gz"))
    let other = try RunningServer(
      ["ct.nii.gz", "--mask", "mask.nii.gz", "--labels", "arteries", "--store", "m.cacreview"],
      in: folder.url)
    let reader = try PlainReader(other)
    let reading = try reader.open(1)
    // Row 1 lays the mask out; its lesion has to be looked at before the signature.
    #expect(reading["version"] as? Int == 1)
    #expect((reading["total"] as? [String: Any])?["proposed"] as? Double == 48)
    let sign: [String: Any] = ["sign": ["name": "Ana", "meaning": "read by me"]]
    #expect(try reader.act(sign, on: 1, version: 1).status == 422)
    #expect(
      try reader.act(["label": ["lesion": 1, "label": "RCA"]], on: 1, version: 1).status == 200)
    let export = ["review", "export", "ct.nii.gz", "--store", "m.cacreview"]
    let early = try Cac.run(export + ["-o", "early"], in: folder.url)
    #expect(early.status == 1 && early.err.contains("not signed"))
    #expect(try reader.act(sign, on: 1, version: 2).status == 200)
    let trail = try reader.get("/api/cases/1/trail").text
    #expect(trail.contains(#""model":"a mask""#) && trail.contains(#""before":{"#))
    let report = try reader.get("/api/cases/1/files/report.html")
    #expect(report.text.contains("Ana") && !report.text.contains("<script"))
    _ = try Cac.succeed(export + ["-o", "out", "--dataset", "601_Corrected"], in: folder.url)
    let labels: Volume<UInt8> = try NIfTIFile.read(
      folder.file("nnUNet_raw/Dataset601_Corrected/labelsTr/ct.nii.gz"))
    #expect(labels.voxels.filter { $0 == 4 }.count == 12)
    #expect(labels.voxels.filter { $0 != 0 && $0 != 4 }.isEmpty)
    let image = folder.file("nnUNet_raw/Dataset601_Corrected/imagesTr/ct_0000.nii.gz")
    #expect(FileManager.default.fileExists(atPath: image.path))
    for name in [
      "RESULT.csv", "lesions.csv", "trail.json", "labels.json", "masks/ct.nii.gz",
      "all-labels/ct.nii.gz", "reports/ct.html",
    ] {
      #expect(FileManager.default.fileExists(atPath: folder.file("out/\(name)").path), "\(name)")
    }
    // It is a data set that training begins with.
    _ = try Cac.succeed(["plan", "601"], in: folder.url)
    let again = try Cac.run(export + ["--dataset", "601_Corrected"], in: folder.url)
    #expect(again.status == 1 && again.complaints.count == 1)
  }

  @Test func `reference, explanation and a data set's folder are shown on request`() throws {
    let grid = Geometry(
      extent: Extent(slices: 20, rows: 96, columns: 96), spacing: SIMD3(1, 1, 3))
    var map = Volume<Float>(geometry: grid, repeating: 0)
    map[10, 51, 61] = -0.5
    var mask = Volume<UInt8>(geometry: grid, repeating: 0)
    mask[10, 51, 61] = 3
    let dataset = folder.file("Dataset700_Set")
    for name in ["imagesTr", "labelsTr", "maps"] {
      try FileManager.default.createDirectory(
        at: dataset.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    try PlaqueScan.write(to: dataset.appendingPathComponent("imagesTr/a_0000.nii.gz"))
    try NIfTIFile.write(mask, to: dataset.appendingPathComponent("labelsTr/a.nii.gz"))
    try NIfTIFile.write(map, to: dataset.appendingPathComponent("maps/a.nii.gz"))
    try Data("{}".utf8).write(to: dataset.appendingPathComponent("dataset.json"))
    let other = try RunningServer(
      [
        "Dataset700_Set", "--from", "nothing", "--store", "d.cacreview", "--reference",
        "Dataset700_Set/labelsTr", "--explanation", "Dataset700_Set/maps",
      ], in: folder.url)
    let reader = try PlainReader(other)
    _ = try reader.open(1)
    let scan = try reader.get("/api/cases/1/scan").json
    #expect(scan["study"] as? String == "a")
    #expect(scan["hasReference"] as? Bool == true && scan["hasExplanation"] as? Bool == true)
    let layers = try #require(
      try reader.get("/api/cases/1/overlays").json["layers"] as? [[String: Any]])
    #expect(layers.map { $0["name"] as? String } == ["reference"])
    #expect(try reader.get("/api/cases/1/explanation/1").body.prefix(2) == Data([0x1F, 0x8B]))
    #expect(try reader.get("/api/cases/1/explanation/9").status == 404)
  }

  @Test func `a signed reading of a COCA tree becomes objects of DICOM that are masks again`()
    throws
  {
    _ = try Cac.succeed(
      [
        "phantom", "cohort", "--subjects", "1", "--matrix", "64", "--slices", "10", "--min-rank",
        "0.9",
      ], in: folder.url)
    let study = "cohort/Gated_release_final/patient/0"
    let tree = try RunningServer(
      ["cohort/Gated_release_final", "--from", "nothing", "--store", "d.cacreview"], in: folder.url)
    let reader = try PlainReader(tree)
    #expect(try reader.open(1)["version"] as? Int == 0)
    let lasso: [String: Any] = [
      "lasso": [
        "plane": "axial", "slices": [5, 5],
        "polygon": [[16, 16], [48, 16], [48, 48], [16, 48]],
        "label": "LAD",
      ]
    ]
    // The plaque is in one of the slices.
    var version = 0
    for slice in 0..<10 {
      var action = try #require(lasso["lasso"] as? [String: Any])
      action["slices"] = [slice, slice]
      if try reader.act(["lasso": action], on: 1, version: version).status == 200 { version += 1 }
    }
    let total = try #require(
      (try reader.open(1)["total"] as? [String: Any])?["agatston"] as? Double)
    #expect(total > 0)
    let export = ["dicom", study, "--review", "d.cacreview", "--seg", "--sr", "-o", "objects"]
    let early = try Cac.run(export, in: folder.url)
    #expect(early.status == 1 && early.complaints.count == 1)
    #expect(early.err.contains("not signed"))
    let sign: [String: Any] = ["sign": ["name": "Zoë Reader", "meaning": "read by me"]]
    #expect(try reader.act(sign, on: 1, version: version).status == 200)
    tree.stop()
    _ = try Cac.succeed(export, in: folder.url)
    let objects = try FileManager.default.contentsOfDirectory(atPath: folder.file("objects").path)
    let files = try objects.filter { $0.hasSuffix(".dcm") }.map {
      String(decoding: try Data(contentsOf: folder.file("objects/\($0)")), as: UTF8.self)
    }
    #expect(files.contains { $0.contains("MANUAL") && !$0.contains("AUTOMATIC") })
    #expect(files.contains { $0.contains("Zoe Reader") })
    let name = try #require(objects.first { $0.contains("seg") && $0.hasSuffix(".dcm") })
    // The Segmentation is the mask of another reading of the study.
    let again = try RunningServer(
      [study, "--mask", "objects/\(name)", "--store", "e.cacreview"], in: folder.url)
    let second = try PlainReader(again)
    let proposed =
      try #require(try second.open(1)["total"] as? [String: Any])["proposed"] as? Double
    #expect(proposed == total)
  }

  @Test func `the address is opened in the browser that the environment names`() throws {
    let browser = folder.file("browser")
    try Data("#!/bin/sh\nprintf %s \"$1\" > \"$(dirname \"$0\")/opened\"\n".utf8).write(to: browser)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: browser.path)
    let other = try RunningServer(
      ["ct.nii.gz", "--from", "nothing", "--store", "b.cacreview"], in: folder.url,
      environment: ["BROWSER": browser.path])
    for _ in 0..<100 {
      if let opened = try? String(contentsOf: folder.file("opened"), encoding: .utf8),
        !opened.isEmpty
      {
        #expect(opened == other.address)
        return
      }
      usleep(50_000)
    }
    Issue.record("no browser was opened")
  }

  @Test func `an address of other computers needs a certificate and accounts`() throws {
    let refused: [(more: [String], sentence: String)] = [
      (["--host", "0.0.0.0"], "in clear"),
      (["--certificate", "c.pem"], "belong together"),
      (["--host", "0.0.0.0", "--certificate", "c.pem", "--key", "k.pem"], "has none"),
    ]
    for (more, sentence) in refused {
      let run = try Cac.run(
        ["review", "ct.nii.gz", "--from", "nothing", "--no-browser", "--store", "t.cacreview"]
          + more,
        in: folder.url)
      #expect(
        run.status != 0 && run.complaints.count == 1 && run.err.contains(sentence), "\(run.err)")
    }
  }

  @Test func `without the program beside it, cac says what is missing`() throws {
    let program = try #require(Cac.executable, "build the package first")
    let alone = folder.file("cac")
    do { try FileManager.default.linkItem(at: program, to: alone) } catch {
      try FileManager.default.copyItem(at: program, to: alone)
    }
    let process = Process()
    let errors = Pipe()
    process.executableURL = alone
    process.arguments = ["review", "ct.nii.gz"]
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(text.hasPrefix("cac: ") && text.contains("holds no cac-review"))
  }
}
