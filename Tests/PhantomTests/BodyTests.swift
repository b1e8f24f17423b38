// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import TestSupport
import Testing
import Volume

@testable import Phantom

@Suite struct `Subjects made of an atlas` {
  private let atlas = toyAtlas
  private let options = PhantomOptions(seed: 4, matrix: 64, slices: 12)

  @Test func `lead from a point of the patient to the atlas and back`() {
    for subject in 0..<5 {
      let scene = BodyScene(
        atlas: atlas, seed: 1, subject: subject, burden: .training)
      for point in [Point(0, 0, 0), Point(30, -20, 10), Point(-45, 30, -40)] {
        let place = scene.pose.atlasPoint(of: point)
        let back = scene.pose.patientPoint(ofAtlas: place)
        #expect(length(back - point) < 0.5, "subject \(subject)")
      }
    }
  }

  @Test func `have chests that are roomier than the atlas's round a heart of its own size`() {
    var random = KeyedRandom(seed: 1, subject: 0, purpose: .pose)
    for _ in 0..<20 {
      let chest = ChestStretch(&random)
      // The heart keeps its place, what is beside it is moved outwards, and the way back is exact.
      for point in [Point(0, 0, 0), Point(-50, 40, 40), Point(45, -35, -40)] {
        #expect(chest.relaxed(point) == point)
      }
      for a in [Point(-120, -20, -60), Point(90, 60, 20), Point(-80, 90, 90), Point(20, -60, 0)] {
        let h: Float = 0.5
        for axis in 0..<3 {
          var (low, high) = (a, a)
          low[axis] -= h
          high[axis] += h
          let size = (chest.stretched(high)[axis] - chest.stretched(low)[axis]) / (2 * h)
          #expect(abs(chest.factors(at: a)[axis] / size - 1) < 0.02)
        }
        #expect(length(chest.relaxed(chest.stretched(a)) - a) < 1e-3)
      }
      #expect(length(chest.stretched([-130, 0, -60])) > length([-130, 0, -60]))
    }
    #expect(ChestStretch.none.relaxed([90, -80, -70]) == [90, -80, -70])
  }

  @Test func `know how long a mm of the atlas is in the patient`() {
    for subject in 0..<5 {
      let pose = BodyScene(atlas: atlas, seed: 1, subject: subject, burden: .none).pose
      for a in [Point(0, 0, 0), Point(-110, 0, -50), Point(80, 60, 60)] {
        let h: Float = 3
        var sum: Float = 0
        for axis in 0..<3 {
          var (low, high) = (a, a)
          low[axis] -= h
          high[axis] += h
          sum += length(pose.patientPoint(ofAtlas: high) - pose.patientPoint(ofAtlas: low))
        }
        let scale = sum / (6 * h)
        // The warp and the slope of the heart's growth are left out.
        #expect(abs(pose.localScale(atAtlas: a) / scale - 1) < 0.25, "subject \(subject)")
      }
    }
  }

  @Test func `are the same for the same seed and number, and others otherwise`() async throws {
    let subject = try await phantomSubject(id: 3, options: options, atlas: atlas)
    let again = try await phantomSubject(id: 3, options: options, atlas: atlas)
    #expect(subject.ct.voxels == again.ct.voxels && subject.labels.voxels == again.labels.voxels)
    #expect(subject.truth == again.truth)
    let other = try await phantomSubject(id: 4, options: options, atlas: atlas)
    #expect(subject.ct.voxels != other.ct.voxels)
  }

  @Test func `have air outside, lungs, soft tissue and whole HU that a scanner can store`()
    async throws
  {
    let options = PhantomOptions(seed: 2, matrix: 96, slices: 16, scanProtocol: .chest)
    let subject = try await phantomSubject(id: 1, options: options, atlas: atlas)
    let voxels = subject.ct.voxels
    #expect(voxels.allSatisfy { (-1024...3071).contains($0) })
    func share(_ range: ClosedRange<Int16>) -> Double {
      Double(voxels.count { range.contains($0) }) / Double(voxels.count)
    }
    #expect(share(-1024...(-960)) > 0.1)
    #expect(share(-950...(-700)) > 0.05)
    // The toy's body is small in the field of a chest scan.
    #expect(share(-10...110) > 0.09)
  }

