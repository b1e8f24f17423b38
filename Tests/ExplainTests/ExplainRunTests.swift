// SPDX-License-Identifier: Apache-2.0
import Agatston
import CommandSupport
import Files
import Foundation
import NIfTI
import Report
import TestSupport
import Testing
import Volume

@testable import Explain
@testable import Segmentation

@Suite(.serialized) struct `An explanation by a model of stages` {
  /// A request about the scan with one plaque, in a folder of its own.
  private static func request(_ folder: TemporaryFolder) throws -> ExplainRequest {
    let model = folder.file("chest")
    try StagedFolder.write(to: model)
    try StagedFolder.writeClassifier(to: model, ["LAD": 0.98])
    let file = folder.file("ct.nii.gz")
    try NIfTIFile.write(StagedFolder.scan, to: file)
    var request = ExplainRequest(model: model, study: file, output: folder.file("explained"))
    request.prediction = PredictionRequest(device: "cpu")
    (request.box, request.step) = (36, 36)
    var changes = Counterfactuals.Changes()
    (changes.shifts, changes.noises, changes.smoothings, changes.draws) = ([40], [40], [2], 1)
    request.changes = changes
    return request
  }

  private static func run(_ request: ExplainRequest) throws -> ExplanationResult {
    try ExplainRun(request).run(say: { _ in }, progress: { _ in })
  }

  @Test func `tells what the plaque is worth, on the page and as a volume`() throws {
    let folder = try TemporaryFolder()
    let request = try Self.request(folder)
    let result = try Self.run(request)
    #expect(abs(result.score - StagedFolder.points) < 1e-4)
    #expect(result.lesions.count == 1)
    let lesion = try #require(result.lesions.first)
    #expect(lesion.artery == "LAD")
    #expect(lesion.slice == 5)
    // Without its only plaque the score is 0.
    #expect(lesion.without == 0)
    #expect(result.boxes.contains { $0.points == 0 })
    let map: Volume<Float> = try NIfTIFile.read(
      request.output.appending(path: "maps/occlusion.nii.gz"))
    let ct = StagedFolder.scan
    #expect(map.extent == ct.extent)
    #expect(abs(Double(map[5, 32, 41]) - StagedFolder.points) < 1e-3)
    #expect(map[0, 0, 0] == 0)
    let page = try String(
      contentsOf: request.output.appending(path: "explain.html"), encoding: .utf8)
    #expect(page.contains("Without this lesion the score falls from 58.3 to 0.0: class 0."))
    #expect(page.contains("Lesion 1, LAD"))
    #expect(!page.contains(folder.url.path))
    let flips = try #require(result.counterfactuals?.flips)
    #expect(flips.map(\.kind) == ["threshold down", "threshold up", "noise", "smoothing"])
    let parts = try ExplanationPage.parts(in: request.output)
    #expect(parts.first { $0.title.hasPrefix("Lesions") }?.figures.count == 1)
    #expect(result.doubt.map { $0.low <= result.score && result.score <= $0.high } == true)
    // What the classifier looked at: a classifier that answers always the same looks at nothing.
    let looks = result.maps.filter { $0.stage == "classifier" }
    #expect(looks.map(\.method) == [.patchOcclusion])
    #expect(looks.allSatisfy { !$0.pointsAtCalcium })
  }

