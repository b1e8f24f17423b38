// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
import Text

extension Annotation {
  /// Reads an OsiriX annotation; the subject is the file name without its ending.
  ///
  /// ```swift
  /// let annotation = try Annotation(contentsOf: URL(filePath: "calcium_xml/7.xml"))
  /// let mask = annotation.mask(ct: ct, labels: .arteries).volume
  /// for issue in annotation.issues { print(issue) }
  /// ```
  ///
  /// A file that is no XML property list, or that has no array `Images`, throws a `COCAError`. A
  /// fault within one region is listed among that region's issues, and the region is not used. With
  /// the size of the image known, regions with points outside it are such a fault too.
  public init(contentsOf url: URL, rows: Int? = nil, columns: Int? = nil) throws {
    try self.init(
      data: try FileBytes.read(url), path: url.path,
      subject: url.deletingPathExtension().lastPathComponent)
    if let rows, let columns { requirePoints(withinRows: rows, columns: columns) }
  }

  /// Reads an annotation from the bytes of a property list; `path` only serves the messages.
  public init(data: Data, path: String, subject: String) throws(COCAError) {
    if let objection = PropertyListGuard.objection(to: data) {
      throw COCAError(.notAPropertyList, path: path, detail: objection)
    }
    let file: RawFile
    do {
      file = try PropertyListDecoder().decode(RawFile.self, from: data)
    } catch let error as COCAError {
      throw COCAError(error.code, path: path, detail: error.detail)
    } catch {
      throw COCAError(
        .notAPropertyList, path: path,
        detail: "is not a readable property list (\(Self.reason(error))); "
          + "restore it from the release")
    }
    self.init(subject: subject)
    images = file.images.enumerated().map { $1.image(at: $0, path: path) }
  }

  /// Marks every region with a point outside the image as unusable.
  ///
  /// Contours run just inside the centres of the pixels around a region, so a region at the edge of
  /// the image reaches at most one pixel beyond its outermost centres.
  public mutating func requirePoints(withinRows rows: Int, columns: Int) {
    for i in images.indices {
      for j in images[i].regions.indices where images[i].regions[j].isUsable {
        let outside = images[i].regions[j].points.first {
          !($0.x >= -1 && $0.x <= Double(columns) && $0.y >= -1 && $0.y <= Double(rows))
        }
        guard let outside else { continue }
        let location = RegionLocation(image: i, index: images[i].index, region: j)
        images[i].regions[j].issues.append(
          COCAError(
            .outsideImage, path: subject, location: location.description,
            detail: "the point \(Coordinates.text(outside.x, outside.y)) lies outside the image of "
              + "\(counted(columns, "column")) and \(counted(rows, "row")); the region is left out")
        )
      }
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard case .dataCorrupted(let context) = error as? DecodingError else {
      return "a value of the wrong kind"
    }
    let inner = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
    return (inner ?? context.debugDescription).shown(atMost: 200)
  }
}

/// The file as it is written; only the root and `Images` are required.
private struct RawFile: Decodable {
  var images: [RawImage]

  private enum Key: String, CodingKey { case images = "Images" }

  init(from decoder: any Decoder) throws {
    guard let values = try? decoder.container(keyedBy: Key.self) else {
      throw COCAError(
        .structure, path: "", detail: "its root is no dictionary; it is no OsiriX annotation")
    }
    guard values.contains(.images) else {
      throw COCAError(
        .structure, path: "", detail: "the key \"Images\" is missing; it is no OsiriX annotation")
    }
    do {
      images = try values.decode([RawImage].self, forKey: .images)
    } catch DecodingError.typeMismatch {
      throw COCAError(
        .structure, path: "",
        detail: "the key \"Images\" holds no array; it is no OsiriX annotation")
    }
  }
}

private struct RawImage: Decodable {
  var index: Int?
  var count: Int?
  var regions: [RawRegion] = []
  var problem: String?

  private enum Key: String, CodingKey {
    case index = "ImageIndex"
    case count = "NumberOfROIs"
    case regions = "ROIs"
  }

  init(from decoder: any Decoder) throws {
    guard let values = try? decoder.container(keyedBy: Key.self) else {
      problem = "the image entry is no dictionary"
      return
    }
    index = values.integer(.index)
    count = values.integer(.count)
    guard values.contains(.regions) else {
      if count != 0 { problem = "the key \"ROIs\" is missing" }
      return
    }
    do {
      regions = try values.decode([RawRegion].self, forKey: .regions)
    } catch {
      problem = "the key \"ROIs\" holds no array"
      return
    }
    if let count, count != regions.count {
      problem = "NumberOfROIs is \(count), but \(regions.count) ROIs follow"
    } else if index == nil {
      problem = "ImageIndex is missing or no whole number"
    }
  }

  func image(at position: Int, path: String) -> AnnotatedImage {
    var image = AnnotatedImage(index: index)
    if let problem {
      let location = "image \(index.map(String.init) ?? "entry \(position)")"
      image.issues = [COCAError(.structure, path: path, location: location, detail: problem)]
    }
    image.regions = regions.enumerated().map { number, raw in
      var region = raw.region
      if let (code, detail) = raw.problem {
        let location = RegionLocation(image: position, index: index, region: number)
        region.issues = [
          COCAError(code, path: path, location: location.description, detail: detail)
        ]
      }
      return region
    }
    return image
  }
}

private struct RawRegion: Decodable {
  var region = Region(name: "")
  var problem: (code: COCAError.Code, detail: String)?

