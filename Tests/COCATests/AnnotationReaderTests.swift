// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Foundation
import TestSupport
import Testing

@Suite struct `Reading an annotation` {
  private func read(_ data: Data) throws -> Annotation {
    try Annotation(data: data, path: "12.xml", subject: "12")
  }

  private func first(_ keys: String) throws -> Region {
    try #require(try read(plist(image("<integer>7</integer>", keys))).regions.first?.region)
  }

  @Test func `the subject is the file name without its ending`() throws {
    let folder = try TemporaryFolder()
    try plist(image("<integer>7</integer>", roi())).write(to: folder.file("238.xml"))
    let annotation = try Annotation(contentsOf: folder.file("238.xml"))
    #expect(annotation.subject == "238")
    #expect(annotation.regions.map(\.location.index) == [7])
    #expect(annotation.regions.first?.region.points == [[1.5, 2], [4, 2], [4, 6.25]])
    #expect(annotation.regions.first?.region.positions == [[0, 1, 2], [1, 1, 2], [1, 3, 2]])
  }

  @Test(arguments: ["<real>203.5</real>", "<string>203.5</string>"])
  func `a number may be a real or a text`(text: String) throws {
    #expect(try first(roi(more: "<key>Mean</key>\(text)")).mean == 203.5)
  }

  @Test func `integers and reals stand for each other`() throws {
    let region = try first(
      roi(count: "<real>3.0</real>", more: "<key>Max</key><integer>400</integer>"))
    #expect(region.max == 400)
    #expect(region.isUsable)
    let annotation = try read(plist(image("<real>7.0</real>", roi())))
    #expect(annotation.images.map(\.index) == [7])
  }

  @Test(arguments: ["nan", "NaN"])
  func `NaN is a number that is there`(word: String) throws {
    let region = try first(roi(more: "<key>Dev</key><real>\(word)</real>"))
    #expect(region.deviation?.isNaN == true)
    #expect(region.isUsable)
  }

  @Test(arguments: [("inf", Double.infinity), ("-infinity", -Double.infinity)])
  func `infinities are read`(word: String, value: Double) throws {
    #expect(try first(roi(more: "<key>Dev</key><real>\(word)</real>")).deviation == value)
  }

  @Test(arguments: ["<real>abc</real>", "<integer>99999999999999999999</integer>", "<true/>"])
  func `a number that is none is missing and costs nothing else`(text: String) throws {
    let region = try first(roi(more: "<key>Dev</key>\(text)<key>Max</key><real>5</real>"))
    #expect(region.deviation == nil)
    #expect(region.max == 5)
    #expect(region.isUsable)
  }

  @Test func `a region without points is no fault`() throws {
    let empty = roi(count: "<integer>0</integer>", pixels: [], millimetres: [])
    #expect(try first(empty).isWithoutPoints)
    let bare = try first(
      "<key>Name</key><string>x</string><key>NumberOfPoints</key><integer>0</integer>")
    #expect(bare.isWithoutPoints)
    #expect(!bare.isUsable)
  }

  @Test(arguments: [
    ("Left Coronary Artery", "LM"), ("Left Anterior Descending Artery", "LAD"),
    ("Left Circumflex Artery", "LCX"), ("Right Coronary Artery", "RCA"),
    (" right  coronary artery ", "RCA"), ("Unnamed", nil), ("1", nil), ("", nil),
    ("Left Coronary", nil),
  ])
  func `four names are arteries`(name: String, artery: String?) throws {
    #expect(try first(roi(name: name)).artery?.abbreviation == artery)
  }

  @Test func `the number of pixels is Total over Mean where that is whole`() {
    var region = Region(name: "")
    #expect(region.recordedCount == nil)
    for (total, mean, count) in [
      (6300.0, 210.0, 30), (6300, 0, nil), (6300, .nan, nil), (6300, 209, nil), (0, 0, nil),
      (1e300, 1e-10, nil), (-10, 5, nil), (.infinity, 1, nil),
      // A sum in single precision.
      (Double(Float(1430 * 731.25)), Double(Float(731.25)), 1430),
    ] as [(Double, Double, Int?)] {
      (region.total, region.mean) = (total, mean)
      #expect(region.recordedCount == count)
    }
  }

