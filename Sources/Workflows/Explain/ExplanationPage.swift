// SPDX-License-Identifier: Apache-2.0
import Explanation
import Files
package import Foundation
package import Report
import Text
import Workflow

/// The page about one study: explain.html, and its section in other pages.
package enum ExplanationPage {
  /// The name of the page in the folder of the results.
  static let fileName = "explain.html"

  /// The content of the page of a folder of results.
  static func content(_ result: ExplanationResult, folder: URL, date: String) throws
    -> ReportContent
  {
    var content = ReportContent(
      title: "Why this calcium score",
      introduction:
        "Each statement is the answer of the same model to a changed scan; each map shows on which voxels "
        + "the network's output depends. Neither proves that what was found is calcium: look at the CT.",
      date: date)
    content.cards = [
      .init(
        label: "Agatston score", value: readable(result.score),
        detail: "class \(ExplanationText.title(result.category))"),
      .init(
        label: result.target == "total" ? "Lesions" : "Explained: \(result.target)",
        value: result.target == "total"
          ? readable(result.lesions.count) : readable(result.targetPoints),
        detail: result.target == "total" ? "of the whole score" : "points"),
    ]
    if let doubt = result.doubt {
      content.cards.append(
        .init(
          label: "90 % range", value: "\(readable(doubt.low, 0))–\(readable(doubt.high, 0))",
          detail: ExplanationText.title(doubt.classes)))
    }
    if let first = result.lesions.first, let without = first.without {
      content.cards.append(
        .init(
          label: "Without \(ExplanationText.name(first).lowercasedFirst)", value: readable(without),
          detail: "points remain"))
    }
    let flips = result.counterfactuals?.flips ?? []
    if let nearest = flips.filter({ $0.kind.hasPrefix("threshold") && $0.amount != nil })
      .min(by: { ($0.amount ?? 0) < ($1.amount ?? 0) }), let amount = nearest.amount
    {
      content.cards.append(
        .init(
          label: "Class turns at",
          value: "\(nearest.kind == "threshold up" ? "+" : "−")\(readable(amount, 0)) HU",
          detail: "of the threshold, to \(ExplanationText.title(nearest.category))"))
    } else if !flips.isEmpty {
      content.cards.append(
        .init(
          label: "Class is stable", value: "±\(readable(flips[0].limit, 0)) HU",
          detail: "of the threshold"))
    }
    content.warnings = warnings(result)
    content.parts = try parts(result, folder: folder)
    content.methods = methods(result)
    content.provenance = [
      .init("Model", result.model), .init("Software", "cac \(RunRecord.version)"),
    ]
    return content
  }

  /// The sections about the study of a folder of results, for another page.
  ///
  /// - Throws: `FileError` where the folder holds no explanation.
  package static func parts(in folder: URL) throws -> [ReportContent.Part] {
    let result = try JSONFile.read(
      ExplanationResult.self, from: folder.appendingPathComponent(ExplanationResult.fileName))
    return try parts(result, folder: folder)
  }

  private static func warnings(_ result: ExplanationResult) -> [String] {
    let failed = result.maps.filter { !$0.warning.isEmpty }
    var warnings: [String] = []
    for method in ExplainMethod.allCases {
      let maps = failed.filter { $0.method == method }
      guard !maps.isEmpty else { continue }
      warnings.append(
        "\(method.title) fails its sanity check: the map hardly changes when all weights of the network are "
          + "random. It shows edges of the image, not what was learnt; do not trust it here.")
    }
    return warnings
  }

  private static func parts(_ result: ExplanationResult, folder: URL) throws
    -> [ReportContent.Part]
  {
    var figures: [ReportContent.Figure] = []
    for lesion in result.lesions {
      guard let name = lesion.picture else { continue }
      let sentence = ExplanationText.without(lesion, result)
      figures.append(
        .init(
          title:
            "\(ExplanationText.name(lesion)): \(readable(lesion.points)) points, slice \(lesion.slice + 1)",
          caption: "\(sentence) \(lesion.caption)", summary: sentence,
          svg: try svg(folder.appendingPathComponent(name))))
    }
    let unseen = result.lesions.count - figures.count
    var parts: [ReportContent.Part] = []
    if let doubt = result.doubt, !doubt.hangsOn.isEmpty {
      parts.append(
        .init(
          title: "What the score hangs on",
          introduction:
            "With 90 % the score lies from \(readable(doubt.low)) to \(readable(doubt.high)), as far as "
            + "the model can tell. It hangs on "
            + doubt.hangsOn.joined(separator: "; ") + "."))
    }
    parts += [
      ReportContent.Part(
        title: "Lesions, by what they contribute",
        introduction: result.target == "total" ? "" : "Explained: \(result.target).",
        figures: figures,
        tables: unseen <= 0
          ? []
          : [
            .init(
              title: "", caption: "", headings: [], rows: [],
              notes: ["\(counted(unseen, "smaller lesion")) without a picture."])
          ])
    ]
    if let counterfactuals = result.counterfactuals {
      parts.append(
        .init(
          title: "How firm the class is",
          introduction:
            counterfactuals.flips.map(ExplanationText.flip).joined(separator: " ")
            + " In each case the model segments the changed scan anew."))
    }
    if !result.boxes.isEmpty { parts.append(occlusion(result)) }
    if result.maps.contains(where: { $0.check != nil }) {
      var part = trust(result)
      if let name = result.stagesPicture {
        part.figures = [
          .init(
            title: "Grad-CAM of every stage of the decoder",
            caption: "The first lesion. Stage 0 is the coarsest.",
            summary: "The first lesion under the maps of all decoder stages.",
            svg: try svg(folder.appendingPathComponent(name)))
        ]
      }
      parts.append(part)
    }
    return parts
  }

  private static func occlusion(_ result: ExplanationResult) -> ReportContent.Part {
    let worst = result.boxes.sorted { $0.points < $1.points }.prefix(6).filter {
      abs($0.points - result.targetPoints) >= 0.05
    }
    return .init(
      title: "Occlusion",
      introduction:
        "\(counted(result.boxes.count, "box", "boxes")) of \(readable(result.box, 0)) mm, every \(readable(result.step, 0)) mm, "
        + "were filled with the tissue round them, one at a time.",
      tables: [
        .init(
          title: "", caption: "The regions that matter most",
          headings: [
            .init("Region"), .init("Slices"), .init("Score without it", isNumber: true),
            .init("In words"),
          ],
          rows: worst.enumerated().map { number, box in
            [
              "\(number + 1)", "\(box.start[2] + 1)–\(box.start[2] + box.size[2])",
              readable(box.points),
              "Without this region " + ExplanationText.change(box.points, result),
            ]
          }, notes: worst.isEmpty ? ["No region alone changes the score."] : [])
      ])
  }

  private static func trust(_ result: ExplanationResult) -> ReportContent.Part {
    let maps = result.maps.filter { $0.check != nil }
    return .init(
      title: "Which maps to trust",
      introduction:
        "A map of a network whose weights are random should look otherwise (Adebayo 2018). Deletion and "
        + "insertion (Petsiuk 2018): how much of the network's output is left when the highest voxels vanish, or "
        + "is back when they alone are there.",
      tables: [
        .init(
          title: "", caption: "Checks in the window with most of the target",
          headings: [
            .init("Map"), .init("Likeness to random", isNumber: true),
            .init("Deletion (low is good)", isNumber: true),
            .init("Insertion (high is good)", isNumber: true), .init("Highest voxel at calcium"),
            .init("Verdict"),
          ],
          rows: maps.map { map in
            [
              map.method.title + (map.stage.isEmpty ? "" : ", \(map.stage)"),
              readable(map.check?.randomised.last?.similarity ?? .nan, 2),
              readable(map.check?.deletion ?? .nan, 2), readable(map.check?.insertion ?? .nan, 2),
              map.pointsAtCalcium ? "yes" : "no",
              map.warning.isEmpty ? "passes" : map.warning,
            ]
          },
          notes: result.hasReference
            ? ["Calcium is where the given mask has it."]
            : ["Calcium is where the model itself found it."])
      ])
  }

  private static func methods(_ result: ExplanationResult) -> [ReportContent.Fact] {
    var facts: [ReportContent.Fact] = [
      .init(
        "Without a lesion",
        "its voxels and their neighbours are in-painted by the membrane through the surrounding tissue; the "
          + "model segments the scan anew"),
      .init(
        "Threshold", "all HU are shifted, which meets the threshold as if it moved"),
      .init(
        "Noise",
        "independent Gaussian noise, several draws, the middle score; smoothing by a Gaussian "
          + "within slices"),
      .init(
        "Convention",
        result.convention + (result.threshold.map { ", from \($0) HU" } ?? ", without a threshold")),
      .init("Occlusion", "Zeiler and Fergus 2014, with the score in the place of a class"),
    ]
    for method in ExplainMethod.allCases {
      guard result.maps.contains(where: { $0.method == method && $0.check != nil }),
        let map = method.map
      else { continue }
      facts.append(.init(method.title, map.source))
    }
    return facts
  }

  /// A drawing that holds a PNG, at half its pixels.
  private static func svg(_ file: URL) throws -> String {
    let png = try FileBytes.read(file)
    // Width and height lie at fixed places of a PNG's first chunk.
    func number(_ at: Int) -> Int { png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    let (width, height) = (number(16), number(20))
    return
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width / 2)\" "
      + "height=\"\(height / 2)\"><image width=\"\(width)\" height=\"\(height)\" "
      + "href=\"data:image/png;base64,\(png.base64EncodedString())\"/></svg>"
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
