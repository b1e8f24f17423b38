// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Testing
import Volume

@Suite struct `Pairing regions with slices` {
  private func slices(_ pairing: Pairing) -> [Int?] { pairing.entries.map(\.slice) }

  @Test func `the position decides, whatever the order of the files`() throws {
    let scan = Scan.plaques(in: [0, 4, 9], slices: 10)
    let annotation = try scan.annotation().reread()
    var series = scan.series()
    #expect(slices(Pairing(annotation, on: SliceStack(series))) == [0, 4, 9])
    series.positions.sort { $0.z < $1.z }
    #expect(slices(Pairing(annotation, on: SliceStack(series))) == [0, 4, 9])
    series.positions.swapAt(2, 7)
    let pairing = Pairing(annotation, on: SliceStack(series))
    #expect(slices(pairing) == [0, 4, 9])
    #expect(pairing.matched == 3)
    #expect(pairing.unmatched.isEmpty)
    #expect(pairing.indexDisagreements.isEmpty)
  }

  @Test func `a shifted index is reported and the position still decides`() throws {
    let scan = Scan.plaques(in: [2, 5], slices: 10)
    var annotation = try scan.annotation()
    for i in annotation.images.indices { annotation.images[i].index? += 1 }
    let pairing = Pairing(annotation, on: SliceStack(scan.series()))
    #expect(slices(pairing) == [2, 5])
    #expect(pairing.indexDisagreements.map(\.location.index) == [3, 6])
    #expect(pairing.indexDisagreements.map(\.expectedIndex) == [2...2, 5...5])
  }

  @Test func `slices between those of a coarser series are left out`() throws {
    // Annotated every 1.5 mm, scanned every 3 mm: each second slice lies half-way.
    let fine = Scan.plaques(in: [4, 5, 6, 7], slices: 20, increment: 1.5)
    let coarse = Scan(slices: 10, rows: 16, columns: 16, spacing: [0.4, 0.5, 3])
    let pairing = Pairing(try fine.annotation().reread(), on: SliceStack(coarse.series()))
    #expect(slices(pairing) == [2, nil, 3, nil])
    #expect(pairing.unmatched.count == 2)
    guard case .unmatched(let distance) = pairing.entries[1].outcome else {
      Issue.record("a region half-way between two slices was matched")
      return
    }
    #expect(abs(distance - 1.5) < 1e-6)
  }

  @Test func `slices of a finer series are found`() throws {
    let coarse = Scan.plaques(in: [1, 2], slices: 5)
    let fine = Scan(slices: 10, rows: 16, columns: 16, spacing: [0.4, 0.5, 1.5])
    let pairing = Pairing(try coarse.annotation(), on: SliceStack(fine.series()))
    #expect(slices(pairing) == [2, 4])
    #expect(pairing.indexDisagreements.count == 2)
  }

  @Test(arguments: [(1.49, true), (-1.49, true), (1.5, false), (-1.6, false)])
  func `half an increment is the limit`(shift: Double, matches: Bool) throws {
    let scan = Scan.plaques(in: [0], slices: 3)
    var annotation = try scan.annotation()
    for i in annotation.images[0].regions[0].positions.indices {
      annotation.images[0].regions[0].positions[i].z -= abs(shift)
    }
    var series = scan.series()
    if shift < 0 {
      // The same beyond the other end.
      for i in series.positions.indices { series.positions[i].z -= 6 + 2 * abs(shift) }
    }
    let pairing = Pairing(annotation, on: SliceStack(series))
    #expect((pairing.matched == 1) == matches)
    #expect(pairing.unmatched.count == (matches ? 0 : 1))
  }

  @Test func `a doubled position allows both counts and shifts those above`() throws {
    let scan = Scan.plaques(in: [1, 3, 5], slices: 8)
    var series = scan.series()
    series.positions.append(scan.ct.geometry.position(ofVoxel: [0, 0, 3]))
    let stack = SliceStack(series)
    #expect(stack.positions.count == 8)
    #expect(stack.copies == [1, 1, 1, 2, 1, 1, 1, 1])
    #expect(stack.increment == 3)
    let pairing = Pairing(try scan.annotation(), on: stack)
    #expect(slices(pairing) == [1, 3, 5])
    #expect(pairing.entries.map(\.expectedIndex) == [1...1, 3...4, 6...6])
    #expect(pairing.indexDisagreements.map(\.location.index) == [5])
  }

  @Test func `oblique slices are paired along their normal`() throws {
    var scan = Scan(
      slices: 6, rows: 9, columns: 9, spacing: [0.4, 0.5, 2.5], origin: [-80, 30, 7],
      direction: Direction(x: [0.8, 0.6, 0], y: [0, 0, -1], z: [-0.6, 0.8, 0]))
    for z in [1, 4] { scan.mark(z, 4, 4, .leftMain) }
    let annotation = try scan.annotation().reread()
    #expect(slices(Pairing(annotation, on: SliceStack(scan.series()))) == [1, 4])
    #expect(slices(Pairing(annotation, on: scan.ct.geometry)) == [1, 4])
  }

  @Test func `a volume stored downwards is paired and its indices count upwards`() throws {
    var scan = Scan(
      slices: 6, rows: 9, columns: 9,
      direction: Direction(x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, -1]))
    scan.mark(1, 4, 4, .leftMain)
    let pairing = Pairing(try scan.annotation().reread(), on: scan.ct.geometry)
    #expect(slices(pairing) == [1])
    #expect(pairing.entries.first?.expectedIndex == 4...4)
    #expect(pairing.indexDisagreements.isEmpty)
  }

  @Test func `a series of one slice takes regions within half of the given increment`() throws {
    let scan = Scan.plaques(in: [0, 1], slices: 2)
    var series = scan.series()
    series.positions.removeFirst()
    #expect(slices(Pairing(try scan.annotation(), on: SliceStack(series))) == [0, nil])
  }

  @Test func `a series without positions and broken regions match nothing`() throws {
    let scan = Scan.plaques(in: [1], slices: 3)
    var series = scan.series()
    series.positions = [[.nan, .nan, .nan]]
    let annotation = try scan.annotation()
    #expect(Pairing(annotation, on: SliceStack(series)).unmatched.count == 1)
    var broken = annotation
    broken.images[0].regions[0].issues = [COCAError(.pointCount, path: "1", detail: "x")]
    #expect(
      Pairing(broken, on: SliceStack(scan.series())).entries.map(\.outcome) == [.withoutContour])
  }
}