  @Test func `are annotated where calcium of an artery is 130 HU or more, and nowhere else`()
    async throws
  {
    var annotated = 0
    for id in 0..<8 {
      let options = PhantomOptions(seed: 9, matrix: 128, slices: 24, ranks: 0.6...1)
      let subject = try await phantomSubject(id: id, options: options, atlas: atlas)
      for (hu, label) in zip(subject.ct.voxels, subject.labels.voxels) where label != 0 {
        #expect(hu >= 130)
        annotated += 1
      }
      let content = try phantomContent(id: id, options: options, atlas: atlas)
      #expect(content.hasPlaques == (subject.truth.total.lesions > 0))
      if !content.hasPlaques { #expect(!subject.hasCalcium) }
    }
    #expect(annotated > 50)
  }

  @Test func `have a third without calcium, as the cohort has`() throws {
    let options = PhantomOptions(seed: 1)
    let ill = try (0..<400).count {
      try phantomContent(id: $0, options: options, atlas: atlas).hasPlaques
    }
    #expect((220...284).contains(ill))
  }

  @Test func `give the localiser crops of classes and closeness that agree with each other`() {
    var seen: Set<UInt8> = []
    for number in 0..<6 {
      let crop = LocaliserCrop(atlas: atlas, seed: 3, number: number)
      let count = crop.extent.reduce(1, *)
      #expect(crop.hu.count == count && crop.classes.count == count)
      #expect(crop.heatMaps.count == count * LocaliserCrop.mapNames.count)
      #expect(crop.hu.allSatisfy { $0.isFinite && (-1024...3071).contains($0) })
      #expect(crop.heatMaps.allSatisfy { (0...1).contains($0) })
      seen.formUnion(crop.classes)
      #expect(crop.classes.allSatisfy { Int($0) < LocaliserCrop.classNames.count })
      let again = LocaliserCrop(atlas: atlas, seed: 3, number: number)
      #expect(crop.hu == again.hu && crop.heatMaps == again.heatMaps)
    }
    // Lung, sac and ventricle.
    #expect(seen.isSuperset(of: [0, 1, 3, 4]))
  }

  @Test func `know what each bright spot of a training scan is`() async throws {
    let names = TrainingSubject.classNames
    var seen: Set<String> = []
    let wanted: Set = ["LAD", "valve", "other"]
    for id in 0..<24 where id < 4 || !seen.isSuperset(of: wanted) {
      let options = PhantomOptions(seed: 9, matrix: 128, slices: 24, ranks: 0.6...1)
      let training = try await TrainingSubject(id: id, options: options, atlas: atlas)
      let (ct, labels) = (training.subject.ct, training.subject.labels)
      let extent = ct.extent
      let bright = ConnectedComponents(
        of: ct.voxels.map { $0 >= 130 ? 1 : 0 },
        shape: [extent.slices, extent.rows, extent.columns])
      for component in bright.elements {
        let name = names[training.classNumber(ofVoxels: component)]
        seen.insert(name)
        let marked = component.count { labels.voxels[$0] != 0 }
        // What is marked for the most part is an artery's, and its label says which.
        if marked * 2 > component.count {
          let artery = Artery.allCases.max { a, b in
            component.count { labels.voxels[$0] == a.rawValue }
              < component.count { labels.voxels[$0] == b.rawValue }
          }
          #expect(name == artery?.abbreviation)
        }
      }
    }
    #expect(seen.isSuperset(of: wanted))
  }

  @Test func `refuse what cannot be drawn, as other subjects do`() async {
    await #expect(throws: PhantomError.self) {
      try await phantomSubject(id: -1, options: options, atlas: atlas)
    }
    await #expect(throws: PhantomError.self) {
      try await phantomSubject(
        id: 1, options: .init(seed: 1, matrix: 8), atlas: atlas)
    }
  }

  @Test func `have the same body and changed plaques at a later scan`() async throws {
    let burden = BodyCalcium.Burden.cohort(ranks: 0.5...1)
    var later = options
    later.visit = 1
    var states: [PlaqueChange.State: Int] = [:]
    for id in 0..<12 {
      let first = BodyScan(id: id, options: options, atlas: atlas, burden: burden).scene
      let second = BodyScan(id: id, options: later, atlas: atlas, burden: burden).scene
      for point in [Point(0, 0, 0), Point(60, -40, 30)] {
        #expect(first.pose.atlasPoint(of: point) == second.pose.atlasPoint(of: point))
      }
      #expect(first.changes.isEmpty)
      for change in second.changes {
        states[change.state, default: 0] += 1
        switch change.state {
        case .same: #expect(change.volumeAfter == change.volumeBefore)
        case .grown: #expect(change.volumeAfter > 1.3 * change.volumeBefore)
        case .new: #expect(change.volumeBefore == 0 && change.volumeAfter > 0)
        case .gone: #expect(change.volumeBefore > 0 && change.volumeAfter == 0)
        }
      }
    }
    #expect(states.count == 4, "\(states)")
    // Places are those of the first scan, in the patient.
    let subject = try await phantomSubject(id: 3, options: options, atlas: atlas)
    let changes = try phantomFollowUp(id: 3, options: options, atlas: atlas)
    for change in try nonEmpty(changes) {
      let voxel = subject.ct.geometry.voxel(at: change.place)
      #expect((0...64).contains(voxel.x) && (0...64).contains(voxel.y))
    }
    #expect(
      try await phantomSubject(id: 3, options: later, atlas: atlas).ct.voxels != subject.ct.voxels)
  }
}
