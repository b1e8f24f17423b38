// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import Learning
import NIfTI
import NNUNet
import NumPy
import TestSupport
import Testing
import Volume

@testable import Segmentation
@testable import Workflow

@Suite struct `Mirroring at candidates alone` {
  private let models: URL

  init() throws { models = try fixture("nnunet/models") }

  /// A model of nnunetv2's with random weights, which are sure of nothing, and its scan.
  private func model(_ name: String) -> URL {
    models.at(
      "\(name)/nnUNetTrainer__nnUNetPlans__\(name.hasSuffix("2d") ? "2d" : "3d_fullres")")
  }

  private func scan(_ name: String) throws -> Volume<Float> {
    try NIfTIFile.read(models.at("\(name)/input/scan_0000.nii.gz"), as: Float.self)
  }

  /// The probabilities of the background, and what was said at the end.
  private func predict(_ name: String, _ scan: Volume<Float>, _ more: [String]) throws -> (
    values: [Float], said: String
  ) {
    let folder = try TemporaryFolder()
    try NIfTIFile.write(scan, to: folder.file("in/scan_0000.nii.gz"))
    let line = ["predict", model(name).path, "in", "out", "--probabilities", "--device", "cpu"]
    let outcome = try Cac.run(line + more, in: folder.url)
    outcome.expectSuccess()
    let record = try String(
      contentsOf: folder.file("out/predictions.run.json"), encoding: .utf8)
    #expect(record.contains("averaged over") == outcome.err.contains("averaged over"))
    let file = folder.file("out/scan.npz")
    return (try NumPyArray(named: "probabilities", in: file, most: 1 << 24).values, outcome.err)
  }

  @Test(arguments: ["plain-2d", "plain-3d"])
  func `is mirroring where every window has one, and none where none has`(name: String) throws {
    let scan = try scan(name)
    let (bright, dark) = (scan.map { max($0, 130) }, scan.map { min($0, 129) })
    for (one, isBright) in [(bright, true), (dark, false)] {
      let all = try predict(name, one, [])
      let none = try predict(name, one, ["--no-mirroring"])
      let some = try predict(name, one, ["--mirror-candidates"])
      #expect(all.values != none.values)
      #expect(some.values == (isBright ? all : none).values)
      let match = try #require(
        some.said.firstMatch(of: /(\d+) of (\d+) windows? w(?:ere|as) averaged over mirrored/))
      #expect(isBright ? match.1 == match.2 : match.1 == "0")
      #expect(some.said.contains("from 0.02 to 0.98"))
      #expect(!all.said.contains("mirrored copies"))
    }
  }

  @Test func `leaves the slices without one as they are in 2D`() throws {
    let name = "plain-2d"
    var scan = try scan(name)
    let plane = scan.extent.sliceCount
    for i in scan.voxels.indices where i / plane != 2 { scan.voxels[i] = min(scan.voxels[i], 129) }
    scan.voxels[2 * plane + plane / 2] = 300
    let all = try predict(name, scan, []).values
    let none = try predict(name, scan, ["--no-mirroring"]).values
    let some = try predict(name, scan, ["--mirror-candidates"]).values
    for i in all.indices {
      let isThere = i / plane % scan.extent.slices == 2
      if some[i] != (isThere ? all[i] : none[i]) { Issue.record("voxel \(i)") }
    }
    #expect(all != some && none != some)
    // The other choices go with it, and --fast makes it where there are copies.
    let fast = try predict(name, scan, ["--fast"])
    #expect(fast.said.contains("not computed") && fast.said.contains("averaged over mirrored"))
    let both = try predict(name, scan, ["--fast", "--mirror-candidates"])
    #expect(both.values == fast.values && both.said == fast.said)
    let single = try predict(name, scan, ["--fast", "--no-mirroring"])
    #expect(!single.said.contains("averaged over mirrored"))
    let bare = try predict(name, scan, ["--skip-empty", "--mirror-candidates"])
    #expect(bare.values == some)
  }

  @Test func `is refused where there is no CT or no mirroring`() throws {
    let folder = try TemporaryFolder()
    let copy = folder.file("nnUNetTrainer__nnUNetPlans__2d")
    try FileManager.default.copyItem(at: model("plain-2d"), to: copy)
    for (file, old, new) in [
      ("dataset.json", "\"CT\"", "\"MR\""),
      ("plans.json", "CTNormalization", "ZScoreNormalization"),
    ] {
      let text = try String(contentsOf: copy.at(file), encoding: .utf8)
      try StagedFile.write(text.replacing(old, with: new), to: copy.at(file))
    }
    try NIfTIFile.write(scan("plain-2d"), to: folder.file("in/scan_0000.nii.gz"))
    for flag in ["--mirror-candidates", "--skip-empty", "--fast"] {
      let outcome = try Cac.run(["predict", copy.path, "in", "out", flag], in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1, "\(outcome.err)")
      #expect(outcome.err.contains("takes MR, no CT"))
      #expect(folder.file("out").allFiles == [])
    }
    var options = PredictionRequest()
    let trained = try Model(folder: model("plain-2d"))
    try trained.requireMirroring(along: [], for: options)
    options.requiresMirroring = true
    try trained.requireMirroring(along: [1], for: options)
    let error = try #require(throws: WorkflowError.self) {
      try trained.requireMirroring(along: [], for: options)
    }
    #expect(error.description.contains("trained without mirroring"))
  }
}

