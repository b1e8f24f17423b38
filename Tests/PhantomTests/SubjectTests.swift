// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing
import Volume
import TestSupport

@testable import Phantom

/// Subjects that several tests look at; drawn once.
private enum Drawn {
  static let options = PhantomOptions(seed: 1, matrix: 192, slices: 30, ranks: 0.85...0.95)

  /// A subject of the upper quarter of the cohort with calcium, drawn once.
  static let severe = Task {
    for id in 0..<20 where Scene(id: id, options: options).plaques.count > 8 {
      return try await phantomSubject(id: id, options: options)
    }
    throw PhantomError(.subject, subject: "0…19", detail: "no subject with many plaques")
  }

  /// The Agatston score of an annotation, per slice and 8-connected.
  static func agatston(_ subject: PhantomSubject) -> Double {
    let g = subject.ct.geometry
    return (0..<g.extent.slices).reduce(0) { sum, z in
      let hu = Array(subject.ct.slice(z))
      let labels = Array(subject.labels.slice(z))
      let components = ConnectedComponents(shape: [g.extent.rows, g.extent.columns]) {
        labels[$0] != 0
      }
      return components.elements.reduce(sum) { sum, component in
        let area = Double(component.count) * g.pixelArea
        let peak = component.map { hu[$0] }.max() ?? 0
        let weight: Double = peak >= 400 ? 4 : peak >= 300 ? 3 : peak >= 200 ? 2 : 1
        return area < 1 ? sum : sum + area * weight * g.spacing.z / 3
      }
    }
  }
}

@Suite struct `A synthetic subject` {
  @Test func `is the same to the byte whatever the number of threads and the order of subjects`()
    async throws
  {
    let options = PhantomOptions(seed: 11, matrix: 64, slices: 12)
    let alone = try await phantomSubject(id: 5, options: options, width: 1)
    _ = try await phantomSubject(id: 4, options: options, width: 2)
    let wide = try await phantomSubject(id: 5, options: options, width: 7)
    #expect(alone.ct.voxels == wide.ct.voxels)
    #expect(alone.labels.voxels == wide.labels.voxels)
    #expect(alone.truth == wide.truth)
    #expect(alone.acquisition == wide.acquisition)
  }

  @Test func `differs with the seed and with the number`() async throws {
    let base = try await phantomSubject(id: 1, options: .init(seed: 1, matrix: 64, slices: 8))
    let seed = try await phantomSubject(id: 1, options: .init(seed: 2, matrix: 64, slices: 8))
    let number = try await phantomSubject(id: 2, options: .init(seed: 1, matrix: 64, slices: 8))
    #expect(base.ct.voxels != seed.ct.voxels)
    #expect(base.ct.voxels != number.ct.voxels)
  }

  @Test func `keeps its field of view in mm at any matrix`() async throws {
    let small = Scene(id: 3, options: .init(seed: 1, matrix: 128)).scanner
    let large = Scene(id: 3, options: .init(seed: 1, matrix: 512)).scanner
    #expect(abs(small.geometry.spacing.x * 128 - large.geometry.spacing.x * 512) < 0.03)
    #expect(small.geometry.spacing.z == 3)
    #expect(small.acquisition.blur >= small.geometry.spacing.x)
    // The middle of the image stays where it is.
    let a = small.geometry.position(ofVoxel: [63.5, 63.5, 0])
    let b = large.geometry.position(ofVoxel: [255.5, 255.5, 0])
    #expect(abs(a.x - b.x) < 0.05 && abs(a.y - b.y) < 0.05 && a.z == b.z)
  }

  @Test func `is stored as twelve bits of whole HU from -1024`() async throws {
    let subject = try await Drawn.severe.value
    #expect(try nonEmpty(subject.ct.voxels).allSatisfy { $0 >= -1024 && $0 <= 3071 })
    #expect(subject.ct.geometry.direction == .identity)
  }

  @Test func `has tissues in the range of a scan without contrast`() async throws {
    var measured = 0
    // Noise averages out over the many pixels of a region.
    for id in [0, 3, 7] {
      let options = PhantomOptions(seed: 1, matrix: 64, slices: 24)
      let scene = Scene(id: id, options: options)
      let subject = try await phantomSubject(id: id, options: options)
      let geometry = subject.ct.geometry
      func mean(at location: Point, radius: Double) -> Double {
        let center = geometry.voxel(
          at: scene.scanner.offset
            + SIMD3(
              Double(location.x), Double(location.y), Double(location.z)))
        let (x0, y0, z0) = (
          Int(center.x.rounded()), Int(center.y.rounded()), Int(center.z.rounded())
        )
        let (n, m) = (Int(radius / geometry.spacing.x), Int(radius / geometry.spacing.z))
        var sum = 0.0
        var count = 0.0
        for z in (z0 - m)...(z0 + m) {
          for y in (y0 - n)...(y0 + n) {
            for x in (x0 - n)...(x0 + n)
            where (x - x0) * (x - x0) + (y - y0) * (y - y0) <= n * n {
              sum += Double(subject.ct[z, y, x])
              count += 1
            }
          }
        }
        return sum / max(count, 1)
      }
      guard scene.metal.isEmpty else { continue }
      measured += 1
      let blood = mean(at: scene.anatomy.heart.leftVentricle.center, radius: 8)
      #expect(blood > 30 && blood < 58)
      let aorta = scene.anatomy.vessels.aorta.node(at: 45).position
      #expect(abs(mean(at: aorta, radius: 6) - Double(scene.tissue.blood)) < 12)
      let habitus = scene.anatomy.habitus
      let lung = mean(at: Point(habitus.midline - 88, 40, 10), radius: 12)
      #expect(lung < -650 && lung > -950, "\(id): \(lung)")
      let bone = mean(at: Point(habitus.midline, scene.anatomy.cage.spine(-40), -40), radius: 7)
      #expect(bone > 70 && bone < 450)
    }
    #expect(measured > 0, "all of these subjects have metal")
  }

