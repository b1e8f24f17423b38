// SPDX-License-Identifier: Apache-2.0
import Agatston
import Segmentation
import Text
import Workflow

/// Scores as text of at most 100 columns.
enum ScoringTable {
  /// The number of lesions that the terminal shows.
  private static let shownLesions = 20

  /// One study under one convention: its arteries, its largest lesions, its scan.
  static func detail(_ study: StudyScore, _ automatic: AutomaticScore? = nil) -> String {
    let score = study.score
    let hasMass = score.mass != nil
    var parts = TextTable(
      ["artery", "Agatston", "volume mm³"] + (hasMass ? ["mass mg"] : [])
        + ["density", "lesions"])
    func row(
      _ name: String, _ agatston: Double, _ volume: Double, _ mass: Double?, _ density: Double?,
      _ lesions: Int
    ) -> [String] {
      [name, readable(agatston), readable(volume)] + (hasMass ? [text(mass)] : [])
        + [text(density, 2), "\(lesions)"]
    }
    for artery in Artery.allCases {
      guard let part = score.arteries?[artery] else { continue }
      parts.add(
        row(
          artery.abbreviation, part.agatston, part.volume, part.mass, part.density, part.lesions))
    }
    parts.add(
      row(
        "total", score.agatston, score.volume, score.mass, score.density, score.lesions.count))
    var lines = [study.study, parts.text, categories(score)]
    if let automatic { lines += Self.lines(automatic) }
    if !score.lesions.isEmpty { lines += ["", lesions(score)] }
    lines += [""] + quality(study.quality)
    lines += [
      "convention: \(score.convention)", "volume method: \(score.volumeMethod)",
    ]
    return lines.joined(separator: "\n")
  }

  /// The range, the calcium beside the arteries, and the model.
  private static func lines(_ automatic: AutomaticScore) -> [String] {
    var lines: [String] = []
    if let uncertainty = automatic.uncertainty { lines += uncertainty.lines }
    if let sites = automatic.nonCoronary {
      let parts = NonCoronarySite.allCases.map { site in
        let part = sites[site] ?? .init()
        return "\(site.rawValue) \(readable(part.agatston)) (\(counted(part.lesions, "lesion")))"
      }
      lines.append("beside it, in no total: \(parts.joined(separator: ", "))")
    }
    return lines + ["model: \(automatic.model)"]
  }

  private static func text(_ range: ScoreRange) -> String {
    "\(readable(range.low)) to \(readable(range.high))"
  }

  private static func categories(_ score: CalciumScore) -> String {
    let category = score.category
    return "\(category.fiveClass.rawValue) (Erasmus), \(category.standard.rawValue)"
      + (category.isAbove1000 ? " and above 1000" : "") + " (standard), \(category.cacDRS)"
      + (score.largestArteryShare.map { ", \(readable($0 * 100, 0)) % in one artery" } ?? "")
      + (score.hasLeftMain == true ? ", left main calcified" : "")
  }

  private static func lesions(_ score: CalciumScore) -> String {
    let hasMass = score.mass != nil
    let hasVolume = score.lesions.contains { $0.integratedVolume != nil }
    var table = TextTable(
      ["lesion", "artery", "Agatston", "mm³"] + (hasMass ? ["mg", "mg integr."] : [])
        + ["peak HU", hasVolume ? "mm³ integr." : "mean HU", "mm", "slices", "x, y, z mm"])
    let sorted = score.lesions.enumerated().sorted {
      ($1.element.agatston, $0.offset) < ($0.element.agatston, $1.offset)
    }
    for (index, lesion) in sorted.prefix(shownLesions) {
      let centroid = lesion.centroid
      let (first, last) = (lesion.slices.first ?? 0, lesion.slices.last ?? 0)
      var row = ["\(index + 1)", lesion.artery?.abbreviation ?? "–"]
      row += [readable(lesion.agatston), readable(lesion.volume)]
      if hasMass { row += [text(lesion.mass), text(lesion.integratedMass)] }
      row.append(readable(Int(lesion.peak)))
      row.append(hasVolume ? text(lesion.integratedVolume) : readable(lesion.mean, 0))
      row.append(readable(lesion.diameter))
      row.append(first == last ? "\(first)" : "\(first)–\(last)")
      row.append([centroid.x, centroid.y, centroid.z].map { readable($0) }.joined(separator: ", "))
      table.add(row)
    }
    let rest = sorted.count - shownLesions
    return table.text + (rest > 0 ? "\n… and \(rest) smaller ones (--lesions-csv, --json)" : "")
      + "\nmm is the largest diameter in a slice; slices count from 0; positions are LPS"
  }