  private enum Key: String, CodingKey {
    case name = "Name"
    case count = "NumberOfPoints"
    case pixels = "Point_px"
    case millimetres = "Point_mm"
    case area = "Area"
    case min = "Min"
    case max = "Max"
    case mean = "Mean"
    case deviation = "Dev"
    case total = "Total"
    case length = "Length"
    case center = "Center"
    case type = "Type"
    case indexInImage = "IndexInImage"
  }

  init(from decoder: any Decoder) throws {
    guard let values = try? decoder.container(keyedBy: Key.self) else {
      problem = (.structure, "the entry is no dictionary; the region is left out")
      return
    }
    if let name = try? values.decode(String.self, forKey: .name) {
      region.name = name
    } else {
      problem = (.structure, "the key \"Name\" is missing or no text; the region is left out")
    }
    region.area = values.number(.area)
    region.min = values.number(.min)
    region.max = values.number(.max)
    region.mean = values.number(.mean)
    region.deviation = values.number(.deviation)
    region.total = values.number(.total)
    region.length = values.number(.length)
    region.type = values.integer(.type)
    region.indexInImage = values.integer(.indexInImage)
    if let center = try? values.decode(String.self, forKey: .center) {
      region.center = Coordinates.parse(center, count: 3)
    }
    if problem == nil { readPoints(values) }
  }

  private mutating func readPoints(_ values: KeyedDecodingContainer<Key>) {
    let recorded = values.integer(.count)
    guard let pixels = points(values, .pixels, count: 2),
      let millimetres = points(values, .millimetres, count: 3)
    else { return }
    if let recorded, recorded != pixels.count {
      problem = (
        .pointCount,
        "NumberOfPoints is \(recorded), but \(counted(pixels.count, "point follows", "points follow")); the region is left out"
      )
    } else if pixels.count != millimetres.count {
      problem = (
        .pointCount,
        "\(counted(pixels.count, "point")) in pixels, but \(millimetres.count) in millimetres; "
          + "the region is left out"
      )
    } else if recorded == nil, pixels.isEmpty {
      problem = (.structure, "has no points and no NumberOfPoints; the region is left out")
    } else if let far = pixels.first(where: { !(abs($0.x) <= 65_536 && abs($0.y) <= 65_536) }) {
      // DICOM's Rows and Columns are 16-bit numbers.
      problem = (
        .outsideImage,
        "the point \(Coordinates.text(far.x, far.y)) lies outside any image; "
          + "the region is left out"
      )
    } else if length(of: pixels) > 1e6 {
      problem = (
        .coordinates,
        "its contour is more than a million pixels long, which outlines no lesion; "
          + "the region is left out"
      )
    } else {
      region.points = pixels.map { SIMD2($0.x, $0.y) }
      region.positions = millimetres
    }
  }

  /// The length of a closed contour in pixels, at most √2 too large.
  private func length(of points: [SIMD3<Double>]) -> Double {
    zip(points, points.dropFirst() + points.prefix(1)).reduce(0) {
      $0 + abs($1.0.x - $1.1.x) + abs($1.0.y - $1.1.y)
    }
  }

  private mutating func points(
    _ values: KeyedDecodingContainer<Key>, _ key: Key, count: Int
  ) -> [SIMD3<Double>]? {
    guard values.contains(key) else { return [] }
    // One text at a time: decoding a whole [String] makes a decoder for each and takes twice as
    // long.
    guard var texts = try? values.nestedUnkeyedContainer(forKey: key) else {
      return notTexts(key)
    }
    var result: [SIMD3<Double>] = []
    result.reserveCapacity(texts.count ?? 0)
    var wrong: String?
    while !texts.isAtEnd {
      guard let text = try? texts.decode(String.self) else { return notTexts(key) }
      if wrong != nil { continue }
      if let point = Coordinates.parse(text, count: count) {
        result.append(point)
      } else {
        wrong = text
      }
    }
    if let wrong {
      problem = (
        .coordinates,
        "point \(result.count) of \(key.rawValue) is \"\(wrong.shown(atMost: 60))\", but \(count) "
          + "finite numbers in parentheses were expected; the region is left out"
      )
      return nil
    }
    return result
  }

  private mutating func notTexts(_ key: Key) -> [SIMD3<Double>]? {
    problem = (.structure, "\(key.rawValue) holds no list of texts; the region is left out")
    return nil
  }
}

extension KeyedDecodingContainer {
  /// A number, whether the file writes it as a real, an integer or a text.
  fileprivate func number(_ key: Key) -> Double? {
    if let value = try? decode(Double.self, forKey: key) { return value }
    if let text = try? decode(String.self, forKey: key) { return Double(text) }
    return nil
  }

  /// A whole number, whether the file writes it as an integer, a real or a text.
  fileprivate func integer(_ key: Key) -> Int? {
    if let value = try? decode(Int.self, forKey: key) { return value }
    return number(key).flatMap { Int(exactly: $0) }
  }
}
