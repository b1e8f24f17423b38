// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Everything that a report shows, as plain values.
///
/// All texts are shown as they are: nothing in them is markup. No text may tell a patient's
/// identity; subjects carry the study's own ids.
public struct ReportContent: Sendable {
  /// The heading.
  public var title: String
  /// One paragraph below the heading.
  public var introduction: String
  /// The date of the report, as the caller wants it written.
  public var date: String
  /// The numbers that a reader wants first.
  public var cards: [Card]
  /// What a reader must know before trusting the numbers.
  public var warnings: [String]
  /// The figures.
  public var figures: [Figure]
  /// The table of metrics.
  public var metrics: [Metric]
  /// What the intervals of that table are.
  public var intervalName: String
  /// Sections after the metrics, in order.
  public var parts: [Part]
  /// The quantity that scores measure, with its unit.
  public var quantity: String
  /// The held-out subjects, model by model.
  public var groups: [Group]
  /// Facts about the cohort.
  public var cohort: [Fact]
  /// The subjects left out, and why.
  public var exclusions: [Exclusion]
  /// Protocol and parameters.
  public var methods: [Fact]
  /// The command lines that made these results, in order.
  public var commands: [String]
  /// Versions, seeds, devices, checksums.
  public var provenance: [Fact]

  /// A report; everything but the title may stay empty and is then left out.
  public init(
    title: String, introduction: String = "", date: String = "", cards: [Card] = [],
    warnings: [String] = [], figures: [Figure] = [], metrics: [Metric] = [],
    intervalName: String = "95 % interval", parts: [Part] = [],
    quantity: String = "Agatston score", subjects: [Subject] = [], cohort: [Fact] = [],
    exclusions: [Exclusion] = [], methods: [Fact] = [], commands: [String] = [],
    provenance: [Fact] = []
  ) {
    self.title = title
    self.introduction = introduction
    self.date = date
    self.cards = cards
    self.warnings = warnings
    self.figures = figures
    self.metrics = metrics
    self.intervalName = intervalName
    self.parts = parts
    self.quantity = quantity
    groups = subjects.isEmpty ? [] : [Group(title: "", subjects: subjects)]
    self.cohort = cohort
    self.exclusions = exclusions
    self.methods = methods
    self.commands = commands
    self.provenance = provenance
  }

  /// One number that a reader wants first.
  public struct Card: Sendable {
    /// What it is, for example "Spearman ρ".
    public var label: String
    /// The number as text.
    public var value: String
    /// Its interval or what it counts.
    public var detail: String

    /// A card.
    public init(label: String, value: String, detail: String = "") {
      self.label = label
      self.value = value
      self.detail = detail
    }
  }

  /// A figure with what to say about it.
  public struct Figure: Sendable {
    /// The heading.
    public var title: String
    /// The text below.
    public var caption: String
    /// One sentence for readers who cannot see it.
    public var summary: String
    /// The drawing.
    public var svg: String

    /// A figure.
    public init(title: String, caption: String = "", summary: String, svg: String) {
      self.title = title
      self.caption = caption
      self.summary = summary
      self.svg = svg
    }
  }

  /// A row of the table of metrics.
  public struct Metric: Sendable {
    /// What is measured.
    public var name: String
    /// The value as text.
    public var value: String
    /// The confidence interval as text.
    public var interval: String
    /// The interval by formula, where `interval` is the bootstrap's.
    public var formula: String
    /// The p value.
    public var pValue: String
    /// How it is defined, on how many subjects.
    public var note: String

    /// A metric.
    public init(
      name: String, value: String, interval: String = "", formula: String = "",
      pValue: String = "", note: String = ""
    ) {
      self.name = name
      self.value = value
      self.interval = interval
      self.formula = formula
      self.pValue = pValue
      self.note = note
    }
  }

  /// A name with its value.
  public struct Fact: Sendable {
    /// The name.
    public var name: String
    /// The value.
    public var value: String

    /// A fact.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A subject that was left out.
  public struct Exclusion: Sendable {
    /// The study's id of the subject.
    public var subject: String
    /// Why it was left out.
    public var reason: String

    /// An exclusion.
    public init(subject: String, reason: String) {
      self.subject = subject
      self.reason = reason
    }
  }

  /// A held-out subject with its scores and pictures.
  public struct Subject: Sendable {
    /// The study's id of the subject.
    public var id: String
    /// The reference score; `nil` if there is none.
    public var reference: Double?
    /// The computed score; `nil` if there is none.
    public var computed: Double?
    /// The class of the reference score.
    public var referenceClass: String
    /// The class of the computed score.
    public var computedClass: String
    /// What a reader should look at, for example "metal in the scan".
    public var flags: [String]
    /// The slices with calcium.
    public var slices: [Slice]
    /// How many slices hold calcium, to say so where not all of them are shown.
    public var slicesWithCalcium: Int

    /// A subject.
    public init(
      id: String, reference: Double?, computed: Double?, referenceClass: String = "",
      computedClass: String = "", flags: [String] = [], slices: [Slice] = [],
      slicesWithCalcium: Int? = nil
    ) {
      self.id = id
      self.reference = reference
      self.computed = computed
      self.referenceClass = referenceClass
      self.computedClass = computedClass
      self.flags = flags
      self.slices = slices
      self.slicesWithCalcium = slicesWithCalcium ?? slices.count
    }

    /// Whether reference and computed score fall into different classes.
    public var isReclassified: Bool { referenceClass != computedClass }

    /// The distance of both scores, |ln(1 + computed) − ln(1 + reference)|; infinite if one is missing.
    public var error: Double {
      guard let reference, let computed, reference.isFinite, computed.isFinite else {
        return .infinity
      }
      return abs(log1p(max(computed, 0)) - log1p(max(reference, 0)))
    }
  }

  /// A picture of a slice.
  public struct Slice: Sendable {
    /// The picture as PNG.
    public var png: Data
    /// The text below.
    public var caption: String
    /// One sentence for readers who cannot see it.
    public var summary: String

    /// A picture.
    public init(png: Data, caption: String, summary: String) {
      self.png = png
      self.caption = caption
      self.summary = summary
    }
  }

  /// The subjects of all groups.
  public var subjects: [Subject] { groups.flatMap(\.subjects) }

  /// The subjects from the worst to the best: other class first, then by error, then as given.
  ///
  /// A subject without one of its scores counts as of infinite error.
  public var worstFirst: [Subject] { subjects.worstFirst.map { subjects[$0] } }
}

extension [ReportContent.Subject] {
  /// The indices of the subjects, worst first.
  var worstFirst: [Int] {
    indices.sorted { i, j in
      let (a, b) = (self[i], self[j])
      if a.isReclassified != b.isReclassified { return a.isReclassified }
      return a.error != b.error ? a.error > b.error : i < j
    }
  }
}
