// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `The slices of a series` {
  func read(_ slices: [SampleSlice], options: DICOMReadOptions = .init()) throws -> CTSeries {
    let folder = try TemporaryFolder()
    try folder.write(slices)
    return try DICOMReader.read(folder: folder.url, options: options)
  }

  func slices(_ positions: [Double]) -> [SampleSlice] {
    positions.enumerated().map { SampleSlice(number: $0.offset + 1, z: $0.element) }
  }

  func refusal(_ slices: [SampleSlice]) throws -> DICOMError {
    try #require(throws: DICOMError.self) { try read(slices) }
  }

  @Test func `are sorted by position and not by number or name`() throws {
    let marked = slices([6, -3, 3, 0]).enumerated().map { i, slice in
      slice.with {
        $0.set(0x7FE0, 0x10, words: .init(repeating: UInt16(1024 + i), count: 20), vr: "OW")
      }
    }
    let ct = try read(marked)
    #expect((0..<4).map { ct.volume[$0, 0, 0] } == [1, 3, 2, 0])
    #expect(ct.volume.geometry.origin == [0, 0, -3])
    #expect(ct.volume.geometry.spacing == [0.4, 0.5, 3])
    #expect(ct.volume.geometry.direction == .identity)
    #expect(ct.notes == [])
  }

  @Test func `with one missing in the middle are refused with its place`() throws {
    let error = try refusal(slices([0, 3, 6, 12, 15]))
    #expect(error.code == .gap)
    #expect(error.subject == "series 1.2.3")
    #expect(
      error.detail
        == "about 1 slice is missing, the first between 6 and 12 mm where slices come every 3 mm; "
        + "export the complete series, or interpolate them by --fill-gaps")
    #expect(try refusal(slices([0, 3, 9, 12, 21])).detail.hasPrefix("about 3 slices are missing"))
    #expect(try refusal(slices([0, 3, 9])).detail.hasPrefix("about 1 slice is missing"))
  }

  @Test func `of which one was damaged name it in the gap's error`() throws {
    let folder = try TemporaryFolder()
    try folder.write(slices([0, 3, 6, 9]))
    try Data().write(to: folder.file("2"))
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error.code == .gap)
    #expect(error.detail.hasSuffix("/2 was passed over: it is empty)"))
  }

  @Test func `that repeat a position are refused`() throws {
    let error = try refusal(slices([0, 3, 3.001, 6]))
    #expect(error.code == .duplicatePosition)
    #expect(
      error.detail
        == "1 of 4 slices repeat a position, first at 3 mm (1 and 2); separate the reconstructions "
        + "into folders of their own")
    #expect(try refusal(slices([0, 0, 3, 3, 6, 6])).detail.hasPrefix("3 of 6 slices repeat"))
  }

  @Test func `that are unevenly spaced are refused beyond a tolerance`() throws {
    let error = try refusal(slices([0, 3, 6.5, 9]))
    #expect(error.code == .unevenSpacing)
    #expect(
      error.detail
        == "the distances between slices run from 2.5 to 3.5 mm, which puts 2 0.5 mm off an even "
        + "grid; export one evenly spaced series")
    let rounded = try read(slices([0, 2.96, 6.04, 9]))
    #expect(rounded.volume.geometry.spacing.z == 3)
    #expect(
      try read(slices([0, 3, 6.5, 9]), options: .init(spacingTolerance: 0.6)).volume.extent.slices
        == 4)
  }

  @Test func `of a tilted gantry are refused with the angle`() throws {
    let tilted = (0..<4).map { i in SampleSlice(number: i, z: Double(i) * 3, x: Double(i)) }
    let error = try refusal(tilted)
    #expect(error.code == .sheared)
    #expect(
      error.detail
        == "the slices are shifted sideways by up to 3 mm, as by a gantry tilted by 18.4 degrees; "
        + "reconstruct without tilt")
    let said = try refusal(tilted.map { $0.with { $0.set(0x18, 0x1120, "DS", "-18.5") } })
    #expect(said.detail.contains("18.4 degrees; the header says -18.5; reconstruct"))
    let claimed = try read(slices([0, 3, 6]).map { $0.with { $0.set(0x18, 0x1120, "DS", "12") } })
    #expect(claimed.notes.map(\.code) == [.tilt])
    #expect(claimed.notes[0].detail.contains("tilted by 12 degrees"))
  }

  @Test func `of two increments are uneven and no gap`() throws {
    let error = try refusal(slices([0, 3, 6, 9, 12, 17, 22]))
    #expect(error.code == .unevenSpacing)
    #expect(
      error.detail.hasPrefix(
        "the distances between slices run from 3 to 5 mm (4 of 3, 2 of 5), which puts 4 2.6667 mm "
          + "off an even grid"))
  }

  @Test func `that overlap or leave gaps say so`() throws {
    let overlapping = try read(slices([0, 1.5, 3]))
    #expect(overlapping.volume.geometry.spacing.z == 1.5)
    #expect(overlapping.notes.map(\.detail) == ["slices of 3 mm come every 1.5 mm, they overlap"])
    let apart = try read(slices([0, 5, 10]))
    #expect(apart.notes.map(\.detail) == ["slices of 3 mm come every 5 mm, they leave gaps"])
  }

  @Test func `that are a single one take its claimed increment or are refused`() throws {
    let one = try read(slices([7]))
    #expect(one.volume.geometry.spacing.z == 3)
    #expect(one.notes.map(\.code) == [.singleSlice])
    let spaced = try read([SampleSlice().with { $0.set(0x18, 0x88, "DS", "2.5") }])
    #expect(spaced.volume.geometry.spacing.z == 2.5)
    let error = try refusal([SampleSlice().with { $0.remove(0x18, 0x50) }])
    #expect(error.detail.contains("its increment is unknown"))
  }

  @Test func `that differ in voltage say so`() throws {
    let ct = try read([
      SampleSlice(number: 1, z: 0),
      SampleSlice(number: 2, z: 3).with { $0.set(0x18, 0x60, "DS", "80") },
    ])
    #expect(ct.notes.map(\.code) == [.mixedAcquisition])
    #expect(ct.acquisition.kilovolts == 120)
  }

  @Test(arguments: [("Omnipaque", true), ("", false), ("NONE", false), ("no", false)])
  func `know of contrast by the agent's name`(agent: String, isPresent: Bool) throws {
    let ct = try read([SampleSlice().with { $0.set(0x18, 0x10, "LO", agent) }])
    #expect(ct.acquisition.hasContrastAgent == isPresent)
  }
}
