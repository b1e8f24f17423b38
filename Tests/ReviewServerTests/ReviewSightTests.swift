// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// What the page shows, in a real browser.
@Suite(
  .serialized, .enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
struct ReviewSightTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try PlaqueScan.write(to: folder.file("ct.nii.gz"))
  }

  private func open(_ server: RunningServer, _ browser: Browser) throws {
    try browser.open(server.address)
    try browser.wait("window.review && review.times.whole && review.reading")
  }

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

  /// A mask of the three plaques: LM, LAD and RCA.
  private func writeMask() throws {
    var mask = Volume<UInt8>(
      geometry: Geometry(
        extent: Extent(slices: 20, rows: 96, columns: 96), spacing: SIMD3(1, 1, 3)), repeating: 0)
    for z in 9...10 { for y in 40...43 { for x in 30...33 { mask[z, y, x] = 1 } } }
    for y in 50...53 { for x in 60...62 { mask[10, y, x] = 2 } }
    for y in 70...72 { for x in 20...31 { mask[10, y, x] = 4 } }
    try NIfTIFile.write(mask, to: folder.file("mask.nii.gz"))
  }

  @Test func `the wheel, the pointer, the map, the list and accepting do what they say`() throws {
    try writeMask()
    var map = Volume<Float>(
      geometry: Geometry(
        extent: Extent(slices: 20, rows: 96, columns: 96), spacing: SIMD3(1, 1, 3)), repeating: 0)
    for y in 8...12 { for x in 8...12 { map[19, y, x] = -0.5 } }
    try NIfTIFile.write(map, to: folder.file("map.nii.gz"))
    let server = try RunningServer(
      [
        "ct.nii.gz", "--mask", "mask.nii.gz", "--reference", "mask.nii.gz", "--explanation",
        "map.nii.gz",
      ], in: folder.url)
    let browser = try Browser()
    try open(server, browser)
    // The largest lesion comes first; HU and mm are under the pointer.
    #expect(try browser.number("return review.view.place") == 10)
    try browser.click(try place(61, 51, in: browser))
    try browser.wait(
      "document.querySelector('.readout').textContent === '450 HU   61.0, 51.0, 30.0 mm'")
    #expect(try browser.number("return review.view.selected") == 2)
    // A notch of the wheel is a slice.
    try browser.wheel(try place(50, 30, in: browser), by: -100)
    try browser.wait("review.view.place === 11")
    try browser.wait("document.querySelector('.place').textContent === 'slice 12 of 20'")
    // The map's top is the head.
    let spine = try #require(
      try browser.run(
        "const b = review.map.getBoundingClientRect(); return [b.left + b.width / 2, b.top + 2]")
        as? [NSNumber])
    try browser.click((spine[0].doubleValue, spine[1].doubleValue))
    try browser.wait("review.view.place === 19")
    // The list by each order; slices from the head down, as in the map.
    let orders = ["score": [3, 1, 2], "size": [3, 1, 2], "slice": [2, 3, 1]]
    for (word, wanted) in orders {
      let found = try browser.text(
        """
        const select = document.querySelector('.listhead select');
        select.value = '\(word)'; select.dispatchEvent(new Event('change'));
        return [...document.querySelectorAll('.lesions li')].map((li) => li.id.slice(7)).join();
        """)
      #expect(found == wanted.map(String.init).joined(separator: ","), "\(word)")
    }
    // All of one artery are accepted, and locked by that.
    try browser.run("document.querySelector('tr[data-part=LAD] button').click()")
    try browser.wait("review.waiting === 0 && review.lesions.get(2).locked")
    #expect(try browser.holds("review.reading.unseen === 2 && !review.lesions.get(1).locked"))
    // The reference lies over the picture as dotted lines.
    try browser.press("v")
    try browser.wait("review.shown === 'reference' && review.view.layer.length === 3")
    // After the mask comes the explanation, in warm colours over the soft tissue.
    try browser.press("v")
    try browser.wait("review.shown === 'mask'")
    try browser.press("v")
    try browser.wait("review.shown === 'explanation' && review.view.heat")
    let color = try #require(
      try browser.run(
        """
        review.view.drawNow();
        const [x, y] = review.view.toScreen(10.5, 10.5);
        return [...review.canvas.getContext('2d').getImageData(x, y, 1, 1).data];
        """) as? [NSNumber])
    #expect(color[0].intValue > color[2].intValue + 100)
    try browser.press("v")
    try browser.wait("review.shown === null && !review.view.heat")
  }

  @Test func `on a tablet one finger goes through slices and a tap takes a plaque`() throws {
    let server = try RunningServer(["ct.nii.gz", "--from", "nothing"], in: folder.url)
    let browser = try Browser()
    try browser.emulate(width: 820, height: 1180, isDark: false)
    try open(server, browser)
    try browser.run("review.view.go(4)")
    let start = try place(48, 60, in: browser)
    try browser.click(
      start, dragTo: [(start.0, start.1 - 40), (start.0, start.1 - 72)], byFinger: true)
    try browser.wait("review.view.place === 10")
    #expect(try browser.number("return review.reading.version") == 0)
    try browser.click(try place(61, 51, in: browser), byFinger: true)
    try browser.wait("review.waiting === 0 && review.reading.total.agatston === 48")
    // With the tool of the bar a finger draws a lasso.
    try browser.run("review.setTool('lasso'); review.view.selected = null")
    let corners = try [(17, 67), (35, 67), (35, 76), (17, 76)].map {
      try place($0.0, $0.1, in: browser)
    }
    try browser.click(corners[0], dragTo: Array(corners.dropFirst()), byFinger: true)
    try browser.wait("review.waiting === 0 && review.lesions.size === 2")
    #expect(try browser.number("return review.reading.total.agatston") == 48 + 108)
  }

  @Test func `the page fits a laptop, a tablet, and a laptop at twice the size, light and dark`()
    throws
  {
    try writeMask()
    let server = try RunningServer(["ct.nii.gz", "--mask", "mask.nii.gz"], in: folder.url)
    let browser = try Browser()
    for (width, height, isDark) in [
      (1280, 720, true), (1280, 720, false), (820, 1180, true), (640, 360, true),
    ] {
      try browser.emulate(width: width, height: height, isDark: isDark)
      try browser.open("about:blank")
      try open(server, browser)
      try browser.press("n")
      #expect(
        try browser.number("return document.documentElement.scrollWidth - innerWidth") <= 0,
        "\(width) × \(height)")
      let canvas = try browser.number(
        "return Math.min(review.canvas.clientWidth, review.canvas.clientHeight)")
      #expect(canvas >= 190, "\(width) × \(height): a picture of \(canvas) pixels")
      // Each button can be brought into the window, and is large enough for a finger.
      let lost = try browser.text(
        """
        return [...document.querySelectorAll('button, select, .lesions li')].filter((element) => {
          element.scrollIntoView({ block: 'center', inline: 'center' });
          const box = element.getBoundingClientRect();
          return box.width < 24 || box.height < 24 || box.left < -1 || box.right > innerWidth + 1
            || box.top < -1 || box.bottom > innerHeight + 1;
        }).map((element) => element.textContent + JSON.stringify(element.getBoundingClientRect())).join();
        """)
      #expect(lost.isEmpty, "\(width) × \(height): \(lost)")
      // Letters on their ground have a contrast that is readable (WCAG 2.2, 1.4.3).
      let pale = try browser.text(Self.paleTexts)
      #expect(pale.isEmpty, "\(width) × \(height), dark \(isDark): \(pale)")
    }
  }

  /// The texts of the panel and the bar whose contrast to the nearest ground is below 4.5.
  private static let paleTexts = """
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => numbers(color).slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
      for (let e = element; e; e = e.parentElement) {
        const color = getComputedStyle(e).backgroundColor;
        if ((numbers(color)[3] ?? 1) > 0.5) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    return [...document.querySelectorAll('.panel *, .bar *')].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
      && !element.closest(':disabled, option')).filter((element) => {
      const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    }).map((element) => element.className + ':' + element.textContent).slice(0, 8).join();
    """

  @Test func `the page needs no WebGL`() throws {
    let server = try RunningServer(["ct.nii.gz", "--from", "nothing"], in: folder.url)
    let browser = try Browser(arguments: ["--disable-3d-apis", "--disable-webgl"])
    try open(server, browser)
    #expect(
      try browser.holds("document.createElement('canvas').getContext('webgl') === null"))
    try browser.run("review.view.go(10); review.view.drawNow()")
    // The plaque is bright on the canvas.
    let bright = try browser.number(
      """
      const [x, y] = review.view.toScreen(61.5, 51.5);
      return review.canvas.getContext('2d').getImageData(x, y, 1, 1).data[0];
      """)
    #expect(bright > 200)
  }

  @Test func `an earlier scan stands beside the reading as cac compare has it`() throws {
    try writeMask()
    try PlaqueScan.write(to: folder.file("prior.nii.gz"), hasDense: false)
    let server = try RunningServer(
      [
        "ct.nii.gz", "--mask", "mask.nii.gz", "--prior", "prior.nii.gz", "--prior-mask",
        "mask.nii.gz", "--years", "4",
      ], in: folder.url)
    let compared = try Cac.succeed(
      [
        "compare", "prior.nii.gz", "ct.nii.gz", "--mask", "mask.nii.gz", "--mask", "mask.nii.gz",
        "--years", "4", "--json",
      ], in: folder.url)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(compared.out.utf8)) as? [String: Any])
    let browser = try Browser()
    try open(server, browser)
    try browser.wait("document.querySelector('.prior summary')")
    #expect(try browser.text("return review.reading.prior.words") == json["words"] as? String)
    #expect(try browser.number("return review.reading.prior.total.before") == 172)
    #expect(try browser.number("return review.reading.prior.total.now") == 220)
    // A change of the reading changes the comparison.
    try browser.run("review.act({ label: { lesion: 2 } })")
    try browser.wait("review.waiting === 0 && review.reading.prior.total.now === 172")
    try browser.run("document.querySelector('.prior summary').click()")
    let answer = try browser.text(
      "return document.querySelector('.prior a').getAttribute('href')")
    let reader = try PlainReader(server)
    _ = try reader.open(1)
    let page = try reader.get(answer)
    #expect(page.status == 200 && page.text.contains("from scan to scan"))
    #expect(!page.text.contains("<script"))
  }

  @Test func `a full disk is said on the page, nothing is lost, and freed space is used`() throws {
    // A small disk of its own, in a mount namespace, where this account may make one.
    let mount = folder.file("disk")
    try FileManager.default.createDirectory(at: mount, withIntermediateDirectories: true)
    let script = #"mount -t tmpfs -o size=600k tmpfs "$0" && exec "$@""#
    let launcher = [
      "/usr/bin/unshare", "--map-root-user", "--mount", "/bin/sh", "-c", script, mount.path,
    ]
    let trial = Process()
    trial.executableURL = URL(fileURLWithPath: launcher[0])
    trial.arguments = Array(launcher.dropFirst()) + ["/bin/true"]
    trial.standardError = FileHandle.nullDevice
    try trial.run()
    trial.waitUntilExit()
    try #require(trial.terminationStatus == 0, "needs a mount namespace: user namespaces are off")
    let server = try RunningServer(
      ["ct.nii.gz", "--from", "nothing", "--store", mount.path + "/full.cacreview"],
      in: folder.url, launcher: launcher)
    let browser = try Browser()
    try open(server, browser)
    try browser.run("review.view.go(10); review.view.drawNow()")
    try browser.click(try place(61, 51, in: browser))
    try browser.wait("review.waiting === 0 && review.reading.version === 1")
    // Seen through the namespace of the server, the disk is filled.
    let filler = "/proc/\(server.process.processIdentifier)/root\(mount.path)/filler"
    #expect(FileManager.default.createFile(atPath: filler, contents: nil))
    let handle = try #require(FileHandle(forWritingAtPath: filler))
    var isFull = false
    while !isFull {
      do { try handle.write(contentsOf: Data(count: 4096)) } catch { isFull = true }
    }
    try handle.close()
    try browser.click(try place(31, 41, in: browser))
    try browser.wait(
      "document.querySelector('.toast.grave')?.textContent.includes('the disk is full, nothing was saved')"
    )
    #expect(try browser.holds("review.reading.version === 1 && review.lesions.size === 1"))
    try FileManager.default.removeItem(atPath: filler)
    try browser.click(try place(31, 41, in: browser))
    try browser.wait("review.waiting === 0 && review.reading.version === 2")
    #expect(try browser.number("return review.lesions.size") == 2)
    // What was acknowledged is there for a page that begins anew.
    try browser.reload()
    try browser.wait("window.review && review.reading && review.lesions.size === 2")
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/stunnel")
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
      "needs Debian's stunnel4 and openssl"))
  func `with a certificate, a reader of another computer logs in over TLS`() throws {
    let made = Process()
    made.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    made.arguments = [
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
      "-keyout", folder.file("key.pem").path, "-out", folder.file("cert.pem").path,
    ]
    made.standardError = FileHandle.nullDevice
    try made.run()
    made.waitUntilExit()
    #expect(made.terminationStatus == 0)
    let password = Process()
    password.executableURL = Cac.executable
    password.arguments = ["review", "user", "add", "ana", "--password-stdin"]
    password.currentDirectoryURL = folder.url
    let input = Pipe()
    password.standardInput = input
    password.standardOutput = FileHandle.nullDevice
    try password.run()
    try input.fileHandleForWriting.write(contentsOf: Data("a long password\n".utf8))
    try input.fileHandleForWriting.close()
    password.waitUntilExit()
    let port = Int.random(in: 20_000..<32_000)
    let options = [
      "ct.nii.gz", "--from", "nothing", "--host", "0.0.0.0", "--name", "localhost",
      "--certificate", "cert.pem",
    ]
    let wrong = try Cac.run(
      ["review"] + options + ["--key", "cert.pem", "--port", "\(port)", "--no-browser"],
      in: folder.url)
    #expect(wrong.status == 1 && wrong.complaints.count == 1, "\(wrong.err)")
    let server = try RunningServer(options + ["--key", "key.pem"], in: folder.url, port: port)
    #expect(server.address.hasPrefix("https://localhost:\(port)/#token="))
    let browser = try Browser()
    try browser.open(server.address)
    try browser.wait("document.querySelector('input[name=password]')")
    try browser.type("ana")
    try browser.press(Key.tab)
    try browser.type("a long password")
    try browser.press(Key.enter)
    try browser.wait("document.querySelector('.worklist a')")
    #expect(try browser.text("return location.protocol") == "https:")
    // Without TLS nobody is told anything.
    let plain = try? RawHTTP.send("GET", "/", port: port)
    #expect(plain?.status != 200)
    // The tunnel ends with the server, also where that is killed.
    server.kill()
    var said = ""
    for _ in 0..<100 where !said.contains("no one listens") {
      usleep(50_000)
      do { _ = try RawHTTP.send("GET", "/", port: port) } catch { said = "\(error)" }
    }
    #expect(said.contains("no one listens"), "\(said)")
  }

  @Test func `a report of forty lesions and a long note is printed on one sheet`() throws {
    var ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 24, rows: 128, columns: 128), spacing: SIMD3(1, 1, 3)),
      repeating: 40)
    var mask = Volume<UInt8>(geometry: ct.geometry, repeating: 0)
    for number in 0..<40 {
      let (x, y, z) = (20 + number % 8 * 11, 30 + number / 8 % 5 * 14, 2 + number % 10 * 2)
      for row in y...y + 1 + number % 3 {
        for column in x...x + 2 {
          ct[z, row, column] = 300
          mask[z, row, column] = UInt8(1 + number % 4)
        }
      }
    }
    try NIfTIFile.write(ct, to: folder.file("many.nii.gz"))
    try NIfTIFile.write(mask, to: folder.file("many_mask.nii.gz"))
    let server = try RunningServer(
      ["many.nii.gz", "--mask", "many_mask.nii.gz"], in: folder.url)
    let browser = try Browser()
    try open(server, browser)
    #expect(try browser.number("return review.lesions.size") == 40)
    let note = String(repeating: "a long note of a careful reader, ", count: 60)
    try browser.run(
      "review.act({ assess: { quality: ['motion', 'noise', 'metal', 'incomplete'], text: '\(note)' } })"
    )
    try browser.wait("review.waiting === 0 && review.reading.note.length > 1900")
    try browser.run("location.href = '/api/cases/1/files/report.html'")
    try browser.wait("document.querySelector('.one-sheet')")
    #expect(try browser.holds("document.body.innerText.includes('32 smaller ones in lesions.csv')"))
    #expect(try browser.number("return document.querySelectorAll('.slices figure').length") == 4)
    #expect(try browser.printedSheets() == 1)
  }
}
