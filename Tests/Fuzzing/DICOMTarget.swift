// SPDX-License-Identifier: Apache-2.0
import DICOM
public import Foundation
import Volume

/// Several files in one input, divided by a mark that no DICOM file holds.
public enum FuzzFiles {
  private static let mark = Array("=====next file=====".utf8)

  /// One input from the contents of files.
  public static func join(_ files: [Data]) -> Data { Data(files.joined(separator: mark)) }

  /// The contents of the files of an input, eight at most.
  static func split(_ bytes: Data) -> [Data] {
    var files: [Data] = []
    var rest = bytes[...]
    while files.count < 7, let range = rest.range(of: Data(mark)) {
      files.append(Data(rest[rest.startIndex..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return files + [Data(rest)]
  }
}

extension FuzzTarget {
  func runDICOM(_ bytes: Data, in folder: URL) throws -> Outcome {
    let files = FuzzFiles.split(bytes)
    for i in 0..<8 {
      let url = folder.appendingPathComponent("\(i)")
      if i < files.count {
        try files[i].write(to: url)
      } else {
        try? FileManager.default.removeItem(at: url)
      }
    }
    do {
      let catalogue = try DICOMCatalogue.scan(folder)
      for file in catalogue.skipped { try FuzzFault.require(text: file.description) }
      let selection = SeriesSelection(catalogue)
      for decision in selection.decisions { try FuzzFault.require(text: decision.description) }
      if case .failure(let error) = selection.result { _ = try FuzzFault.sentence(of: error) }
      var outcomes: [Outcome] = []
      for series in catalogue.series {
        for lenient in [false, true] {
          outcomes.append(try read(series, of: catalogue, lenient: lenient))
        }
      }
      if outcomes.contains(.value) { return .value }
      if let refusal = outcomes.first { return refusal }
      _ = try catalogue.oneSeries()
      throw FuzzFault("a folder without a series has one")
    } catch { return .refusal(try FuzzFault.sentence(of: error)) }
  }

  private func read(
    _ series: DICOMSeries, of catalogue: DICOMCatalogue, lenient: Bool
  ) throws -> Outcome {
    let options = DICOMReadOptions(fillGaps: lenient, allowTruncated: lenient)
    let ct: CTSeries
    do { ct = try DICOMReader.read(series, of: catalogue, options: options) } catch {
      return .refusal(try FuzzFault.sentence(of: error))
    }
    let geometry = ct.volume.geometry
    try FuzzFault.require(ct.volume.voxels.count == geometry.extent.count, "voxels are missing")
    try FuzzFault.require(geometry)
    for note in ct.notes { try FuzzFault.require(text: note.detail) }
    return .value
  }
}
