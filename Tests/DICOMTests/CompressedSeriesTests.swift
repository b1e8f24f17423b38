// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `A series of compressed slices` {
  /// Slices that differ in every pixel.
  private let slices = (0..<11).map { number in
    SampleSlice(number: number, z: Double(number) * 3).with {
      $0.set(0x7FE0, 0x10, words: (0..<20).map { UInt16(number * 20 + $0) }, vr: "OW")
    }
  }

  private func read(
    workers: Int = 1, progress: ((Int) -> Void)? = nil, _ file: (Int, SampleSlice) -> Data
  ) throws -> CTSeries {
    let folder = try TemporaryFolder()
    for (i, slice) in slices.enumerated() { try file(i, slice).write(to: folder.file("\(i)")) }
    let catalogue = try DICOMCatalogue.scan(folder.url)
    var options = DICOMReadOptions()
    options.workers = workers
    return try DICOMReader.read(
      catalogue.oneSeries(), of: catalogue, options: options, progress: progress)
  }

  @Test(arguments: [0, 1, 2, 3, 11, 100])
  func `is read in order, however many processes decode it`(workers: Int) throws {
    var progress: [Int] = []
    let ct = try read(workers: workers, progress: { progress.append($0) }) {
      $1.runLengthEncoded()
    }
    #expect(ct.volume.voxels == (0..<220).map { $0 - 1024 })
    #expect(progress.last == slices.count)
  }

  @Test(arguments: [1, 4])
  func `may be compressed in part, and in several layouts`(workers: Int) throws {
    let ct = try read(workers: workers) { i, slice in
      switch i % 4 {
      case 0: slice.data
      case 1:
        slice.with {
          $0.set(0x28, 0x101, words: [11])
          $0.set(0x28, 0x102, words: [10])
        }.runLengthEncoded()
      default: slice.runLengthEncoded()
      }
    }
    #expect(ct.volume.voxels == (0..<220).map { $0 - 1024 })
  }

  /// The fifth slice ends the process that decodes it by a signal, the last cannot be decoded by any.
  @Test(arguments: [1, 2, 3, 20])
  func `names the first slice whose decoder crashed`(workers: Int) throws {
    let error = try #require(throws: DICOMError.self) {
      try read(workers: workers) { i, slice in
        slice.runLengthEncoded(segments: i == 4 ? 0 : i == 10 ? 1 : 2)
      }
    }
    #expect(error.code == .damaged)
    #expect(error.subject.hasSuffix("/4"))
    #expect(error.detail == "the compressed pixels are damaged")
  }

  @Test func `names the first slice that is wrong, whatever its fault`() throws {
    let error = try #require(throws: DICOMError.self) {
      try read { i, slice in
        switch i {
        case 3: slice.runLengthEncoded(segments: 0)
        case 5: slice.runLengthEncoded().dropLast(20)
        default: slice.runLengthEncoded()
        }
      }
    }
    #expect(error.subject.hasSuffix("/3"), "\(error)")
    let other = try #require(throws: DICOMError.self) {
      try read { i, slice in
        switch i {
        case 3: slice.runLengthEncoded().dropLast(20)
        case 5: slice.runLengthEncoded(segments: 0)
        default: slice.runLengthEncoded()
        }
      }
    }
    #expect(other.code == .truncated)
    #expect(other.subject.hasSuffix("/3"), "\(other)")
  }
}
