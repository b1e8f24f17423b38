// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Testing
import Volume

@Suite struct `A mask from an annotation` {
  @Test func `calcium is one label and arteries are four`() throws {
    var scan = Scan(slices: 3, rows: 9, columns: 9)
    for (i, artery) in Artery.allCases.enumerated() { scan.mark(1, 2 * i, 4, artery) }
    let annotation = try scan.annotation().reread()
    #expect(annotation.mask(ct: scan.ct, labels: .arteries).volume.voxels == scan.labels.voxels)
    #expect(
      annotation.mask(ct: scan.ct, labels: .calcium).volume.voxels
        == scan.labels.voxels.map { $0 == 0 ? 0 : 1 })
  }

  @Test func `the Erasmus study's masks are larger and know no threshold`() throws {
    let scan = Scan.plaques(in: [1], slices: 3)
    let annotation = try scan.annotation().reread()
    let exact = annotation.mask(ct: scan.ct, fill: .exact)
    let seed = annotation.mask(ct: scan.ct, fill: .erasmus)
    #expect(exact.results[0].statistics.count == 6)
    // A block of 2 × 3 with its neighbours over edges.
    #expect(seed.results[0].statistics.count == 6 + 10)
    #expect(seed.volume.voxels.count { $0 == 1 } == 16)
    #expect(!seed.results[0].countIsExact)
  }

  /// Two hand-drawn squares: a large one of the RCA around a small one of the LM.
  private func nested(_ first: Artery, _ second: Artery) throws -> Annotation {
    var scan = Scan(rows: 20, columns: 20)
    for y in 4..<12 { for x in 4..<12 { scan.mark(0, y, x, first) } }
    var annotation = try scan.annotation()
    var inner = Scan(rows: 20, columns: 20)
    for y in 6..<8 { for x in 6..<8 { inner.mark(0, y, x, second) } }
    annotation.images[0].regions += try inner.annotation().images[0].regions
    return annotation
  }

  @Test(arguments: [(Artery.right, Artery.leftMain), (.leftMain, .right)])
  func `a voxel that two regions claim belongs to the smaller one, in any order`(
    outer: Artery, inner: Artery
  ) throws {
    var bright = Scan(rows: 20, columns: 20)
    bright.ct.voxels = bright.ct.voxels.map { _ in 400 }
    var annotation = try nested(outer, inner)
    let mask = annotation.mask(ct: bright.ct, labels: .arteries)
    annotation.images[0].regions.reverse()
    let turned = annotation.mask(ct: bright.ct, labels: .arteries)
    #expect(mask.volume.voxels == turned.volume.voxels)
    #expect(mask.contested == 4 && turned.contested == 4)
    #expect(mask.volume.voxels.count { $0 == inner.rawValue } == 4)
    #expect(mask.volume.voxels.count { $0 == outer.rawValue } == 60)
  }

  @Test func `what cannot be placed is left out and says why`() throws {
    let scan = Scan.plaques(in: [1, 2, 3], slices: 5)
    var annotation = try scan.annotation()
    annotation.images[0].regions[0].name = "Unnamed"
    for i in annotation.images[1].regions[0].positions.indices {
      annotation.images[1].regions[0].positions[i].z += 100
    }
    let mask = annotation.mask(ct: scan.ct)
    #expect(mask.volume.voxels.count { $0 == 1 } == 6)
    #expect(mask.results[0].artery == nil)
    #expect(mask.results[0].statisticsAreExact)
    guard case .unmatched = mask.results[1].outcome else {
      Issue.record("a region 100 mm away was placed")
      return
    }
    #expect(mask.results[1].contourCount == 6)
    #expect(mask.results[1].statistics.count == 0)
    #expect(!mask.results[1].countIsExact)
  }

  @Test func `a contour beyond the image is cut, not a crash`() throws {
    var scan = Scan(rows: 20, columns: 20)
    for y in 15..<20 { for x in 15..<20 { scan.mark(0, y, x, .right) } }
    let small = Scan(rows: 17, columns: 18)
    let ct = small.ct.map { _ in Int16(200) }
    let mask = try scan.annotation().mask(ct: ct)
    #expect(mask.volume.voxels.count { $0 == 1 } == 2 * 3)
  }
}
