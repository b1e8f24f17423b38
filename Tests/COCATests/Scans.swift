// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Foundation
import TestSupport
import Volume

/// Small labelled scans for the tests of this module.
struct Scan {
  var labels: Volume<UInt8>
  var ct: Volume<Int16>

  /// An empty scan with fat everywhere.
  init(
    slices: Int = 1, rows: Int, columns: Int, spacing: SIMD3<Double> = [0.4, 0.4, 3],
    origin: SIMD3<Double> = [-90, -180, -200], direction: Direction = .identity
  ) {
    let geometry = Geometry(
      extent: Extent(slices: slices, rows: rows, columns: columns), spacing: spacing,
      origin: origin, direction: direction)
    labels = Volume(geometry: geometry, repeating: 0)
    ct = Volume(geometry: geometry, repeating: -80)
  }

  /// Marks a pixel as calcium.
  mutating func mark(_ z: Int, _ y: Int, _ x: Int, _ artery: Artery, hu: Int16 = 300) {
    labels[z, y, x] = artery.rawValue
    ct[z, y, x] = hu
  }

  /// The annotation without empty regions.
  func annotation(subject: String = "1") throws -> Annotation {
    var generator = SplitMix64(seed: 1)
    return try AnnotationWriter(emptyShare: 0).annotation(
      of: labels, ct: ct, subject: subject, using: &generator)
  }

  /// One plaque of 2 × 3 pixels in each of the given slices.
  static func plaques(
    in marked: [Int], slices: Int, increment: Double = 3, artery: Artery = .right
  ) -> Scan {
    var scan = Scan(slices: slices, rows: 16, columns: 16, spacing: [0.4, 0.5, increment])
    for z in marked {
      for y in 5..<7 { for x in 6..<9 { scan.mark(z, y, x, artery, hu: Int16(200 + 10 * x + y)) } }
    }
    return scan
  }

  /// The outline of the scan as a series whose first file is the highest slice.
  func series(uid: String = "1.2.3") -> SeriesSummary {
    let geometry = ct.geometry
    return SeriesSummary(
      uid: uid,
      positions: (0..<geometry.extent.slices).reversed().map {
        geometry.position(ofVoxel: [0, 0, Double($0)])
      }, direction: geometry.direction,
      pixelSpacing: [geometry.spacing.x, geometry.spacing.y], rows: geometry.extent.rows,
      columns: geometry.extent.columns, thickness: geometry.spacing.z, kilovolts: 120)
  }
}

extension Annotation {
  /// The annotation after a trip through its file format.
  func reread() throws -> Annotation {
    try Annotation(data: propertyList, path: "\(subject).xml", subject: subject)
  }
}

/// A property list around the entries of `Images`.
func plist(_ images: String) -> Data {
  Data(
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" \
    "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0"><dict><key>Images</key><array>\(images)</array></dict></plist>
    """.utf8)
}

/// An image entry with the given ROI dictionaries.
func image(_ index: String = "<integer>7</integer>", _ regions: String...) -> String {
  "<dict><key>ImageIndex</key>\(index)<key>NumberOfROIs</key><integer>\(regions.count)</integer>"
    + "<key>ROIs</key><array>" + regions.map { "<dict>\($0)</dict>" }.joined() + "</array></dict>"
}

/// The keys of a ROI with the given points.
func roi(
  name: String = "Right Coronary Artery", count: String = "<integer>3</integer>",
  pixels: [String] = ["(1.5, 2)", "(4, 2)", "(4, 6.25)"],
  millimetres: [String] = ["(0, 1, 2)", "(1, 1, 2)", "(1, 3, 2)"], more: String = ""
) -> String {
  func list(_ texts: [String]) -> String {
    "<array>" + texts.map { "<string>\($0)</string>" }.joined() + "</array>"
  }
  return "<key>Name</key><string>\(name)</string><key>NumberOfPoints</key>\(count)"
    + "<key>Point_px</key>\(list(pixels))<key>Point_mm</key>\(list(millimetres))" + more
}
