// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing

/// The page in a real browser, as a reader meets it.
@Suite(
  .serialized, .enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
struct ReviewPageTests {
  private let folder: TemporaryFolder
  /// 32 voxels of weight 2, 12 of weight 4 and 36 of weight 3, of 1 mm² each, every 3 mm.
  private let allPoints = 220.0

  init() throws {
    folder = try TemporaryFolder()
    try PlaqueScan.write(to: folder.file("ct.nii.gz"))
  }

  private func serve(_ more: String...) throws -> RunningServer {
    try RunningServer(["ct.nii.gz", "--from", "nothing"] + more, in: folder.url)
  }

  /// Opens the page and waits for the whole scan.
  private func open(_ server: RunningServer, _ browser: Browser, case number: Int? = nil) throws {
    try browser.open(server.address)
    if let number {
      try browser.wait("document.querySelector('.worklist')")
      try browser.run("location.hash = 'case=\(number)'")
    }
    try ready(browser)
  }

  private func ready(_ browser: Browser) throws {
    try browser.wait("window.review && review.times.whole && review.reading")
  }

  /// The place in the window of the middle of a voxel.
  private func place(_ x: Int, _ y: Int, in browser: Browser) throws -> (Double, Double) {
    let at = try browser.run(
      """
      const box = review.canvas.getBoundingClientRect();
      const [x, y] = review.view.toScreen(\(x) + 0.5, \(y) + 0.5);
      return [box.left + x / review.view.ratio, box.top + y / review.view.ratio];
      """)
    let pair = try #require(at as? [NSNumber])
    return (pair[0].doubleValue, pair[1].doubleValue)
  }

  private func slice(_ z: Int, in browser: Browser) throws {
    try browser.run("review.setPlane('axial'); review.view.go(\(z)); review.canvas.focus()")
  }

  /// Waits until a number of actions is saved.
  private func saved(_ version: Int, in browser: Browser) throws {
    try browser.wait(
      "review.waiting === 0 && document.querySelector('.savestate').dataset.version === '\(version)'"
    )
  }

  private func total(_ browser: Browser) throws -> Double {
    try #require(Double(try browser.text("return document.getElementById('total').dataset.exact")))
  }

  @Test func `a reader scores a scan with the mouse, signs, and cac score says the same`() throws {
    let server = try serve()
    let browser = try Browser()
    try open(server, browser)
    #expect(try total(browser) == 0)
    // A click below the threshold says why nothing happens.
    try slice(10, in: browser)
    try browser.click(try place(10, 10, in: browser))
    try browser.wait("document.querySelector('.toast.shown')?.textContent.includes('40 HU')")
    // Two clicks, each with its artery.
    try browser.press("4")
    try browser.click(try place(31, 41, in: browser))
    try saved(1, in: browser)
    #expect(try total(browser) == 64)
    try browser.run("review.view.selected = null")
    try browser.press("2")
    try browser.click(try place(61, 51, in: browser))
    try saved(2, in: browser)
    #expect(try total(browser) == 112)
    // The long one is cut in two, and one part goes to another artery.
    try browser.run("review.view.selected = null")
    try browser.press("1")
    try browser.click(try place(21, 71, in: browser))
    try saved(3, in: browser)
    try browser.click(
      try place(25, 60, in: browser),
      dragTo: [try place(25, 66, in: browser), try place(25, 82, in: browser)], holding: Key.alt)
    try saved(4, in: browser)
    #expect(try browser.number("return review.lesions.size") == 4)
    // Undo, redo, and lock.
    try browser.press("u")
    try saved(5, in: browser)
    #expect(try browser.number("return review.lesions.size") == 3)
    try browser.press("r")
    try saved(6, in: browser)
    let sum = try total(browser)
    #expect(sum == 220)
    try browser.run("review.select(review.lesions.get(1))")
    try browser.press("l")
    try saved(7, in: browser)
    try browser.press("1")
    try browser.wait("document.querySelector('.toast.shown')?.textContent.includes('locked')")
    // All of it is there after a reload.
    try browser.reload()
    try ready(browser)
    #expect(try total(browser) == sum)
    #expect(try browser.holds("review.lesions.get(1).locked"))
    // Sign.
    try browser.press("s")
    try browser.wait("document.querySelector('dialog[open] input[name=signature]')")
    try browser.type("Ana Reader")
    try browser.press(Key.enter)
    try browser.wait("review.reading.isSigned && document.querySelector('dialog .files')")
    try browser.press(Key.escape)
    // A change after it asks for a reason and becomes a new version.
    try browser.press("u")
    try browser.wait("document.querySelector('dialog[open] input[name=reason]')")
    try browser.type("not locked")
    try browser.press(Key.enter)
    try browser.wait("!review.reading.isSigned && review.waiting === 0")
    try browser.press("s")
    try browser.wait("document.querySelector('dialog[open] .primary')")
    try browser.press(Key.enter)
    try browser.wait("review.reading.isSigned && review.reading.signatures.length === 2")
    let parts = try browser.text(
      "return JSON.stringify(review.reading.parts.map((part) => [part.name, part.agatston]))")
    server.stop()
    // The exported mask has the page's score to the last digit.
    _ = try Cac.succeed(["review", "export", "ct.nii.gz", "-o", "out"], in: folder.url)
    let scored = try Cac.succeed(
      ["score", "ct.nii.gz", "--mask", "out/masks/ct.nii.gz", "--json"], in: folder.url)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(scored.out.utf8)) as? [String: Any])
    #expect(json["agatston"] as? Double == sum)
    let arteries = try #require(json["arteries"] as? [String: [String: Any]])
    let shown = try #require(
      try JSONSerialization.jsonObject(with: Data(parts.utf8)) as? [[Any]])
    for part in shown {
      #expect(arteries[part[0] as? String ?? ""]?["agatston"] as? Double == part[1] as? Double)
    }
    _ = try Cac.succeed(["review", "verify", "review.cacreview"], in: folder.url)
  }

  @Test func `a reader scores, labels and signs with the keyboard alone`() throws {
    let server = try serve()
    let browser = try Browser()
    try open(server, browser)
    while try browser.number("return review.view.place") < 12 {
      try browser.press(Key.up)
      try browser.run("review.view.drawNow()")
    }
    try browser.press(Key.pageDown, Key.pageDown)
    #expect(try browser.number("return review.view.place") == 10)
    // The next bright spot, taken, three times; each gets an artery.
    for (number, key) in ["1", "3", "4"].enumerated() {
      try browser.press("b", Key.enter)
      try saved(2 * number + 1, in: browser)
      try browser.press(key)
      try saved(2 * number + 2, in: browser)
    }
    #expect(try total(browser) == allPoints)
    // The bone is passed over, so there is none left.
    try browser.press("b")
    try browser.wait(
      "document.querySelector('.toast.shown')?.textContent.includes('no bright spot')")
    // One of them turns out to be of the valve.
    try browser.press("n", "0")
    try browser.wait("document.querySelector('dialog[open] .choices')")
    try browser.press("2")
    try saved(7, in: browser)
    #expect(try total(browser) < allPoints)
    #expect(try browser.text("return review.reading.beside[0].name") == "aortic valve")
    try browser.press("s")
    try browser.wait("document.querySelector('dialog[open] input[name=signature]')")
    try browser.type("Ben")
    try browser.press(Key.enter)
    try browser.wait("review.reading.isSigned && document.querySelector('dialog .files a')")
    // The first file has the focus; Enter opens it.
    #expect(try browser.text("return document.activeElement.textContent") == "Report")
  }

  @Test func `a lasso marks what it surrounds, and lesions are seen in all planes`() throws {
    let server = try serve()
    let browser = try Browser()
    try open(server, browser)
    try slice(10, in: browser)
    try browser.press("3")
    let corners = try [(56, 46), (66, 46), (66, 58), (56, 58)].map {
      try place($0.0, $0.1, in: browser)
    }
    try browser.click(corners[0], dragTo: Array(corners.dropFirst()))
    try saved(1, in: browser)
    #expect(try total(browser) == 48)
    for plane in ["coronal", "sagittal", "axial"] {
      try browser.press("a")
      try browser.wait("review.view.plane.name === '\(plane)'")
    }
    for key in ["m", "m", "m", "w", "w", "w", "w", "o", "o", "f", "+", "-"] {
      try browser.press(key)
    }
    #expect(try browser.holds("review.view.overlay && review.view.thickness === 1"))
  }

  @Test func `two tabs of one reader do not overwrite each other`() throws {
    let server = try serve()
    let browser = try Browser()
    try open(server, browser)
    let tabs = try browser.newTab()
    try browser.open("http://127.0.0.1:\(server.port)/#case=1")
    try ready(browser)
    try slice(10, in: browser)
    try browser.click(try place(61, 51, in: browser))
    try saved(1, in: browser)
    try browser.show(tabs.old)
    try slice(10, in: browser)
    try browser.click(try place(31, 41, in: browser))
    try browser.wait(
      "document.querySelector('.toast.grave')?.textContent.includes('changed elsewhere')")
    // What the other tab did is shown now, and the next click is saved.
    try browser.wait("review.lesions.size === 1")
    try browser.click(try place(31, 41, in: browser))
    try saved(2, in: browser)
    #expect(try browser.number("return review.lesions.size") == 2)
  }

  @Test func `readers with accounts see neither a model nor each other until they signed`() throws {
    for (name, role) in [("ana", "reader"), ("ben", "reader"), ("cleo", "adjudicator")] {
      try addUser(name, role)
    }
    let server = try serve("--blind", "--seed", "3")
    let browser = try Browser()
    try browser.open(server.address)
    for (name, voxel) in [("ana", (61, 51)), ("ben", (31, 41))] {
      try browser.wait("document.querySelector('input[name=password]')")
      try browser.type(name)
      try browser.press(Key.tab)
      try browser.type("wrong password")
      try browser.press(Key.enter)
      try browser.wait("document.querySelector('.problem').textContent.includes('do not fit')")
      try browser.type("password of \(name)")
      try browser.press(Key.enter)
      try browser.wait("document.querySelector('.worklist a')")
      try browser.press(Key.enter)
      try ready(browser)
      #expect(try browser.number("return review.lesions.size") == 0)
      try browser.press("v")
      try browser.wait(
        "document.querySelector('.toast.shown')?.textContent.includes('nothing to lay over')")
      try slice(10, in: browser)
      try browser.click(try place(voxel.0, voxel.1, in: browser))
      try saved(1, in: browser)
      try browser.press("s")
      try browser.wait("document.querySelector('dialog[open] .primary')")
      #expect(
        try browser.text("return document.querySelector('input[name=signature]').value") == name)
      try browser.press(Key.enter)
      try browser.wait("review.reading.isSigned && document.querySelector('dialog .files')")
      try browser.press(Key.escape)
      try browser.run("window.review = null; location.hash = ''")
      try browser.wait("document.querySelector('.worklist')")
      try browser.run(
        "[...document.querySelectorAll('button')].find((b) => b.textContent === 'Log out').click()")
      try browser.wait("document.querySelector('.message')")
      try browser.open("about:blank")
      try browser.open(server.address)
    }
    // The adjudicator decides where they differ.
    try browser.wait("document.querySelector('input[name=password]')")
    try browser.type("cleo")
    try browser.press(Key.tab)
    try browser.type("password of cleo")
    try browser.press(Key.enter)
    try browser.wait("document.querySelector('.worklist a[href*=adjudication]')")
    try browser.run("document.querySelector('.worklist a[href*=adjudication]').click()")
    try ready(browser)
    #expect(try browser.number("return review.lesions.size") == 2)
    #expect(try browser.number("return review.reading.unseen") == 2)
    try browser.press("n", "4")
    try saved(3, in: browser)
    server.stop()
    _ = try Cac.succeed(
      ["review", "export", "ct.nii.gz", "-o", "both", "--compare", "ana", "ben"], in: folder.url)
    let table = try String(contentsOf: folder.file("both/RESULT.csv"), encoding: .utf8)
    #expect(table.contains("48.0") && table.contains("64.0"))
    _ = try Cac.succeed(["review", "verify", "review.cacreview"], in: folder.url)
  }

  private func addUser(_ name: String, _ role: String) throws {
    let process = Process()
    process.executableURL = Cac.executable
    process.arguments = ["review", "user", "add", name, "--role", role, "--password-stdin"]
    process.currentDirectoryURL = folder.url
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    input.fileHandleForWriting.write(Data("password of \(name)\n".utf8))
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func `a wrong token, cookies off and a study that cannot be read are said on the page`()
    throws
  {
    try FileManager.default.createDirectory(
      at: folder.file("scans"), withIntermediateDirectories: true)
    try PlaqueScan.write(to: folder.file("scans/good.nii.gz"))
    try Data("no image".utf8).write(to: folder.file("scans/broken.nii.gz"))
    let server = try RunningServer(["scans", "--from", "nothing"], in: folder.url)
    let browser = try Browser()
    try browser.open("http://127.0.0.1:\(server.port)/#token=0000")
    try browser.wait("document.querySelector('.message')?.textContent.includes('another token')")
    try browser.open("about:blank")
    try browser.open("http://127.0.0.1:\(server.port)/")
    try browser.wait("document.querySelector('.message')?.textContent.includes('logged out')")
    try browser.open("about:blank")
    try browser.open(server.address)
    try browser.wait("document.querySelector('.worklist')")
    // Neither title nor address tells the study or the token.
    #expect(try browser.text("return document.title + location.href").contains("good") == false)
    #expect(try browser.text("return location.href").contains("token") == false)
    try browser.run("location.hash = 'case=1'")
    try browser.wait("document.querySelector('.message')?.textContent.includes('broken.nii.gz')")
    let shy = try Browser(preferences: ["profile.default_content_setting_values.cookies": 2])
    try shy.open(server.address)
    try shy.wait("document.querySelector('.message')?.textContent.includes('keeps no cookie')")
    server.kill()
    try browser.run("location.hash = 'case=2'")
    try browser.wait("document.querySelector('.message')?.textContent.includes('does not answer')")
  }
}
