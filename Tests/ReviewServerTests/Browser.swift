// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Headless Chromium, driven by Debian's chromedriver over WebDriver (w3.org/TR/webdriver2).
final class Browser {
  private let driver = Process()
  private let port: Int
  private(set) var session = ""

  /// Whether both programs are there; `scripts/test` puts them in place.
  static let isInstalled = program != nil

  private static let program = ["/usr/bin/chromedriver", "/usr/local/bin/chromedriver"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  init(
    width: Int = 1280, height: Int = 860, preferences: [String: Any] = [:],
    arguments: [String] = []
  ) throws {
    driver.executableURL = URL(fileURLWithPath: try #require(Self.program))
    port = Int.random(in: 20_000..<60_000)
    driver.arguments = ["--port=\(port)", "--silent"]
    driver.standardOutput = FileHandle.nullDevice
    driver.standardError = FileHandle.nullDevice
    try driver.run()
    // On a machine that does other work it takes its time to start.
    try waitFor("chromedriver", seconds: 60) {
      (try? RawHTTP.send("GET", "/status", port: port)) != nil
    }
    var options: [String: Any] = [
      "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--window-size=\(width),\(height)",
      ] + arguments
    ]
    if !preferences.isEmpty { options["prefs"] = preferences }
    let opened = try command(
      "POST", "/session",
      [
        "capabilities": [
          "alwaysMatch": [
            "browserName": "chrome", "goog:chromeOptions": options, "acceptInsecureCerts": true,
          ]
        ]
      ])
    session = try #require((opened as? [String: Any])?["sessionId"] as? String, "\(opened)")
  }

  deinit {
    _ = try? command("DELETE", "/session/\(session)")
    // chromedriver that is started from here does not end by SIGTERM.
    kill(driver.processIdentifier, SIGKILL)
    driver.waitUntilExit()
  }

  @discardableResult
  private func command(_ method: String, _ path: String, _ value: Any? = nil) throws -> Any {
    let answer = try RawHTTP.send(
      method, path, port: port, headers: [("Content-Type", "application/json")],
      body: value.map { try JSONSerialization.data(withJSONObject: $0) })
    let content = answer.json["value"] ?? NSNull()
    guard answer.status == 200 else {
      throw RawHTTP.Failure(what: "WebDriver \(path): \(answer.text.prefix(300))")
    }
    return content
  }

  func open(_ address: String) throws {
    try command("POST", "/session/\(session)/url", ["url": address])
  }

  func reload() throws { try command("POST", "/session/\(session)/refresh", [String: String]()) }

  /// What a script returns.
  @discardableResult
  func run(_ script: String) throws -> Any {
    try command(
      "POST", "/session/\(session)/execute/sync", ["script": script, "args": [Any]()])
  }

  func text(_ script: String) throws -> String { "\(try run(script))" }
  func number(_ script: String) throws -> Double {
    try #require(try run(script) as? NSNumber, "\(script)").doubleValue
  }
  func holds(_ script: String) throws -> Bool {
    (try run("return Boolean(\(script))") as? Bool) ?? false
  }

  /// Waits until an expression of the page is true.
  func wait(_ expression: String, seconds: Double = 15) throws {
    try waitFor(expression, seconds: seconds) { try holds(expression) }
  }

  private func waitFor(_ what: String, seconds: Double = 15, _ holds: () throws -> Bool) throws {
    let end = Date.now.addingTimeInterval(seconds)
    while Date.now < end {
      if try holds() { return }
      usleep(20_000)
    }
    let page = session.isEmpty ? "" : (try? text("return document.body.innerText")) ?? ""
    throw RawHTTP.Failure(what: "\(what) did not come about; the page says: \(page.prefix(600))")
  }

  /// Presses keys one after the other.
  func press(_ keys: String...) throws {
    let actions = keys.flatMap { key -> [[String: Any]] in
      [["type": "keyDown", "value": key], ["type": "keyUp", "value": key]]
    }
    try perform([["type": "key", "id": "keys", "actions": actions]])
  }

  /// Types a text where the focus is.
  func type(_ text: String) throws {
    for character in text { try press(String(character)) }
  }

  /// Clicks at a place of the window, or drags from there through others, with a key held down.
  func click(
    _ point: (Double, Double), dragTo way: [(Double, Double)] = [], holding key: String? = nil,
    byFinger: Bool = false
  ) throws {
    func move(_ p: (Double, Double)) -> [String: Any] {
      ["type": "pointerMove", "duration": 0, "x": Int(p.0.rounded()), "y": Int(p.1.rounded())]
    }
    var pointer: [[String: Any]] = [move(point), ["type": "pointerDown", "button": 0]]
    pointer += way.map(move)
    pointer.append(["type": "pointerUp", "button": 0])
    var sources: [[String: Any]] = [
      [
        "type": "pointer", "id": "mouse",
        "parameters": ["pointerType": byFinger ? "touch" : "mouse"],
        "actions": pointer,
      ]
    ]
    if let key {
      let pauses = Array(repeating: ["type": "pause"] as [String: Any], count: pointer.count - 2)
      sources.append([
        "type": "key", "id": "keys",
        "actions": [["type": "keyDown", "value": key]] + pauses
          + [["type": "keyUp", "value": key]],
      ])
      // The key goes down before the button and up after it.
      sources[0]["actions"] =
        [move(point), ["type": "pointerDown", "button": 0]] + way.map(move) + [
          ["type": "pointerUp", "button": 0]
        ]
    }
    try perform(sources)
  }

  private func perform(_ sources: [[String: Any]]) throws {
    try command("POST", "/session/\(session)/actions", ["actions": sources])
  }

  /// Opens another tab and goes there; returns both handles.
  func newTab() throws -> (old: String, new: String) {
    let old = try #require(try command("GET", "/session/\(session)/window") as? String)
    let made = try command("POST", "/session/\(session)/window/new", ["type": "tab"])
    let new = try #require((made as? [String: Any])?["handle"] as? String)
    try show(new)
    return (old, new)
  }

  func show(_ handle: String) throws {
    try command("POST", "/session/\(session)/window", ["handle": handle])
  }

  /// Turns the wheel over a place of the window.
  func wheel(_ point: (Double, Double), by distance: Int) throws {
    let scroll: [String: Any] = [
      "type": "scroll", "x": Int(point.0), "y": Int(point.1), "deltaX": 0, "deltaY": distance,
      "duration": 0,
    ]
    try perform([["type": "wheel", "id": "wheel", "actions": [scroll]]])
  }

  /// Makes the window as a device with a screen of a size in CSS pixels, light or dark.
  func emulate(width: Int, height: Int, isDark: Bool) throws {
    try command(
      "POST", "/session/\(session)/goog/cdp/execute",
      [
        "cmd": "Emulation.setDeviceMetricsOverride",
        "params": [
          "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        ],
      ])
    try command(
      "POST", "/session/\(session)/goog/cdp/execute",
      [
        "cmd": "Emulation.setEmulatedMedia",
        "params": [
          "features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]
        ],
      ])
  }

  /// The sheets of paper that the page would be printed on, A4 as the page wants it.
  func printedSheets() throws -> Int {
    let text = try #require(
      try command("POST", "/session/\(session)/print", ["page": ["width": 21.0, "height": 29.7]])
        as? String)
    let pdf = String(decoding: try #require(Data(base64Encoded: text)), as: UTF8.self)
    return pdf.matches(of: #/\/Type ?\/Page\b[^s]/#).count
  }

  /// Saves what the window shows, for a person to look at.
  func screenshot(to url: URL) throws {
    let text = try #require(try command("GET", "/session/\(session)/screenshot") as? String)
    try #require(Data(base64Encoded: text)).write(to: url)
  }
}

/// Keys of WebDriver that are no characters.
enum Key {
  static let enter = "\u{E007}"
  static let up = "\u{E013}"
  static let down = "\u{E015}"
  static let left = "\u{E012}"
  static let right = "\u{E014}"
  static let pageUp = "\u{E00E}"
  static let pageDown = "\u{E00F}"
  static let tab = "\u{E004}"
  static let escape = "\u{E00C}"
  static let delete = "\u{E017}"
  static let alt = "\u{E00A}"
  static let shift = "\u{E008}"
}
