// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Studies
import Text
import Volume
import Workflow

/// One case to be predicted: a scan, or one file for each channel.
struct PredictionCase: Sendable {
  /// The name of the case in every output.
  let id: String
  private let source: Source

  private enum Source: Sendable {
    case scan(Scan)
    /// The files by the channel number in their names.
    case files([Int: URL], wanted: [String])
    /// Files of one or several channels each, in a format other than NIfTI.
    case images([URL], reader: ImageFormat, wanted: [String])
  }

  /// The cases that a path names; `channels` are the names of those that the model takes.
  ///
  /// For a model of one channel, cases are what `ScanSearch` finds. For more channels, files are
  /// named as in nnU-Net's image folders: CASE_0000, CASE_0001 ….
  ///
  /// - Throws: `WorkflowError` where the files have other channels than the model.
  static func find(
    at url: URL, channels: [String], files format: PredictionFiles
  ) throws -> (cases: [PredictionCase], unused: [UnusedFile]) {
    if !format.isNIfTI {
      let cases = try format.cases(at: url).map {
        PredictionCase(
          id: $0.id, source: .images($0.files, reader: format.reader, wanted: channels))
      }
      return (cases, [])
    }
    let numbered = try files(in: url)
    if channels.count == 1 {
      if let numbered, numbered.count > 1, let first = numbered.first,
        first.files.count > 1,
        numbered.allSatisfy({ $0.files.keys.sorted() == Array(0..<first.files.count) })
      {
        throw WorkflowError(
          .invalid,
          "\(url.path): every case has \(counted(first.files.count, "channel")) (\(first.id)_0000, "
            + "\(first.id)_0001 …), the model takes one; leave the files of the others out")
      }
      let found = try ScanSearch(url)
      return (found.scans.map { PredictionCase(id: $0.id, source: .scan($0)) }, found.unused)
    }
    guard let numbered else {
      throw WorkflowError(
        .invalid,
        "\(url.path): the model takes \(counted(channels.count, "channel")) "
          + "(\(channels.joined(separator: ", "))); name a folder with one file for each, called "
          + "CASE_0000.nii.gz, CASE_0001.nii.gz …")
    }
    return (
      numbered.map { PredictionCase(id: $0.id, source: .files($0.files, wanted: channels)) }, []
    )
  }

  /// The cases of a folder whose images are all numbered by channel, else `nil`.
  private static func files(in url: URL) throws -> [(id: String, files: [Int: URL])]? {
    guard Folder.isFolder(url) else { return nil }
    let names = try Folder.names(in: url).filter(Scan.isNIfTI)
    var cases: [(id: String, files: [Int: URL])] = []
    for name in names {
      guard let match = Scan.stem(name).wholeMatch(of: #/(.+)_([0-9]{4})/#),
        let number = Int(match.2)
      else { return nil }
      let id = String(match.1)
      if let index = cases.firstIndex(where: { $0.id == id }) {
        cases[index].files[number] = url.appendingPathComponent(name)
      } else {
        cases.append((id, [number: url.appendingPathComponent(name)]))
      }
    }
    return cases.isEmpty ? nil : cases
  }

  /// Reads the channels; `listing` is told of the choice among the series of a DICOM study.
  func load(_ options: DICOMInput, listing: (SeriesListing) -> Void) throws -> RawCase {
    switch source {
    case .scan(let scan):
      return try RawCase(name: id, channels: [scan.image(options, listing: listing)])
    case .images(let files, let reader, let wanted):
      for file in files { InputFiles.record(file) }
      return try joined(files.map { try reader.channels(of: $0) }, wanted)
    case .files(let files, let wanted):
      for file in files.values { InputFiles.record(file) }
      // One file may hold all channels along its fourth axis.
      if files.count == 1, let only = files[0],
        case let channels = try ImageFormat.itk.channels(of: only), channels.count > 1
      {
        return try joined([channels], wanted)
      }
      guard files.keys.sorted() == Array(wanted.indices) else {
        let found = files.keys.sorted().map { String(format: "%04d", $0) }
        throw WorkflowError(
          .invalid,
          "has the channels \(found.joined(separator: ", ")), the model takes "
            + "\(String(format: "0000 to %04d", wanted.count - 1)) "
            + "(\(wanted.joined(separator: ", ")))")
      }
      return try RawCase(
        name: id, channels: files.keys.sorted().compactMap { files[$0] }.map(Dataset.reader))
    }
  }

  /// A case from the channels of its files, whose number must be that of the model's channels.
  private func joined(_ files: [[Volume<Float>]], _ wanted: [String]) throws -> RawCase {
    let channels = files.flatMap { $0 }
    guard channels.count == wanted.count else {
      throw WorkflowError(
        .invalid,
        "has \(counted(channels.count, "channel")), the model takes \(wanted.count) "
          + "(\(wanted.joined(separator: ", ")))")
    }
    return try RawCase(name: id, channels: channels)
  }
}