  /// One row for each study and convention.
  static func overview(_ scores: [StudyScore], ranges: [String: ScoreRange] = [:]) -> String {
    let hasArteries = scores.contains { $0.score.arteries != nil }
    let names = scores.map(\.score.convention.convention.title)
    let many = Set(names).count > 1
    let hasMass = scores.contains { $0.score.mass != nil }
    // The range is that of the first convention.
    let hasRange = !many && !ranges.isEmpty
    var table = TextTable(
      ["study"] + (many ? ["convention"] : []) + ["Agatston"]
        + (hasRange ? ["range"] : []) + ["mm³"] + (hasMass ? ["mg"] : [])
        + (hasArteries ? Artery.allCases.map(\.abbreviation) : [])
        + (many ? [] : ["lesions", "class"]) + ["CAC-DRS"])
    for study in scores {
      let score = study.score
      var row = [study.study]
      if many { row.append(score.convention.convention.title) }
      row.append(readable(score.agatston))
      if hasRange { row.append(ranges[study.study].map(text) ?? "") }
      row.append(readable(score.volume))
      if hasMass { row.append(text(score.mass)) }
      if hasArteries {
        row += Artery.allCases.map { artery in
          score.arteries.map { readable($0[artery]?.agatston ?? 0) } ?? ""
        }
      }
      if !many { row += ["\(score.lesions.count)", score.category.fiveClass.rawValue] }
      row.append(score.category.cacDRS.code)
      table.add(row)
    }
    var lines = [table.text]
    let high = scores.filter(\.score.category.isAbove1000).map(\.study)
    if !high.isEmpty { lines.append("above 1000: \(shortList(high, limit: 5))") }
    lines += notes(scores)
    var seen = Set<String>()
    for score in scores.map(\.score) where seen.insert(score.convention.description).inserted {
      lines.append("convention: \(score.convention)")
    }
    if let method = scores.first?.score.volumeMethod { lines.append("volume method: \(method)") }
    return lines.joined(separator: "\n")
  }

  /// The number of notes that the terminal shows.
  private static let shownNotes = 20

  /// Each warning once, with the studies that have it.
  ///
  /// Warnings that differ in their figures only have one line without figures; one that a single
  /// study has keeps them.
  private static func notes(_ scores: [StudyScore]) -> [String] {
    var order: [String] = []
    var notes: [String: [(study: String, warning: ScanWarning)]] = [:]
    for study in scores {
      for warning in study.quality.warnings {
        let kind = warning.summary ?? warning.text
        if notes[kind] == nil { order.append(kind) }
        let isKnown =
          notes[kind]?.contains { $0.study == study.study && $0.warning == warning } ?? false
        if !isKnown { notes[kind, default: []].append((study.study, warning)) }
      }
    }
    let all = Set(scores.map(\.study)).count
    let lines = order.compactMap { kind -> [String]? in
      guard let entries = notes[kind], let first = entries.first else { return nil }
      var studies: [String] = []
      for entry in entries where studies.last != entry.study { studies.append(entry.study) }
      let who = all > 1 && studies.count == all ? "all" : shortList(studies, limit: 5)
      let text =
        Set(entries.map(\.warning)).count == 1
        ? first.warning.text : "\(kind) (figures of each: --json)"
      return wrapped("note (\(who)): \(text)")
    }
    let rest = lines.count - shownNotes
    return lines.prefix(shownNotes).flatMap(\.self)
      + (rest > 0 ? ["… and \(counted(rest, "more note")) (--json)"] : [])
  }

  /// The facts about a scan, a few words each.
  static func facts(_ quality: ScanQuality) -> [String] {
    var facts: [String] = []
    if let kv = quality.kilovoltage { facts.append("\(readable(kv, 0)) kV") }
    if let kernel = quality.kernel { facts.append("kernel \(kernel)") }
    if let increment = quality.increment {
      let thickness = quality.thickness.map { "\(readable($0)) mm " } ?? ""
      facts.append("slices \(thickness)every \(readable(increment)) mm")
    }
    if let field = quality.fieldOfView {
      facts.append("field \(field.map { readable($0, 0) }.joined(separator: " × ")) mm")
    }
    if let blood = quality.blood { facts.append("blood \(readable(blood, 0)) HU") }
    return facts + [quality.noise.map { "noise \(readable($0)) HU" } ?? "noise unknown"]
  }

  /// The facts about a scan in one line, and a line for each warning.
  static func quality(_ quality: ScanQuality) -> [String] {
    let unused = quality.unused.map { "\($0.file.shown()) \($0.reason)" }
    return wrapped("scan: \(facts(quality).joined(separator: ", "))")
      + (unused.isEmpty
        ? []
        : wrapped("not used: \(counted(unused.count, "file")): \(shortList(unused, limit: 3))"))
      + quality.warnings.flatMap { wrapped("note: \($0)") }
  }

  /// Lines of at most 100 columns, broken at blanks.
  static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + word.count + 1 > 100 {
        lines.append(line)
        line = "  " + word
      } else {
        line += (line.isEmpty ? "" : " ") + word
      }
    }
    return lines + [line]
  }

  private static func text(_ value: Double?, _ decimals: Int = 1) -> String {
    value.map { readable($0, decimals) } ?? "–"
  }
}
