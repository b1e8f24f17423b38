// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Explanation
import Figures
import Files
import Foundation
import Learning
import Report
import Segmentation
package import Studies
import Text
import Volume
package import Workflow

/// Explains the score of one study: what `cac explain` does.
///
/// ```swift
/// let run = ExplainRun(ExplainRequest(model: model, study: scan, output: folder))
/// let result = try run.run(say: { print($0) }, progress: { _ in })
/// ```
package struct ExplainRun: Sendable {
  private let request: ExplainRequest

  /// The most lesions with a picture.
  private static let mostPictures = 8

  /// A run.
  package init(_ request: ExplainRequest) { self.request = request }

  /// Makes what is missing in the folder of the results, and the page.
  ///
  /// - Throws: `WorkflowError` where the study cannot be read, nothing was found, or the model has no
  ///   such artery, lesion or stage.
  package func run(
    listing: (SeriesListing) -> Void = { _ in }, say: (String) -> Void,
    progress: @escaping ProgressHandler
  ) throws -> ExplanationResult {
    let isStaged = StagedPredictor.canOpen(request.model)
    let methods = try self.methods(isStaged: isStaged)
    let scan = try self.scan(listing)
    let reference = try request.reference.map { try self.reference($0, like: scan.ct) }
    let predictor = try maskPredictor(model: request.model, request.prediction)
    for note in predictor.notes { say(note) }
    let model = isStaged ? nil : try Model(at: request.model)
    let digest = try self.digest(scan.ct, model)
    let log = ScoreLog(request.output.appendingPathComponent("scores.json"), digest: digest)
    let goesBySlice = model.map { NetworkMaps.goesBySlice($0, request.prediction) } ?? false
    let scorer = try StudyScorer(
      scan, predictor: predictor, convention: Convention.named(request.convention),
      goesBySlice: goesBySlice, log: log
    ) {
      (share: Double) in
      progress(
        WorkProgress(
          "score", done: Int(share * 100), of: 100, stepsPerUnit: 100, detail: "the scan"))
    }
    let lesions = try LesionVoxels.all(
      of: scorer.mask, ct: scan.ct, hasArteries: scorer.hasArteries, threshold: scorer.threshold,
      scorer: scorer.candidateScorer)
    let target = try self.target(scorer, lesions)
    // A study in which there is nothing to explain leaves no folder.
    try Folder.create(request.output.appendingPathComponent("maps"))
    var result = self.result(scorer, lesions, target.points)
    result.hasReference = reference != nil
    let near: Volume<UInt8> = MapFolder.grown(reference ?? target.mask, by: 3)
    let folder = MapFolder(url: request.output, digest: try mapDigest(digest), nearCalcium: near)
    if log.earlier > 0 {
      say("\(counted(log.earlier, "score")) of an earlier run are there already")
    }
    // What was computed so far stays, whatever ends the run.
    defer { try? log.save() }
    var shown: [ExplanationPictures.Shown] = []
    var stages: [ExplanationPictures.Shown] = []
    if let staged = predictor as? StagedPredictor {
      shown = try classifierMaps(
        staged, methods, scorer, lesions: chosen(lesions), folder, &result, say, progress)
    } else if methods.contains(where: { $0.map != nil }), let model {
      (shown, stages) = try networkMaps(
        model, methods, scorer, target.mask, folder, &result, progress)
    }
    if methods.contains(.occlusion) {
      let occlusion = try Occlusion(
        scorer, target: request.target, edge: request.box, step: request.step
      ) { done, all in progress(WorkProgress("occlude", done: done, of: all, detail: "boxes")) }
      result.boxes = occlusion.boxes
      result.maps.append(try folder.write(occlusion.map, .occlusion, "", nil))
      shown.append(
        ExplanationPictures.Shown("Occlusion, points lost", warning: "", occlusion.map))
    }
    if methods.contains(.counterfactual) {
      let found = try Counterfactuals(
        scorer, lesions: lesions, target: request.target, changes: request.changes
      ) {
        done, all in
        progress(WorkProgress("change", done: done, of: all, detail: "counterfactuals"))
      }
      result.counterfactuals = found
      for erased in found.erased {
        result.lesions[erased.lesion - 1].without = erased.points
      }
    }
    try log.save()
    try write(&result, scorer, lesions, shown, stages)
    return result
  }

  /// The methods, none of which needs what the model lacks.
  private func methods(isStaged: Bool) throws -> [ExplainMethod] {
    if request.methods.isEmpty { return isStaged ? ExplainMethod.ofStages : ExplainMethod.usual }
    if isStaged, let map = request.methods.first(where: { $0.map != nil && !$0.isOfClassifier }) {
      throw WorkflowError(
        .invalid,
        "\(request.model.path): is a model of stages, and --method \(map.rawValue) needs one network of nnU-Net's "
          + "kind; use grad-cam, patch-occlusion, occlusion or counterfactual")
    }
    if !isStaged, request.methods.contains(.patchOcclusion) {
      throw WorkflowError(
        .invalid,
        "\(request.model.path): is one network, and --method patch-occlusion needs a model of stages with a "
          + "classifier; use occlusion")
    }
    if isStaged, request.layer != nil {
      throw WorkflowError(
        .invalid, "\(request.model.path): is a model of stages, which has no --layer; leave it out")
    }
    return request.methods
  }

  /// What decides maps beside what decides scores.
  private func mapDigest(_ digest: String) throws -> String {
    let reference = try request.reference.map { Digest.sha256(try FileBytes.read($0)) }
    let words: [String] = [
      digest, request.convention, "\(request.target)", request.layer ?? "", "\(request.points)",
      "\(request.box)",
      "\(request.step)", reference ?? "",
    ]
    return Digest.sha256(words.joined(separator: "|"))
  }

  private func scan(_ listing: (SeriesListing) -> Void) throws -> Scan.Loaded {
    let found = try ScanSearch(request.study)
    guard found.scans.count == 1, let scan = found.scans.first else {
      throw WorkflowError(
        .invalid,
        "\(request.study.path): holds \(counted(found.scans.count, "scan")); explain one at a time")
    }
    return try scan.load(request.dicom, listing: listing)
  }

  private func reference(_ url: URL, like ct: Volume<Int16>) throws -> Volume<UInt8> {
    let mask = try LabelFile.read(url).placed(like: ct)
    guard mask.extent == ct.extent else {
      throw WorkflowError(
        .invalid, "\(url.path): has \(mask.extent) voxels, the scan \(ct.extent); give its own mask"
      )
    }
    return mask
  }

  /// What decides all results: the scan's voxels, the model, how it predicts.
  private func digest(_ ct: Volume<Int16>, _ model: Model?) throws -> String {
    var text = ct.voxels.withUnsafeBytes { Digest.sha256($0) } + "\(ct.geometry)"
    if Folder.isFile(request.model) {
      text += Digest.sha256(try FileBytes.read(request.model))
    } else if let model {
      for fold in try request.prediction.folds ?? model.defaultFolds() {
        text += Digest.sha256(try FileBytes.read(model.weights(ofFold: fold)))
      }
    } else {
      for name in try Folder.names(in: request.model).sorted() where name.hasSuffix(".safetensors")
      {
        text += Digest.sha256(try FileBytes.read(request.model.appendingPathComponent(name)))
      }
    }
    let way = request.prediction
    return Digest.sha256(
      "\(text) \(way.mirroring) \(way.step) \(way.inference) \(request.convention) \(RunRecord.version)"
    )
  }

  /// The scored voxels of the target with their labels, and its points.
  private func target(
    _ scorer: StudyScorer, _ lesions: [LesionVoxels]
  ) throws -> (mask: Volume<UInt8>, points: Double) {
    guard !lesions.isEmpty else {
      throw WorkflowError(
        .nothingDone,
        "\(request.study.path): the model finds no calcium, so there is nothing to explain; look at "
          + "cac score --candidates")
    }
    var chosen = lesions
    switch request.target {
    case .total: break
    case .artery(let artery):
      guard scorer.hasArteries else {
        throw WorkflowError(
          .invalid,
          "\(request.model.path): tells no arteries, so --target \(artery.abbreviation) means nothing; "
            + "explain the total or a lesion")
      }
      chosen = lesions.filter { $0.artery == artery }
      guard !chosen.isEmpty else {
        throw WorkflowError(
          .missing,
          "\(request.study.path): the model finds no calcium in the \(artery.abbreviation); explain "
            + "the total")
      }
    case .lesion(let number):
      guard number <= lesions.count else {
        throw WorkflowError(
          .missing,
          "\(request.study.path): has \(counted(lesions.count, "lesion")), so --target lesion \(number) does "
            + "not exist")
      }
      chosen = [lesions[number - 1]]
    }
    var mask = Volume<UInt8>(geometry: scorer.ct.geometry, repeating: 0)
    for voxel in chosen.flatMap(\.voxels) { mask.voxels[voxel] = scorer.mask.voxels[voxel] }
    var points = scorer.points(of: request.target)
    if case .lesion = request.target { points = scorer.score.agatston }
    return (mask, points)
  }

  private func result(
    _ scorer: StudyScorer, _ lesions: [LesionVoxels], _ points: Double
  ) -> ExplanationResult {
    ExplanationResult(
      model: scorer.model, target: "\(request.target)", score: scorer.score.agatston,
      category: scorer.score.category.standard.rawValue, targetPoints: points,
      lesions: lesions.map {
        .init(
          number: $0.number, artery: $0.artery?.abbreviation, points: $0.points, slice: $0.slice)
      }, box: request.box, step: request.step, convention: request.convention,
      threshold: scorer.threshold, doubt: scorer.uncertainty.map(ExplanationResult.Doubt.init))
  }

  /// The maps of the network, those that are there already read; and what is shown of them.
  private func networkMaps(
    _ model: Model, _ methods: [ExplainMethod], _ scorer: StudyScorer, _ target: Volume<UInt8>,
    _ folder: MapFolder, _ result: inout ExplanationResult, _ progress: @escaping ProgressHandler
  ) throws -> (shown: [ExplanationPictures.Shown], stages: [ExplanationPictures.Shown]) {
    let network = try NetworkMaps(model, request, ct: scorer.ct, target: target)
    var shown: [ExplanationPictures.Shown] = []
    var stages: [ExplanationPictures.Shown] = []
    for method in methods {
      guard let map = method.map else { continue }
      let names = map.isOfStages ? network.stages : [""]
      var made = names.compactMap { folder.finished(method, $0) }
      if made.count < names.count {
        let (maps, check) = try network.make(map) {
          progress(
            WorkProgress(method.rawValue, done: $0, of: network.windowCount, detail: "windows"))
        }
        made = try names.map { name in
          let volume =
            maps[name] ?? Volume(geometry: scorer.ct.geometry, repeating: 0)
          // Checks are of the last stage, which is the one that is shown first.
          return (
            try folder.write(volume, method, name, name == names.last ? check : nil), volume
          )
        }
      }
      result.maps += made.map(\.0)
      guard let last = made.last else { continue }
      shown.append(.init(method.title, warning: last.0.warning, last.1))
      if map.isOfStages, stages.isEmpty, made.count > 1 {
        stages = made.map { .init($0.0.stage, warning: $0.0.warning, $0.1) }
      }
    }
    return (shown, stages)
  }

  /// The maps of the classifier of a model of stages; those that are there already are read.
  private func classifierMaps(
    _ predictor: StagedPredictor, _ methods: [ExplainMethod], _ scorer: StudyScorer,
    lesions: [LesionVoxels], _ folder: MapFolder, _ result: inout ExplanationResult,
    _ say: (String) -> Void, _ progress: @escaping ProgressHandler
  ) throws -> [ExplanationPictures.Shown] {
    var shown: [ExplanationPictures.Shown] = []
    var look: ClassifierLook?
    for method in methods where method.isOfClassifier {
      var made = folder.finished(method, ClassifierLook.stage)
      if made == nil {
        look = try look ?? ClassifierLook(predictor, scorer.ct, lesions: lesions)
        guard let look else {
          say("\(request.model.path): has no classifier whose look could be shown")
          return []
        }
        let (map, check) = try look.make(method) {
          progress(
            WorkProgress(method.rawValue, done: $0, of: look.count, detail: "candidates"))
        }
        made = (try folder.write(map, method, ClassifierLook.stage, check), map)
      }
      guard let made else { continue }
      result.maps.append(made.0)
      shown.append(.init("\(method.title), classifier", warning: made.0.warning, made.1))
    }
    return shown
  }

  /// The lesions of the target.
  private func chosen(_ lesions: [LesionVoxels]) -> [LesionVoxels] {
    switch request.target {
    case .total: lesions
    case .artery(let artery): lesions.filter { $0.artery == artery }
    case .lesion(let number): lesions.filter { $0.number == number }
    }
  }

  /// Writes pictures, page, result and record.
  private func write(
    _ result: inout ExplanationResult, _ scorer: StudyScorer, _ lesions: [LesionVoxels],
    _ shown: [ExplanationPictures.Shown], _ stages: [ExplanationPictures.Shown]
  ) throws {
    let pictures = ExplanationPictures(
      ct: scorer.ct, mask: scorer.mask, threshold: scorer.threshold,
      hasArteries: scorer.hasArteries)
    let order = chosen(lesions)
    for lesion in order.prefix(Self.mostPictures) {
      let name = "lesion-\(lesion.number).png"
      try StagedFile.write(
        pictures.sheet(lesion, shown), to: request.output.appendingPathComponent(name))
      result.lesions[lesion.number - 1].picture = name
      result.lesions[lesion.number - 1].caption = pictures.caption(shown)
    }
    if let first = order.first, !stages.isEmpty {
      result.stagesPicture = "stages.png"
      try StagedFile.write(
        pictures.sheet(first, stages), to: request.output.appendingPathComponent("stages.png"))
    }
    try JSONFile.write(
      result, to: request.output.appendingPathComponent(ExplanationResult.fileName))
    let date = String(Date.now.formatted(.iso8601).prefix(10))
    let page = request.output.appendingPathComponent(ExplanationPage.fileName)
    try HTMLReport(ExplanationPage.content(result, folder: request.output, date: date)).write(
      to: page)
    try RunRecord(command: "explain").write(beside: page)
  }
}
