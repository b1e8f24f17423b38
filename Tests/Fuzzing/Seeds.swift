// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import DICOM
public import Foundation
import Images
import TestSupport
import Volume

extension FuzzTarget {
  /// The inputs that once went wrong, with the name of each.
  public var corpus: [(name: String, bytes: Data)] {
    get throws {
      // A target with which nothing went wrong yet has no folder.
      let all = try fixtures(in: fixture("fuzz")).map(\.lastPathComponent)
      return all.contains(rawValue) ? try Self.files(in: "fuzz/\(rawValue)") : []
    }
  }

  /// Sound inputs to begin from, and those that once went wrong.
  public var seeds: [Data] {
    get throws {
      var seeds = try corpus.map(\.bytes)
      switch self {
      case .annotation:
        for artery in Artery.allCases { seeds.append(try Self.annotation([artery], side: 3)) }
        seeds.append(try Self.annotation(Artery.allCases, side: 5))
      case .nifti: seeds += try Self.files(in: "nifti").map(\.bytes)
      case .image:
        seeds += try Self.files(in: "images").compactMap { file in
          ImageFile.ending(of: URL(fileURLWithPath: file.name))
            .flatMap { Self.imageInput(ending: $0, file.bytes) }
        }
      case .review: seeds += try Self.readings
      case .dicom:
        let slices = try Self.files(in: "dicom").map(\.bytes)
        seeds += slices + (try Self.files(in: "dicom-archive").map(\.bytes))
        seeds.append(FuzzFiles.join(try Self.files(in: "dicom/oblique").map(\.bytes)))
        seeds.append(FuzzFiles.join(Array(slices.prefix(2))))
        for encoding in [DICOMSeriesOptions.Encoding.unsigned12, .signed16] {
          seeds.append(try Self.series(encoding))
        }
      }
      return seeds
    }
  }

  private static func files(in path: String) throws -> [(name: String, bytes: Data)] {
    try fixtures(in: fixture(path)) { !$0.hasSuffix(".json") }.compactMap { url in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
        !isFolder.boolValue
      else { return nil }
      return (url.lastPathComponent, try Data(contentsOf: url))
    }
  }

  /// A plaque with a hole for each artery, and half as many regions without points.
  private static func annotation(_ arteries: [Artery], side: Int) throws -> Data {
    var labels = ct.map { _ in UInt8(0) }
    for artery in arteries {
      for y in 0..<side {
        for x in 0..<side where (y, x) != (1, 1) {
          labels[Int(artery.rawValue) - 1, 8 + y, 9 + x] = artery.rawValue
        }
      }
    }
    var random = SplitMix64(seed: 1)
    let scan = ct.map { max($0, 150) }
    return try AnnotationWriter(emptyShare: 0.5)
      .annotation(of: labels, ct: scan, subject: "7", using: &random).propertyList
  }

  private static func series(_ encoding: DICOMSeriesOptions.Encoding) throws -> Data {
    let folder = try TemporaryFolder()
    let series = folder.file("series")
    try DICOMWriter.write(
      ct, to: series, options: DICOMSeriesOptions(identifiersFrom: "fuzz", encoding: encoding))
    let names = try FileManager.default.contentsOfDirectory(atPath: series.path).sorted()
    return FuzzFiles.join(
      try names.map { try Data(contentsOf: series.appendingPathComponent($0)) })
  }
}