  @Test func `goes on from the scores of an earlier run of the same inputs`() throws {
    let folder = try TemporaryFolder()
    var request = try Self.request(folder)
    request.methods = [.occlusion]
    _ = try Self.run(request)
    // Scores of the log are believed, so that a changed one shows that it was not computed again.
    let log = request.output.appending(path: "scores.json")
    let text = try String(contentsOf: log, encoding: .utf8)
    let changed = try text.replacing(Regex(#""total" *: *0\b"#), with: "\"total\" : 7")
    try #require(changed != text)
    try StagedFile.write(changed, to: log)
    #expect(try Self.run(request).boxes.contains { $0.points == 7 })
    // Another scan has other scores.
    var scan = StagedFolder.scan
    scan[0, 0, 0] = 41
    request.study = folder.file("other.nii.gz")
    try NIfTIFile.write(scan, to: request.study)
    #expect(try !Self.run(request).boxes.contains { $0.points == 7 })
  }

  @Test func `says in a sentence what it cannot do`() throws {
    let folder = try TemporaryFolder()
    let usual = try Self.request(folder)
    func refusal(_ change: (inout ExplainRequest) -> Void) throws -> String {
      var request = usual
      change(&request)
      let error = try #require(throws: (any Error).self) { _ = try Self.run(request) }
      return "\(error)"
    }
    let staged = try refusal { $0.methods = [.integratedGradients] }
    #expect(
      staged.contains(
        "needs one network of nnU-Net's kind; use grad-cam, patch-occlusion, occlusion or counterfactual"
      ))
    let plain = try fixture("nnunet/models/plain-2d/nnUNetTrainer__nnUNetPlans__2d")
    let network = try refusal {
      $0.model = plain
      $0.methods = [.patchOcclusion]
    }
    #expect(network.contains("patch-occlusion needs a model of stages with a classifier"))
    let convention = try refusal { $0.convention = "agatson" }
    #expect(convention.contains("\"agatson\" is unknown; choose one of"))
    let layer = try refusal {
      $0.methods = [.occlusion]
      $0.layer = "decoder.stages.0"
    }
    #expect(layer.contains("no --layer; leave it out"))
    let artery = try refusal { $0.target = .artery(.right) }
    #expect(artery.contains("no calcium in the RCA"))
    let lesion = try refusal { $0.target = .lesion(4) }
    #expect(lesion.contains("has 1 lesion, so --target lesion 4 does not exist"))
    let missing = try refusal { $0.study = folder.file("none.nii.gz") }
    #expect(missing.contains("none.nii.gz"))
    var healthy = StagedFolder.scan
    for i in healthy.voxels.indices where healthy.voxels[i] > 130 { healthy.voxels[i] = 40 }
    let file = folder.file("healthy.nii.gz")
    try NIfTIFile.write(healthy, to: file)
    let none = try refusal { $0.study = file }
    #expect(none.contains("finds no calcium, so there is nothing to explain"))
  }
}

@Suite(.serialized) struct `An explanation by networks` {
  /// A fixture's model of random weights, and its scan with calcium all over it.
  private static func request(_ name: String, _ model: String, _ folder: TemporaryFolder) throws
    -> ExplainRequest
  {
    let source = try fixture("nnunet/models/\(name)")
    let scan = source.appending(path: "input/scan_0000.nii.gz")
    let values: Volume<Float> = try NIfTIFile.read(scan)
    try NIfTIFile.write(
      values.map { Int16(max(-1000, min(1000, $0))) + 400 }, to: folder.file("ct.nii.gz"))
    var request = ExplainRequest(
      model: source.appending(path: model), study: folder.file("ct.nii.gz"),
      output: folder.file("explained"))
    request.prediction = PredictionRequest(mirroring: false, device: "cpu")
    return request
  }

  private static func run(_ request: ExplainRequest) throws -> ExplanationResult {
    try ExplainRun(request).run(say: { _ in }, progress: { _ in })
  }

  @Test func `in three dimensions puts the maps of several windows together on the scan's grid`()
    throws
  {
    let folder = try TemporaryFolder()
    var request = try Self.request("plain-3d", "nnUNetTrainer__nnUNetPlans__3d_fullres", folder)
    request.methods = [.gradCAM, .guidedBackpropagation]
    let result = try Self.run(request)
    #expect(result.score > 0)
    let ct: Volume<Int16> = try NIfTIFile.read(folder.file("ct.nii.gz"))
    #expect(Set(result.maps.map(\.method)) == [.gradCAM, .guidedBackpropagation])
    for map in result.maps {
      let volume: Volume<Float> = try NIfTIFile.read(request.output.appending(path: map.file))
      #expect(volume.extent == ct.extent && volume.voxels.allSatisfy(\.isFinite))
      #expect(volume.voxels.contains { $0 != 0 })
      // Windows that meet leave no slice empty between them.
      let n = ct.extent.sliceCount
      let filled = (0..<ct.extent.slices).filter { z in
        volume.voxels[z * n..<(z + 1) * n].contains { $0 != 0 }
      }
      #expect(filled.count == (filled.last ?? 0) - (filled.first ?? 0) + 1)
    }
    #expect(result.maps.contains { $0.check != nil })
    // The model gives probabilities, so that the score has a range.
    let doubt = try #require(result.doubt)
    #expect(doubt.low <= result.score && result.score <= doubt.high)
  }
}

@Suite struct `The words of an explanation` {
  private static func result(_ target: String = "total") -> ExplanationResult {
    ExplanationResult(
      model: "m", target: target, score: 412, category: ">400", targetPoints: 412, lesions: [],
      box: 20, step: 20)
  }

  @Test func `say how the score and its class change`() {
    #expect(
      ExplanationText.change(130, Self.result())
        == "the score falls from 412.0 to 130.0: class 101–400.")
    #expect(
      ExplanationText.change(410, Self.result())
        == "the score falls from 412.0 to 410.0; the class stays > 400.")
    #expect(ExplanationText.change(412, Self.result()) == "the score stays at 412.0.")
    #expect(
      ExplanationText.change(30, Self.result("LAD"))
        == "the score of LAD falls from 412.0 to 30.0.")
  }

  @Test func `say what turns the class`() {
    let turned = Counterfactuals.Flip(
      kind: "threshold up", amount: 7, limit: 40, points: 398, category: "101-400")
    #expect(
      ExplanationText.flip(turned)
        == "A threshold 7 HU higher turns the class to 101–400 (score 398.0).")
    let firm = Counterfactuals.Flip(
      kind: "noise", amount: nil, limit: 40, points: 410, category: ">400")
    #expect(ExplanationText.flip(firm) == "No added noise up to 40 HU turns the class.")
  }
}
