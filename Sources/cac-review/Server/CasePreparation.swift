// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import NIOPosix
import Prognosis
import Review
import ReviewArguments
import Scoring
import Segmentation
import Studies
import Synchronization
import Volume
import Workflow

/// What a worklist is made from: its scans and what readings of them begin with.
struct CaseSources: Sendable {
  let scans: [Scan]
  let request: ScoringRequest
  let masks: ScoringMasks?
  let labels: MaskLabels?
  let references: ScoringMasks?
  let explanations: ExplanationMaps?
  let priors: PriorScans?
  /// The model; `nil` where a reading begins with a mask or with nothing.
  let model: URL?

  init(_ arguments: ReviewServe, _ scans: [Scan]) throws {
    self.scans = scans
    request = arguments.scans.request
    masks = try arguments.mask.map { try ScoringMasks(path($0), scans: scans) }
    labels = MaskLabels(rawValue: arguments.labels.rawValue)
    references = try arguments.reference.map { try ScoringMasks(path($0), scans: scans) }
    explanations = try arguments.explanation.map {
      try ExplanationMaps(path($0), scans: scans)
    }
    if let model = arguments.model {
      self.model = try DefaultModel.url(named: model)
    } else if arguments.mask == nil, arguments.from == .model {
      do { model = try DefaultModel.url(named: DefaultModel.word) } catch {
        throw WorkflowError(.missing, "\(error); or begin without one: --from nothing")
      }
    } else {
      model = nil
    }
    priors = try PriorScans(arguments, scans: scans.count, model: model)
  }
}

/// A case that is ready to be read.
struct PreparedCase: Sendable {
  let subject: ReviewCase
  let proposal: Proposal?
  /// Why there is no proposal although one was asked for.
  let remark: String?
  let reference: Proposal?
  /// A map of `cac explain`, from 0 to 255.
  let explanation: Volume<Int16>?
  /// The patient's earlier scan.
  var prior: PriorStudy?
  /// Why there is none although one was named.
  var priorRemark: String?
}

/// Reads a scan and has a model look at it, in a thread of its own.
final class CasePreparation: Sendable {
  private struct State {
    var task: Task<PreparedCase, any Error>?
    var share = 0.0
    var what = "reading the scan"
    var outcome: Result<PreparedCase, any Error>?
  }

  private let state = Mutex(State())
  private let scan: Scan
  private let sources: CaseSources
  /// Models run one after the other: each takes all processors.
  private static let modelLock = NSLock()

  init(_ scan: Scan, _ sources: CaseSources) {
    self.scan = scan
    self.sources = sources
  }

  /// Begins where it has not begun.
  func begin() {
    state.withLock { state in
      guard state.task == nil else { return }
      state.task = Task.detached { [self] in
        do {
          var prepared = try await NIOThreadPool.singleton.runIfActive { try self.prepare() }
          await self.addPrior(to: &prepared)
          self.state.withLock { $0.outcome = .success(prepared) }
          return prepared
        } catch {
          self.state.withLock { $0.outcome = .failure(error) }
          throw error
        }
      }
    }
  }

  /// The case, waited for.
  var value: PreparedCase {
    get async throws {
      begin()
      guard let task = state.withLock({ $0.task }) else { throw CancellationError() }
      return try await task.value
    }
  }

  /// The case where it is ready; throws once where it cannot be, and is tried again after that.
  var ready: PreparedCase? {
    get throws {
      try state.withLock { state in
        let outcome = state.outcome
        if case .failure = outcome { (state.task, state.outcome) = (nil, nil) }
        return try outcome?.get()
      }
    }
  }

  var progress: ProgressMessage {
    state.withLock { ProgressMessage(state: "preparing", share: $0.share, sentence: $0.what) }
  }

  private func say(_ what: String, _ share: Double) {
    state.withLock { ($0.what, $0.share) = (what, share) }
  }

  private func prepare() throws -> PreparedCase {
    let loaded = try scan.load(sources.request.dicom)
    say("finding what is bright", 0.1)
    let subject = try ReviewCase(loaded, named: scan.id, sources.request)
    var proposal: Proposal?
    var remark: String?
    if let masks = sources.masks {
      proposal = try Proposal(
        mask: masks.mask(for: scan.id, on: loaded.ct.geometry), of: subject,
        labels: sources.labels, origin: .mask, source: "a mask")
    } else if let model = sources.model {
      say("the model looks at the scan", 0.2)
      do { proposal = try propose(model, subject) } catch let error as WorkflowError {
        // A scan that the model refuses can still be read by a person.
        remark = "the model found nothing to begin with: \(error)"
      }
    }
    let reference = try sources.references.map {
      try Proposal(
        mask: $0.mask(for: scan.id, on: loaded.ct.geometry), of: subject, labels: nil,
        origin: .mask, source: "the reference")
    }
    let explanation = try sources.explanations?.map(for: scan.id, on: loaded.ct.geometry)
    say("ready", sources.priors == nil ? 1 : 0.8)
    return PreparedCase(
      subject: subject, proposal: proposal, remark: remark, reference: reference,
      explanation: explanation)
  }

  /// Adds the patient's earlier scan; where it cannot be compared, the scan can still be read.
  private func addPrior(to prepared: inout PreparedCase) async {
    guard let priors = sources.priors else { return }
    do {
      guard let request = try priors.comparison(of: scan.id) else { return }
      say("the earlier scan", 0.85)
      var marked = ReviewState()
      if let proposal = prepared.proposal {
        try marked.apply(
          ReviewEntry(.propose(proposal: ""), time: "", user: ""), groups: prepared.subject.groups
        ) { _ in proposal }
      }
      let (mask, labels) = prepared.subject.mask(of: marked)
      prepared.prior = try await PriorStudy(
        request, before: prepared.subject.scoring.scored(mask, labels: labels),
        progress: { _ in })
    } catch { prepared.priorRemark = "there is no comparison with an earlier scan: \(error)" }
  }

  private func propose(_ model: URL, _ subject: ReviewCase) throws -> Proposal {
    Self.modelLock.lock()
    defer { Self.modelLock.unlock() }
    let predictor = try maskPredictor(model: model, sources.request.prediction)
    let prediction = try predictor.prediction(of: subject.scan.ct, named: scan.id) {
      say("the model looks at the scan", 0.2 + 0.8 * $0)
    }
    return try Proposal(
      mask: prediction.labels, of: subject,
      labels: predictor.predictsArteries ? .arteries : .calcium, origin: .model,
      source: "\(predictor.identity)", findings: prediction.findings)
  }
}
