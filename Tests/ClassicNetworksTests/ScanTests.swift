// SPDX-License-Identifier: Apache-2.0
@testable import ClassicNetworks
import Learning
import TestSupport
import Testing
import Torch
import Volume

@Suite struct `Scans for networks of three planes` {
  @Test func `slabs of 3 mm lie every 1.5 mm, pixels every 0.66 mm`() throws {
    let geometry = Geometry(
      extent: Extent(slices: 20, rows: 40, columns: 66), spacing: [0.33, 0.66, 0.75])
    // Each slice has its number, so that a slab of slices 2k − 1 … 2k + 2 has the mean 2k + ½.
    let ct = Volume(
      geometry: geometry, voxels: (0..<geometry.extent.count).map { Int16(100 * ($0 / 2640)) })
    let scan = SlabScan(ct)
    #expect(scan.grid.extent == Extent(slices: 10, rows: 40, columns: 33))
    #expect(scan.hu[5 * 1320] == 1050)
    #expect(scan.grid.places(axis: 2).prefix(5) == [0, 0, 1, 1, 2])
    #expect(scan.grid.places(axis: 0).suffix(3) == [8, 9, 9])
  }

  @Test func `a scan on the grid keeps its pixels, and slices of 3 mm are two slabs`() throws {
    let (ct, _) = Toy.volume(spacing: [0.66, 0.66, 3])
    let scan = SlabScan(ct)
    #expect(scan.grid.extent.slices == 12)
    let place = ct.offset(3, 9, 12)
    let slab = ct.extent.sliceCount
    // Slab 6 covers slice 3 but for the quarter that lies in slice 2.
    let expected = 0.75 * Double(ct.voxels[place]) + 0.25 * Double(ct.voxels[place - slab])
    #expect(scan.hu[6 * slab + place % slab] == Int16(expected.rounded()))
  }

  @Test func `the planes through a voxel cross in it`() throws {
    let scan = Toy.scan()
    for orientation in Orientation.allCases {
      for voxel in [0, 777, scan.scan.hu.count - 1] {
        var pixels: [Float] = []
        scan.scan.cut(orientation, around: voxel, edge: 5, window: .detector, into: &pixels)
        #expect(pixels.count == 25)
        #expect(pixels[12] == IntensityWindow.detector(scan.scan.hu[voxel]))
      }
    }
    var corner: [Float] = []
    scan.scan.cut(.axial, around: 0, edge: 5, window: .detector, into: &corner)
    #expect(corner[0] == -1)
  }