@Suite struct `A candidate` {
  private let shape = [4, 10, 12]

  /// What asks for both kinds of regions.
  private var options: InferenceOptions {
    var options = InferenceOptions()
    options.skipsEmptyWindows = true
    options.undecided = InferenceOptions.undecidedRange
    return options
  }

  /// Regions of two pixels in the slices 1 and 3 of a scan without lungs.
  private var ct: Volume<Int16> {
    let geometry = Geometry(
      extent: Extent(slices: 4, rows: 10, columns: 12), spacing: [0.5, 0.5, 3])
    var ct = Volume<Int16>(geometry: geometry, repeating: 0)
    (ct[1, 2, 3], ct[1, 3, 4]) = (130, 200)
    (ct[3, 8, 9], ct[3, 8, 10]) = (400, 130)
    return ct
  }

  private func candidateRegions(transpose: [Int] = [0, 1, 2], from low: [Int] = [0, 0, 0]) throws
    -> (CandidateRegions, [Int])
  {
    let turned = transpose.map { shape[$0] }
    let kept = zip(turned, low).map { $0 - $1 }
    let one = PreprocessedCase(
      name: "case", channels: 1, shape: kept,
      data: [Float](repeating: 0, count: kept.reduce(1, *)), labels: nil,
      properties: CaseProperties(
        geometry: ct.geometry, spacing: [3, 0.5, 0.5], shapeBeforeCropping: turned,
        boundingBox: zip(low, turned).map { [$0, $1] }, shapeAfterCropping: kept))
    return (try CandidateRegions(ct, as: one, transpose: transpose, for: options), kept)
  }

  /// Logits of two classes: the given log-odds at some voxels (z, y, x), elsewhere surely nothing.
  private func logits(_ shape: [Int], _ odds: [[Int]: Float]) -> [Float16] {
    let count = shape.reduce(1, *)
    var logits = [Float16](repeating: 0, count: 2 * count)
    for i in count..<2 * count { logits[i] = -20 }
    for (v, value) in odds {
      logits[count + (v[0] * shape[1] + v[1]) * shape[2] + v[2]] = Float16(value)
    }
    return logits
  }

  private func chosen(_ choice: MirroringChoice, _ logits: [Float16], _ starts: [[Int]]) throws
    -> [Bool]
  {
    let test = try choice.choose(logits)
    return starts.map { test($0, [1, 5, 6]) }
  }

