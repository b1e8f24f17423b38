// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume

@Suite struct `What cannot be scored` {
  private func grid(
    spacing: SIMD3<Double> = [1, 1, 3], direction: Direction = .identity
  ) -> Geometry {
    Geometry(
      extent: Extent(slices: 2, rows: 2, columns: 2), spacing: spacing, direction: direction)
  }

  private func scoreEmpty(_ geometry: Geometry, _ options: ScoringOptions) throws {
    _ = try score(
      ct: Volume(geometry: geometry, repeating: 0), mask: Volume(geometry: geometry, repeating: 0),
      options: options)
  }

  @Test func `is a mask on another grid; both grids are named`() throws {
    let ct = Volume<Int16>(geometry: grid(), repeating: 0)
    let mask = Volume<UInt8>(geometry: grid(spacing: [1, 1, 2.5]), repeating: 0)
    let error = try #require(throws: GeometryError.self) {
      try score(ct: ct, mask: mask, options: .init(labels: .calcium))
    }
    #expect(error.description.contains("(1, 1, 2.5)") && error.description.contains("(1, 1, 3)"))
  }

  @Test(
    arguments: [[0, 1, 3], [1, -1, 3], [1, 1, .nan], [1, .infinity, 3]] as [SIMD3<Double>])
  func `is a grid whose spacing is no distance`(spacing: SIMD3<Double>) throws {
    let geometry = grid(spacing: spacing)
    // A grid with such a spacing differs from itself where it is NaN.
    #expect(throws: (any Error).self) { try scoreEmpty(geometry, .init(labels: .calcium)) }
  }

  @Test(
    arguments: [
      Direction(x: [0, 1, 0], y: [0, 0, -1], z: [-1, 0, 0]),
      Direction(x: [1, 0, 0], y: [0, 0, -1], z: [0, 1, 0]),
      Direction(x: [0, 0, 0], y: [0, 0, 0], z: [0, 0, 0]),
    ])
  func `is a stack of slices that are not axial`(direction: Direction) throws {
    let error = try #require(throws: AgatstonError.self) {
      try scoreEmpty(grid(direction: direction), .init(labels: .calcium))
    }
    #expect(error.code == .geometry)
  }

  @Test func `is not a scan with a tilted gantry or turned upside down`() throws {
    let tilted = Direction(x: [1, 0, 0], y: [0, 0.9, 0.436], z: [0, -0.436, 0.9])
    let prone = Direction(x: [-1, 0, 0], y: [0, -1, 0], z: [0, 0, 1])
    try scoreEmpty(grid(direction: tilted), .init(labels: .calcium))
    try scoreEmpty(grid(direction: prone), .init(labels: .calcium))
  }

  @Test(
    arguments: [
      ScoringOptions(labels: .calcium, massCalibration: 0),
      ScoringOptions(labels: .calcium, massCalibration: .nan),
      ScoringOptions(labels: .calcium, sliceThickness: -3),
      ScoringOptions(labels: .calcium, volumeMethod: .isotropic(step: 0)),
      ScoringOptions(labels: .calcium, volumeMethod: .isotropic(step: .nan)),
    ] as [ScoringOptions])
  func `are options outside their range`(options: ScoringOptions) throws {
    let error = try #require(throws: AgatstonError.self) { try scoreEmpty(grid(), options) }
    #expect(error.code == .option)
  }

  @Test(
    arguments: [(2.5, nil), (3.05, nil), (5, "overlap"), (1.5, "leave gaps")] as [(Double, String?)]
  )
  func `is not a study with gaps or overlap, but it is warned of`(
    thickness: Double, word: String?
  ) throws {
    let increment = thickness == 2.5 ? 2.5 : 3.0
    let result = try Plaques(2, 2, 2, spacing: [1, 1, increment]).scored {
      $0.sliceThickness = thickness
    }
    #expect(result.warnings.count == (word == nil ? 0 : 1))
    if let word { #expect(result.warnings[0].text.contains(word)) }
  }
}