  @Test func `windows have the published ends`() {
    #expect(
      [-2000, 130, 3000, 4000].map { IntensityWindow.detector($0) }
        == [-1, 0, 2870 / 1130, 2870 / 1130])
    #expect([-900, 200, 1300].map { IntensityWindow.verifier($0) } == [0, 0.5, 1])
  }

  @Test func `the left main counts as left anterior descending where both are labelled`() throws {
    let classes = try Lessmann.classes(
      of: [("LM", 1), ("LAD", 2), ("LCX", 3), ("RCA", 4)])
    #expect(classes.names == ["LAD", "LCX", "RCA"] && classes.values == [2, 3, 4])
    #expect(classes.classOfValue == [1: 1, 2: 1, 3: 2, 4: 3])
    #expect(classes.missing == ["aorta", "aortic valve", "mitral valve"])
    let calcium = try Lessmann.classes(of: [("calcium", 1)])
    #expect(calcium.count == 2 && calcium.missing.count == 6)
  }

  @Test func `a network is the same at a voxel whether all or only some are computed`() throws {
    let scan = Toy.scan().scan
    let network = try LessmannDetector(classes: 3, seed: 2, on: .cpu)
    let all = (0..<Int32(scan.hu.count)).map { $0 }
    let dense = try DetectorScan(network, on: .cpu, tile: 32).probabilities(of: all, in: scan)
    let few: [Int32] = [0, 500, 501, 1444, all.count - 1 > 0 ? Int32(all.count - 1) : 0]
    let sparse = try DetectorScan(network, on: .cpu, tile: 8).probabilities(of: few, in: scan)
    for (i, voxel) in few.enumerated() {
      let own = sparse[3 * i..<3 * i + 3]
      #expect(abs(own.reduce(0, +) - 1) < 1e-5)
      for (a, b) in zip(own, dense[3 * Int(voxel)..<3 * Int(voxel) + 3]) {
        #expect(abs(a - b) < 1e-5)
      }
    }
  }

  @Test func `what lies outside of a scan counts as air`() throws {
    let scan = Toy.scan().scan
    let network = try LessmannDetector(classes: 3, seed: 2, on: .cpu)
    let voxels: [Int32] = [0, 1444, Int32(scan.hu.count - 1)]
    let found = try DetectorScan(network, on: .cpu).probabilities(of: voxels, in: scan)
    for (i, voxel) in voxels.enumerated() {
      let features = try Orientation.allCases.map { orientation in
        var pixels: [Float] = []
        let edge = LessmannDetector.field
        scan.cut(orientation, around: Int(voxel), edge: edge, window: .detector, into: &pixels)
        return try network.features(
          Tensor(pixels, shape: [1, 1, edge, edge]), orientation: orientation.rawValue
        ).reshaped([1, 32])
      }
      let alone = try network.probabilities(Tensor.concatenated(features, along: 1)).floats()
      for (a, b) in zip(alone, found[3 * i..<3 * i + 3]) { #expect(abs(a - b) < 1e-5) }
    }
  }
}

@Suite struct `Rules of lesions` {
  /// Marks of the first voxels of the toy's lesion, and what becomes of it.
  private func lesion(marked: Int) -> (found: Int, all: Int) {
    let (ct, classes) = Toy.volume()
    let grid = SlabGrid(over: ct.geometry)
    var marks = [UInt8](repeating: 0, count: grid.extent.count)
    let places = classes.indices.filter { classes[$0] == 1 }
    for place in places.prefix(marked) { marks[place] = 1 }
    let found = LesionRules.lesions(in: ct, marks: marks, on: grid)
    return (found.filter { $0 == 1 }.count, places.count)
  }

  @Test func `a lesion grows to all of its component if a quarter is marked, else it is dropped`() {
    #expect(lesion(marked: 0) == (0, 27))
    #expect(lesion(marked: 6) == (0, 27))
    #expect(lesion(marked: 7) == (27, 27))
    #expect(lesion(marked: 27) == (27, 27))
  }

  @Test func `a component belongs to the class of most of its marks`() {
    let (ct, classes) = Toy.volume()
    let grid = SlabGrid(over: ct.geometry)
    var marks = classes
    for place in classes.indices.filter({ classes[$0] == 1 }).prefix(10) { marks[place] = 2 }
    let found = LesionRules.lesions(in: ct, marks: marks, on: grid)
    #expect(found.filter { $0 == 1 }.count == 27 && !found.contains(2))
  }

  @Test func `lone voxels are dropped, and those that touch by a corner stay`() {
    let grid = SlabGrid(
      over: Geometry(extent: Extent(slices: 4, rows: 4, columns: 4), spacing: [0.66, 0.66, 1.5]))
    // Voxel 0 and its neighbour over the corner, and two far from all others; the last is no calcium.
    let voxels: [Int32] = [0, 21, 15, 62, 63]
    #expect(
      LesionRules.withoutLoneVoxels([1, 2, 1, 3, 0], at: voxels, on: grid) == [1, 2, 0, 0, 0])
  }

  @Test func `candidates are the grid's voxels that hold one of at least 130 HU`() {
    let (ct, classes) = Toy.volume()
    let found = LesionRules.candidates(of: ct, on: SlabGrid(over: ct.geometry))
    #expect(found == ct.voxels.indices.filter { ct.voxels[$0] >= 130 }.map { Int32($0) })
    #expect(found.count == classes.filter { $0 == 1 }.count + 4 * 6)
  }
}