  @Test func `is undecided where a voxel of it is, and so are the windows over all of it`() throws {
    let labels = try LabelScheme(foreground: ["calcium"])
    let (candidates, kept) = try candidateRegions()
    #expect(candidates.filter(labels) == nil)
    let choice = candidates.undecided(labels, within: 0.05...0.95)
    let starts = [[1, 0, 0], [1, 3, 4], [1, 4, 0], [3, 5, 6], [3, 0, 0], [0, 0, 0]]
    let first = [true, true, false, false, false, false]
    // One voxel of the region; the window that holds the other alone is mirrored, too.
    #expect(try chosen(choice, logits(kept, [[1, 2, 3]: 0]), starts) == first)
    #expect(try chosen(choice, logits(kept, [[1, 2, 3]: 9, [1, 3, 4]: -2.9]), starts) == first)
    // The band ends at ±2.944.
    for odds: Float in [-3, 3] {
      #expect(
        try !chosen(choice, logits(kept, [[1, 2, 3]: odds, [1, 3, 4]: odds]), starts).contains(true)
      )
    }
    // Undecided voxels below 130 HU are no candidate.
    #expect(try !chosen(choice, logits(kept, [[1, 2, 4]: 0]), starts).contains(true))
    #expect(
      try chosen(choice, logits(kept, [[3, 8, 10]: 1]), starts)
        == [false, false, false, true, false, false])
    let everywhere = candidates.undecided(labels, within: 0...1)
    #expect(
      try chosen(everywhere, logits(kept, [:]), starts) == [true, true, false, true, false, false])
  }

  @Test func `lies where the case was turned and cropped to`() throws {
    let labels = try LabelScheme(foreground: ["calcium"])
    let (candidates, kept) = try candidateRegions(transpose: [1, 0, 2], from: [3, 1, 2])
    // Row 3, slice 1, column 4; what lies at row 2 was cut off.
    let choice = candidates.undecided(labels, within: 0.05...0.95)
    let test = try choice.choose(logits(kept, [[0, 0, 2]: 0]))
    #expect(test([0, 0, 0], [1, 1, 3]))
    #expect(!test([0, 1, 0], [1, 2, 3]) && !test([1, 0, 0], [6, 3, 10]))
    // Row 8, slice 3, columns 9 and 10.
    let other = try choice.choose(logits(kept, [[5, 2, 8]: 0]))
    #expect(other([5, 2, 7], [1, 1, 1]) && !other([0, 0, 0], [5, 3, 10]))
  }

  @Test func `is judged where labels are decided and mirrored where the network saw it`() throws {
    // Rows and columns at half their number: the region of rows 2 and 3 is the network's row 1.
    let half = [4, 5, 6]
    let one = PreprocessedCase(
      name: "case", channels: 1, shape: half,
      data: [Float](repeating: 0, count: half.reduce(1, *)), labels: nil,
      properties: CaseProperties(
        geometry: ct.geometry, spacing: [3, 0.5, 0.5], shapeBeforeCropping: shape,
        boundingBox: shape.map { [0, $0] }, shapeAfterCropping: shape))
    let candidates = try CandidateRegions(ct, as: one, transpose: [0, 1, 2], for: options)
    let choice = candidates.undecided(try LabelScheme(foreground: ["calcium"]), within: 0.05...0.95)
    {
      #expect($0.count == 2 * half.reduce(1, *))
      return logits(shape, [[3, 8, 9]: 0])
    }
    let test = try choice.choose(logits(half, [:]))
    #expect(test([3, 4, 4], [1, 1, 1]) && test([3, 2, 2], [1, 1, 1]))
    #expect(!test([3, 1, 0], [1, 1, 6]) && !test([1, 0, 0], [2, 5, 6]))
  }

  @Test func `is calcium of whatever label, and of regions the likeliest that is written`() throws {
    let labels = CalciumLogOdds(try LabelScheme(foreground: ["a", "b"]))
    let odds = labels.value(of: [1, 0, 2, 0, 2, 0], at: 0)
    #expect(abs(odds - (2 + log(2) - 1)) < 1e-6)
    let regions = CalciumLogOdds(
      try LabelScheme(
        entries: [
          .init("background", [0]), .init("whole", [1, 2]), .init("core", [2]),
        ], regionsClassOrder: [1, 2]))
    #expect(regions.value(of: [0.5, -1, 1.5, -2], at: 0) == 1.5)
    #expect(regions.value(of: [0.5, -1, 1.5, -2], at: 1) == -1)
  }
}
