// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import Report
import TestSupport
import Volume

/// A report about made-up subjects.
enum SampleReport {
  static let classes = ["very low", "low", "moderate", "moderately high", "high"]

  static func riskClass(_ score: Double) -> Int {
    [1, 10, 100, 400].firstIndex { score < $0 } ?? 4
  }

  /// Slices of noise over a gradient, with a plaque in each, drawn as a study's would be.
  static func slices(_ count: Int, seed: UInt64) throws -> [ReportContent.Slice] {
    let extent = Extent(slices: count, rows: 192, columns: 192)
    let geometry = Geometry(extent: extent, spacing: [0.6, 0.6, 3])
    var random = SplitMix64(seed: seed)
    var ct = Volume<Int16>(geometry: geometry, repeating: 0)
    var reference = Volume<UInt8>(geometry: geometry, repeating: 0)
    var prediction = Volume<UInt8>(geometry: geometry, repeating: 0)
    for z in 0..<count {
      let center = SIMD2(Int.random(in: 60...130, using: &random), 90)
      for y in 0..<192 {
        for x in 0..<192 {
          let (u, v) = (x - center.x, y - center.y)
          let inside = u * u + 3 * v * v < 60
          let noise = Int(truncatingIfNeeded: random.next() % 81) - 40
          ct[z, y, x] = Int16((inside ? 380 : (x + y) / 4 - 40) + noise)
          if inside { reference[z, y, x] = 2 }
          if u * u + 3 * (v - 1) * (v - 1) < 50 { prediction[z, y, x] = 1 }
        }
      }
    }
    let overlay = try Overlay(ct: ct, reference: reference, prediction: prediction)
    return try overlay.slicesOfInterest(limit: 8).map { z in
      let picture = try overlay.picture(slice: z)
      return .init(
        png: picture.png, caption: "Slice \(z + 1) of \(count)", summary: picture.summary)
    }
  }

  static func content(subjects count: Int, withSlices: Int) throws -> ReportContent {
    var random = SplitMix64(seed: 5)
    var subjects: [ReportContent.Subject] = []
    for i in 0..<count {
      let reference = i % 9 == 0 ? 0 : exp(Double.random(in: 0...8, using: &random))
      let computed = reference * exp(Double.random(in: -0.4...0.3, using: &random))
      let pictures = i < withSlices ? try slices(1 + i % 8 + i / 6, seed: UInt64(i)) : []
      subjects.append(
        .init(
          id: "\(100 + i * 7)", reference: reference, computed: computed,
          referenceClass: classes[riskClass(reference)],
          computedClass: classes[riskClass(computed)],
          flags: i == 4 ? ["metal in the scan"] : [], slices: pictures,
          slicesWithCalcium: max(pictures.count, i)))
    }
    let agreement = try PairedValues(
      quantity: "Agatston score", reference: subjects.map { $0.reference ?? .nan },
      computed: subjects.map { $0.computed ?? .nan })
    var counts = Array(repeating: Array(repeating: 0, count: 5), count: 5)
    for subject in subjects {
      counts[riskClass(subject.reference ?? 0)][riskClass(subject.computed ?? 0)] += 1
    }
    let plots: [(String, String, Plot)] = [
      (
        "Computed against reference scores",
        "Each point is a held-out subject. Shaded squares: same risk class.",
        .scatter(
          agreement, regression: .init(slope: 0.95, intercept: 1.2),
          classBounds: [1, 10, 100, 400], notes: ["Spearman ρ = 0.973"])
      ),
      (
        "Risk classes", "Counts and shares of each row.",
        try .confusionMatrix(counts, classes: classes)
      ),
      (
        "Differences", "Computed − reference against the mean of both.",
        .blandAltman(agreement, limits: .init(bias: -12.4, lower: -210.5, upper: 185.7))
      ),
      (
        "Learning curve", "Fold 0 of the network.",
        .learningCurve(
          .init(
            trainingLoss: (0..<60).map { 0.5 - 1.2 * (1 - exp(-Double($0) / 15)) },
            validationLoss: (0..<60).map { 0.5 - 1.1 * (1 - exp(-Double($0) / 15)) },
            pseudoDice: (0..<60).map { 0.8 * (1 - exp(-Double($0) / 15)) }))
      ),
    ]
    return ReportContent(
      title: "Coronary calcium in the gated cohort",
      introduction:
        "A 3-D network trained on annotated subjects and scored on subjects that it never saw. "
        + "Scores follow Agatston 1990 on masks predicted by the network.",
      date: "23 November 2026",
      cards: [
        .init(label: "Spearman ρ", value: "0.973", detail: "95 % interval 0.955–0.984"),
        .init(label: "Weighted κ, five classes", value: "0.94", detail: "0.90–0.97"),
        .init(label: "Held-out subjects", value: "\(count)", detail: "9 without calcium"),
        .init(label: "Same class", value: "88.5 %", detail: "77 of 87"),
      ],
      warnings: [
        "Two subjects were scanned at 100 kV; their scores use the table of Gräni 2018."
      ],
      figures: try plots.map {
        .init(title: $0.0, caption: $0.1, summary: $0.2.summary, svg: try $0.2.svg())
      },
      metrics: [
        .init(
          name: "Spearman ρ", value: "0.973", interval: "0.955–0.984",
          note: "bootstrap, 2,000 samples"),
        .init(
          name: "Pearson r", value: "0.988", interval: "0.981–0.992", note: "Fisher transform"),
        .init(name: "Weighted κ", value: "0.94", interval: "0.90–0.97", note: "linear weights"),
        .init(name: "Dice, mean", value: "0.83", note: "subjects with calcium in either mask"),
      ],
      subjects: subjects,
      cohort: [
        .init("Subjects found", "451"), .init("Used", "444 (357 to train, 87 held out)"),
        .init("Scanner", "Siemens and GE, 120 kV, 3 mm slices"),
      ],
      exclusions: [
        .init(subject: "238", reason: "a region is named \"Unnamed\", which is no artery"),
        .init(subject: "12", reason: "annotation without a scan"),
      ],
      methods: [
        .init("Convention", "agatston: ≥ 130 HU, 8-connected, at least 1 mm², increment / 3"),
        .init("Network", "3d_fullres, five folds, 200 epochs"),
      ],
      commands: [
        "cac coca prepare COCA --dataset 1_COCA --dimension 3d --test-ids test.txt",
        "cac train 1 3d_fullres 0 --epochs 200 --device cuda",
        "cac evaluate RESULT.csv --out evaluation",
      ],
      provenance: [.init("cac", "0.1.0"), .init("libtorch", "2.13.0"), .init("Seed", "42")])
  }
}