  @Test func `is marked only where the finished image reaches 130 HU near a true plaque`()
    async throws
  {
    let subject = try await Drawn.severe.value
    let scene = Scene(id: subject.id, options: Drawn.options)
    let geometry = subject.ct.geometry
    // Blur, motion and a pixel's own size carry a plaque's brightness no further than this.
    let reach = Float(geometry.spacing.x * 2 + subject.acquisition.motion + 1)
    var marked = 0
    for index in subject.labels.voxels.indices where subject.labels.voxels[index] != 0 {
      let label = subject.labels.voxels[index]
      let (columns, rows) = (geometry.extent.columns, geometry.extent.rows)
      let voxel = SIMD3(
        Double(index % columns), Double(index / columns % rows), Double(index / columns / rows))
      marked += 1
      #expect(subject.ct.voxels[index] >= 130)
      let p = geometry.position(ofVoxel: voxel) - scene.scanner.offset
      let location = Point(Float(p.x), Float(p.y), Float(p.z))
      let plaques = scene.plaques.filter { $0.artery.rawValue == label }
      // Any height within the slice will do.
      let nearest = plaques.flatMap { plaque in
        [-1.5, -0.75, 0, 0.75, 1.5].map { (dz: Float) in
          plaque.shape.distance(location + Point(0, 0, dz))
        }
      }.min()
      #expect((nearest ?? .infinity) < reach)
    }
    #expect(marked > 30)
    #expect(subject.hasCalcium)
  }

  @Test func `scores in its annotation about what it scores without noise`() async throws {
    let subject = try await Drawn.severe.value
    let annotated = Drawn.agatston(subject)
    #expect(subject.truth.total.agatston > 300)
    #expect(abs(annotated - subject.truth.total.agatston) < 0.12 * subject.truth.total.agatston)
  }

  @Test func `holds bright voxels that are no coronary calcium`() async throws {
    let subject = try await Drawn.severe.value
    let bright = subject.ct.voxels.indices.filter { subject.ct.voxels[$0] >= 130 }
    let unmarked = bright.filter { subject.labels.voxels[$0] == 0 }
    // Bone alone is a hundred times as much as coronary calcium.
    #expect(unmarked.count > 10 * (bright.count - unmarked.count))
  }

  @Test(arguments: [1, 0, -5, 31, 1025, Int.max])
  func `of an impossible matrix is refused in one sentence`(matrix: Int) async throws {
    let error = await #expect(throws: PhantomError.self) {
      try await phantomSubject(id: 0, options: .init(seed: 1, matrix: matrix))
    }
    #expect(error?.code == .matrix)
    #expect(error?.description.contains("\(matrix)") == true)
  }

  @Test(arguments: [1, 0, -1, 3, 401, Int.max])
  func `of an impossible number of slices is refused`(slices: Int) async throws {
    let error = await #expect(throws: PhantomError.self) {
      try await phantomSubject(id: 0, options: .init(seed: 1, matrix: 64, slices: slices))
    }
    #expect(error?.code == .slices)
  }

  @Test func `with a negative number or ranks beyond one is refused`() async throws {
    await #expect(throws: PhantomError.self) {
      try await phantomSubject(id: -1, options: .init(seed: 1))
    }
    let error = await #expect(throws: PhantomError.self) {
      try await phantomSubject(id: 0, options: .init(seed: 1, ranks: 0.5...1.5))
    }
    #expect(error?.code == .ranks)
  }

  @Test(arguments: [(32, 4), (33, 5), (47, 7)])
  func `can be as small as the options allow`(matrix: Int, slices: Int) async throws {
    for scan in [PhantomProtocol.gated, .chest] {
      let subject = try await phantomSubject(
        id: Int.max, options: .init(seed: .max, matrix: matrix, slices: slices, scanProtocol: scan))
      #expect(
        subject.ct.extent == Extent(slices: slices, rows: matrix, columns: matrix))
    }
  }
}
