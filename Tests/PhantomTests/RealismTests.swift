// SPDX-License-Identifier: Apache-2.0
import Atlas
import Testing
import Volume

@testable import Phantom

@Suite struct `What subjects of an atlas do without` {
  private let atlas = toyAtlas

  private func crop(_ without: Set<Realism>, number: Int) -> LocaliserCrop {
    var options = LocaliserCrop.Options(spacing: 4, extent: [24, 28, 28])
    options.without = without
    return LocaliserCrop(atlas: atlas, seed: 3, number: number, options: options)
  }

  @Test(arguments: [Realism.fat, .pose, .noise, .shading, .kernel, .distractors, .plaques])
  func `changes their crops, and nothing is what they are with everything`(_ realism: Realism) {
    let numbers = 0..<6
    let plain = numbers.map { crop([], number: $0).hu }
    #expect(plain == numbers.map { crop([], number: $0).hu })
    // One subject may have none of it by chance.
    #expect(numbers.map { crop([realism], number: $0).hu } != plain)
  }

  @Test(arguments: Realism.allCases)
  func `leaves scans that can be drawn, with a body and air`(_ realism: Realism) async throws {
    let options = PhantomOptions(seed: 4, matrix: 64, slices: 10, without: [realism])
    let subject = try await TrainingSubject(id: 1, options: options, atlas: atlas).subject
    #expect(subject.ct.voxels.contains { $0 > 0 })
    #expect(subject.ct.voxels.contains { $0 < -900 })
  }

  @Test func `is noise of one strength, and a heart that stands still`() async throws {
    let options = PhantomOptions(
      seed: 4, matrix: 64, slices: 10, without: [.noise, .motion, .kernel])
    for id in 0..<4 {
      let scan = BodyScan(id: id, options: options, atlas: atlas, burden: .training)
      #expect(scan.scanner.acquisition.noise == 12)
      #expect(scan.scanner.acquisition.motion == 0)
      #expect(scan.scanner.acquisition.blur == 1.2)
      #expect(scan.scanner.path.allSatisfy { $0 == .zero })
    }
  }

  @Test func `is one shape for everybody`() {
    let poses = (0..<3).map {
      BodyScene(atlas: atlas, seed: 1, subject: $0, burden: .none, without: [.pose]).pose
    }
    #expect(Set(poses.map { $0.scale.x }).count == 1)
    for place in [Point(0, 0, 0), Point(-120, 60, -60), Point(90, -70, 80)] {
      #expect(Set(poses.map { $0.atlasPoint(of: place) }).count == 1)
    }
    let differing = (0..<3).map {
      BodyScene(atlas: atlas, seed: 1, subject: $0, burden: .none).pose.scale.x
    }
    #expect(Set(differing).count == 3)
  }
}

@Suite struct `The table under a subject` {
  @Test func `lies below the back, where there is air, and nowhere else`() {
    let scene = BodyScene(atlas: toyAtlas, seed: 1, subject: 0, burden: .none)
    var random = KeyedRandom(seed: 1, subject: 0, purpose: .acquisition)
    let table = ScannerTable(below: scene, &random)
    var changed: [Float] = []
    for y in stride(from: Float(-150), to: 260, by: 2) {
      var row = Array(repeating: Float(-1000), count: 200)
      var body = Array(repeating: Float(40), count: 200)
      row.withUnsafeMutableBufferPointer { table.add(to: $0, from: -200, pixel: 2, y: y) }
      body.withUnsafeMutableBufferPointer { table.add(to: $0, from: -200, pixel: 2, y: y) }
      #expect(body.allSatisfy { $0 == 40 })
      if row.contains(where: { $0 != -1000 }) { changed.append(y) }
      #expect(row.allSatisfy { $0 >= -1000 && $0 <= 80 })
    }
    // The toy's body ends about 95 mm behind its middle, more or less by its size.
    #expect((changed.first ?? 0) > 30)
    #expect((changed.last ?? 0) - (changed.first ?? 0) > 15)
  }
}

@Suite struct `Fat in the grooves of an atlas` {
  @Test func `is asked for in walls and chambers alone, near the surface and a vessel`() {
    let atlas = toyAtlas
    #expect(atlas.grooves.count == atlas.tissues.count)
    var near = 0
    for (i, distance) in atlas.grooves.enumerated() where distance < 255 {
      #expect(atlas.tissues[i] == Tissue.leftVentricle.rawValue)
      #expect(atlas.arteryDistances.values.contains { $0[i] <= distance })
      near += 1
    }
    #expect(near > 0)
  }
}