  static let faults: [(String, COCAError.Code, String)] = [
    (
      roi(pixels: ["(1, 2)", "(a, 2)", "(3, 4)"]), .coordinates, "point 1 of Point_px is \"(a, 2)\""
    ),
    (roi(pixels: ["(1, 2)", "(1, 2, 3)", "(3, 4)"]), .coordinates, "but 2 finite numbers"),
    (roi(millimetres: ["(1, 2)", "(1, 2, 3)", "(1, 3, 4)"]), .coordinates, "but 3 finite numbers"),
    (roi(pixels: ["(nan, 2)", "(1, 2)", "(3, 4)"]), .coordinates, "(nan, 2)"),
    (roi(pixels: ["(1, 0x1p3)", "(1, 2)", "(3, 4)"]), .coordinates, "0x1p3"),
    (roi(pixels: ["(1, 1e999)", "(1, 2)", "(3, 4)"]), .coordinates, "1e999"),
    (roi(pixels: ["(1, )", "(1, 2)", "(3, 4)"]), .coordinates, "(1, )"),
    (roi(pixels: ["1, 2", "(1, 2)", "(3, 4)"]), .coordinates, "1, 2"),
    (roi(pixels: ["", "(1, 2)", "(3, 4)"]), .coordinates, "\"\""),
    (roi(pixels: ["(-)", "(1, 2)", "(3, 4)"]), .coordinates, "(-)"),
    (roi(pixels: ["(1e9, 2)", "(1, 2)", "(3, 4)"]), .outsideImage, "outside any image"),
    (roi(count: "<integer>4</integer>"), .pointCount, "NumberOfPoints is 4, but 3 points follow"),
    (
      roi(count: "<integer>9000000000000000000</integer>"), .pointCount,
      "NumberOfPoints is 9000000000000000000"
    ),
    (roi(count: "<integer>-1</integer>"), .pointCount, "NumberOfPoints is -1"),
    (roi(millimetres: ["(1, 2, 3)"]), .pointCount, "3 points in pixels, but 1 in millimetres"),
    (roi(millimetres: []), .pointCount, "3 points in pixels, but 0 in millimetres"),
    ("<key>NumberOfPoints</key><integer>0</integer>", .structure, "\"Name\" is missing"),
    ("<key>Name</key><string>x</string>", .structure, "no points and no NumberOfPoints"),
    (
      "<key>Name</key><string>x</string><key>Point_px</key><string>(1, 2)</string>", .structure,
      "Point_px holds no list of texts"
    ),
    (
      "<key>Name</key><string>x</string><key>Point_px</key><array><real>1</real></array>",
      .structure, "Point_px holds no list of texts"
    ),
    (
      "<key>Name</key><string>x</string><key>Point_px</key>"
        + "<array><string>(a, 2)</string><real>1</real></array>",
      .structure, "Point_px holds no list of texts"
    ),
  ]

  @Test(arguments: faults)
  func `one bad region is listed and the others stay`(
    keys: String, code: COCAError.Code, part: String
  ) throws {
    let annotation = try read(plist(image("<integer>7</integer>", roi(), keys, roi())))
    #expect(annotation.regions.map(\.region.isUsable) == [true, false, true])
    #expect(!annotation.regions[1].region.isWithoutPoints)
    let issue = try #require(annotation.issues.first)
    #expect(annotation.issues.count == 1)
    #expect(issue.code == code)
    #expect(issue.path == "12.xml")
    #expect(issue.location == "image 7, ROI 1")
    #expect(issue.detail.contains(part), "\(issue.detail)")
  }

