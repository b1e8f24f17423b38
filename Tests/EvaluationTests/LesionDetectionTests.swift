// SPDX-License-Identifier: Apache-2.0
import Agatston
import Statistics
import Testing
import Volume
import TestSupport

@testable import Evaluation

@Suite struct `Detection of lesions` {
  /// A mask of runs along x, one a row, so that each is a lesion of its own; voxels of 5 mm³.
  private func mask(_ lengths: [Int]) -> Volume<UInt8> {
    let geometry = Geometry(
      extent: Extent(slices: 1, rows: 20, columns: 60), spacing: [1, 1, 5], origin: .zero)
    var mask = Volume<UInt8>(geometry: geometry, repeating: 0)
    for (i, length) in lengths.enumerated() {
      for x in 0..<length { mask[0, 2 * i, x] = 1 }
    }
    return mask
  }

  private func match(_ reference: [Int], _ predicted: [Int]) throws -> LesionMatch {
    try LesionMatch(reference: mask(reference), prediction: mask(predicted))
  }

  private func evaluate(
    _ matches: [LesionMatch], bootstrap: BootstrapOptions? = BootstrapOptions(resamples: 200)
  ) async throws -> LesionDetection {
    var model = try ModelEvaluation(
      name: "m",
      table: ResultTable(
        rows: matches.indices.map {
          ResultRow(
            subject: "s\($0)", reference: SubjectScores(agatston: Double($0)),
            computed: SubjectScores(agatston: Double($0)))
        }), options: EvaluationOptions(bootstrap: bootstrap))
    await model.addLesions(
      Dictionary(uniqueKeysWithValues: matches.enumerated().map { ("s\($0)", $1) }))
    return try #require(model.lesions)
  }

  @Test func `is counted by size, each lesion by its own`() async throws {
    // Lengths of 1, 4 and 50 voxels are 5, 20 and 250 mm³; a 0 is no lesion.
    let lesions = try await evaluate([
      match([1, 4, 50], [0, 3, 40]), match([0, 4], [1, 0]), match([], []), match([1], [1]),
    ])
    #expect(lesions.all.reference == 5 && lesions.all.found == 3)
    #expect(lesions.all.predicted == 4 && lesions.all.falsePositives == 1)
    #expect(lesions.all.sensitivity == 0.6 && lesions.all.precision == 0.75)
    #expect(abs((lesions.all.f1 ?? 0) - 2 / (1 / 0.6 + 1 / 0.75)) < 1e-15)
    #expect(lesions.bySize.map(\.reference) == [2, 2, 0, 1])
    #expect(lesions.bySize.map(\.found) == [1, 1, 0, 1])
    #expect(lesions.bySize.map(\.predicted) == [2, 1, 0, 1])
    #expect(lesions.bySize.map(\.falsePositives) == [1, 0, 0, 0])
    #expect(lesions.bySize[2].sensitivity == nil && lesions.bySize[2].f1 == nil)
    #expect(lesions.emptyScans == 1 && lesions.falseScans == 0 && lesions.scans == 4)
    let rate = try #require(lesions.all.metrics[.falsePositivesPerScan]?.value)
    #expect(rate.estimate == 0.25 && rate.interval.lower < 0.25 && rate.interval.upper > 0.25)
    #expect(lesions.all.metrics[.sensitivity]?.value?.estimate == 0.6)
  }

  @Test func `tells which artery found lesions were given to`() async throws {
    /// Lesions of 2 voxels, one for each label; label 0 is none.
    func labelled(_ labels: [UInt8]) -> Volume<UInt8> {
      var mask = mask([])
      for (i, label) in labels.enumerated() {
        for x in 0..<2 { mask[0, 2 * i, x] = label }
      }
      return mask
    }
    func arteries(_ reference: [UInt8], _ predicted: [UInt8]) async throws -> LesionArteries? {
      let match = try LesionMatch(
        reference: labelled(reference), prediction: labelled(predicted))
      return try await evaluate([match, self.match([], [])]).arteries
    }
    let found = try #require(try await arteries([1, 2, 2, 3, 4, 0], [2, 2, 0, 3, 0, 4]))
    #expect(found.counts == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    #expect(found.missed == [0, 1, 0, 1] && found.accuracy == 2.0 / 3)
    // One label only, or one that is no artery's: nobody can tell.
    #expect(try await arteries([1, 2, 3], [1, 1, 1]) == nil)
    #expect(try await arteries([1, 1, 1], [1, 2, 3]) == nil)
    #expect(try await arteries([1, 2, 5], [1, 2, 3]) == nil)
    #expect(try await arteries([1, 2, 3], [0, 0, 0]) == nil)
  }

  @Test func `has a free-response curve that rises to what was found`() async throws {
    let lesions = try await evaluate([
      match([1, 4, 50], [0, 3, 40, 20]), match([0, 4], [1, 0]), match([1], [1]),
    ])
    let curve = lesions.freeResponse
    #expect(lesions.ranking == .volume && curve.map(\.least) == [200, 100, 15, 5])
    #expect(curve.map(\.sensitivity) == [0.2, 0.2, 0.4, 0.6])
    #expect(curve.map { ($0.falsePositivesPerScan * 3).rounded() } == [0, 1, 1, 2])
    #expect(curve.last?.sensitivity == lesions.all.sensitivity)
  }

  @Test func `ranks lesions by the model's probability where it is known`() async throws {
    // The smallest lesion is the surest, and right; the largest is unsure, and wrong.
    let predicted = mask([1, 0, 40])
    var probability = predicted.map { _ in Float(0.1) }
    probability[0, 0, 0] = 0.9
    probability[0, 4, 7] = 0.6
    probability[0, 4, 8] = 0.55
    let sure = try LesionMatch(
      reference: mask([1, 4]), prediction: predicted, probability: probability)
    #expect(sure.predicted.map { Float($0.probability ?? 0) } == [0.9, 0.6])
    #expect(try nonEmpty(sure.reference).allSatisfy { $0.probability == nil })
    let lesions = try await evaluate([sure, match([], [])])
    #expect(lesions.ranking == .probability)
    #expect(lesions.freeResponse.map { Float($0.least) } == [0.9, 0.6])
    #expect(lesions.freeResponse.map(\.sensitivity) == [0.5, 0.5])
    #expect(lesions.freeResponse.map(\.falsePositivesPerScan) == [0, 0.5])
    // By volume the wrong one comes first.
    let unsure = try await evaluate([match([1, 4], [1, 0, 40]), match([], [])])
    #expect(unsure.freeResponse.map(\.sensitivity) == [0, 0.5])
    // One scan of which nothing is known, and no order is left but that of volumes.
    let mixed = try await evaluate([sure, match([4], [4])])
    #expect(mixed.ranking == .volume)
    let other = Volume<Float>(
      geometry: Geometry(extent: Extent(slices: 1, rows: 9, columns: 9), spacing: [1, 1, 1]),
      repeating: 0)
    #expect(throws: GeometryError.self) {
      try LesionMatch(reference: mask([1]), prediction: predicted, probability: other)
    }
  }

  @Test func `without a bootstrap has counts, and no intervals`() async throws {
    let lesions = try await evaluate([match([4], [4]), match([4], [])], bootstrap: nil)
    #expect(lesions.all.metrics.isEmpty && lesions.diceInterval == nil)
    #expect(lesions.meanDice == 0.5 && lesions.all.sensitivity == 0.5)
    let none = try await evaluate([match([], []), match([], [])], bootstrap: nil)
    #expect(none.meanDice == nil && none.pooledDice == nil && none.freeResponse.isEmpty)
    #expect(none.all.sensitivity == nil)
  }
}