  @Test func `entries of the wrong kind are faults of their own place`() throws {
    let odd = image().replacingOccurrences(
      of: "<array></array>", with: "<array><string>x</string></array>")
    let annotation = try read(
      plist("<string>x</string>" + odd + image("<integer>9</integer>", roi())))
    #expect(annotation.images.count == 3)
    #expect(annotation.issues.count == 3)
    #expect(annotation.regions.count { $0.region.isUsable } == 1)
    #expect(annotation.images[0].issues.first?.detail == "the image entry is no dictionary")
    #expect(
      annotation.images[1].issues.first?.detail == "NumberOfROIs is 0, but 1 ROIs follow")
  }

  @Test func `an image without a whole index keeps its regions`() throws {
    let annotation = try read(plist(image("<real>7.5</real>", roi())))
    #expect(annotation.images.map(\.index) == [nil])
    #expect(annotation.issues.map(\.detail) == ["ImageIndex is missing or no whole number"])
    #expect(annotation.regions.map(\.region.isUsable) == [true])
  }

  @Test func `a contour of absurd length is a fault, not an hour of work`() throws {
    let far = (0..<40).map { $0 % 2 == 0 ? "(0, 0)" : "(1, 65000)" }
    let region = try first(
      roi(
        count: "<integer>40</integer>", pixels: far,
        millimetres: far.map { _ in "(0, 0, 0)" }))
    #expect(region.issues.first?.detail.contains("more than a million pixels long") == true)
  }

  @Test func `points outside the image are a fault once its size is known`() throws {
    var annotation = try read(plist(image("<integer>7</integer>", roi(), roi())))
    annotation.images[0].regions[1].points[2] = [4, 512.5]
    annotation.requirePoints(withinRows: 512, columns: 512)
    #expect(annotation.regions.map(\.region.isUsable) == [true, false])
    #expect(annotation.issues.first?.code == .outsideImage)
    #expect(annotation.issues.first?.detail.contains("(4.000000, 512.500000)") == true)
  }

  @Test func `no file at all is an error`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: (any Error).self) {
      try Annotation(contentsOf: folder.file("missing.xml"))
    }
  }
}

@Suite struct `Files that are no annotation` {
  static let xml = String(decoding: plist(image("<integer>7</integer>", roi())), as: UTF8.self)
  static let head = "<?xml version=\"1.0\"?><plist version=\"1.0\">"
  static let bomb = """
    <?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
    <plist version="1.0"><dict><key>Images</key><string>&b;</string></dict></plist>
    """
  static let cases: [(String, COCAError.Code, String)] = [
    ("", .notAPropertyList, "is empty"),
    ("bplist00\u{1}\u{2}", .notAPropertyList, "plutil -convert xml1"),
    ("\u{7F}ELF\u{0}\u{1}\u{2}", .notAPropertyList, "holds no XML property list"),
    ("{ Images = (); }", .notAPropertyList, "holds no XML property list"),
    ("<html><body/></html>", .notAPropertyList, "its XML is no property list"),
    ("<plist", .notAPropertyList, "truncated"),
    (String(xml.prefix(xml.count / 2)), .notAPropertyList, "restore it from the release"),
    (String(xml.dropLast(9)), .notAPropertyList, "restore it from the release"),
    (xml.replacingOccurrences(of: "</array>", with: ""), .notAPropertyList, "restore it"),
    (bomb, .notAPropertyList, "declares XML entities"),
    (head + "<array/></plist>", .structure, "its root is no dictionary"),
    (head + "<dict/></plist>", .structure, "\"Images\" is missing"),
    (
      head + "<dict><key>Images</key><string>x</string></dict></plist>", .structure,
      "\"Images\" holds no array"
    ),
    (
      head + String(repeating: "<array>", count: 300_000), .notAPropertyList,
      "nests deeper than 32 levels"
    ),
    (
      head + String(repeating: "<array><!--</array>-->", count: 100_000), .notAPropertyList,
      "nests deeper than 32 levels"
    ),
    (
      head + String(repeating: "<array><![CDATA[</array>]]>", count: 100_000), .notAPropertyList,
      "nests deeper than 32 levels"
    ),
    (head + "<array a=\"/\"><array a=\"/>\">", .notAPropertyList, "has XML attributes"),
  ]

  @Test(arguments: cases)
  func `each is refused with a sentence`(text: String, code: COCAError.Code, part: String) throws {
    let error = try #require(throws: COCAError.self) {
      try Annotation(data: Data(text.utf8), path: "12.xml", subject: "12")
    }
    #expect(error.code == code)
    #expect(error.description.hasPrefix("12.xml: "))
    #expect(error.detail.contains(part), "\(error.detail)")
  }

  @Test func `random damage is an error or an annotation, never the end of the process`() throws {
    var random = SplitMix64(seed: 11)
    let sound = Array(Self.xml.utf8)
    var read = 0
    for _ in 0..<1500 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        default:
          let end = min(bytes.count, index + Int.random(in: 1...60, using: &random))
          bytes.insert(contentsOf: bytes[index..<end], at: index)
        }
      }
      do {
        let annotation = try Annotation(data: Data(bytes), path: "x", subject: "x")
        read += 1
        _ = ReferenceScore(annotation)
        for (_, region) in annotation.regions { _ = region.contourCount() }
      } catch {
        #expect(!error.detail.isEmpty)
      }
    }
    #expect(read > 0 && read < 1500)
  }
}
