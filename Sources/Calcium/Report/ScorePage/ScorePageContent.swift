// SPDX-License-Identifier: Apache-2.0
public import Figures
import Foundation

/// Everything that a page about scored scans shows, as plain values.
///
/// All texts are shown as they are: nothing in them is markup. No text may tell a patient's
/// identity; studies carry their ids in the tables.
public struct ScorePageContent: Sendable {
  /// The heading.
  public var title = "Coronary calcium"
  /// The day of the scoring, as the caller wants it written.
  public var date = ""
  /// The studies in order.
  public var studies: [Study] = []
  /// Whether the page has to fit on one sheet of A4 where it is printed; its texts must be few.
  public var isOneSheet = false

  /// A page without studies.
  public init() {}

  /// What a mark in a picture is; the raw values are those of the marked volume.
  public enum Mark: UInt8, CaseIterable, Sendable {
    /// Calcium of the left main artery.
    case leftMain = 1
    /// Calcium of the left anterior descending artery.
    case leftAnteriorDescending = 2
    /// Calcium of the left circumflex artery.
    case leftCircumflex = 3
    /// Calcium of the right artery.
    case right = 4
    /// Calcium of an artery that the mask does not name.
    case calcium = 5
    /// Calcium of the aorta or a valve, in no total.
    case beside = 6
    /// What may be calcium and was not counted.
    case undecided = 7

    /// The short name in pictures and tables.
    public var name: String {
      switch self {
      case .leftMain: "LM"
      case .leftAnteriorDescending: "LAD"
      case .leftCircumflex: "LCX"
      case .right: "RCA"
      case .calcium: "calcium"
      case .beside: "aorta, valve"
      case .undecided: "undecided"
      }
    }

    /// The name in full, for the legend.
    var title: String {
      switch self {
      case .leftMain: "left main"
      case .leftAnteriorDescending: "left anterior descending"
      case .leftCircumflex: "left circumflex"
      case .right: "right"
      case .calcium: "of an artery that is not named"
      case .beside: "in no total"
      case .undecided: "not counted"
      }
    }

    /// The class of the style sheet that gives its colour.
    var style: String {
      switch self {
      case .leftMain: "lm"
      case .leftAnteriorDescending: "lad"
      case .leftCircumflex: "lcx"
      case .right: "rca"
      case .calcium: "any"
      case .beside: "beside"
      case .undecided: "undecided"
      }
    }
  }

  /// A picture with what to say about it.
  public struct Picture: Sendable {
    /// The picture and its outlines.
    public var view: ScanView.Picture
    /// What stands below it.
    public var caption: String
    /// What it shows, for readers who cannot see it.
    public var summary: String

    /// A picture.
    public init(view: ScanView.Picture, caption: String, summary: String) {
      self.view = view
      self.caption = caption
      self.summary = summary
    }
  }

  /// Calcium of one place.
  public struct Part: Sendable {
    /// Its mark; `nil` for the total.
    public var mark: Mark?
    /// Its name in the table.
    public var name: String
    /// Agatston score, volume in mm³ and number of lesions, as text.
    public var values: [String]

    /// Calcium of a place.
    public init(mark: Mark? = nil, name: String, values: [String]) {
      self.mark = mark
      self.name = name
      self.values = values
    }
  }

  /// One study.
  public struct Study: Sendable {
    /// The id, as the tables have it.
    public var id: String
    /// Why it was not scored; `nil` where it was.
    public var refusal: String?
    /// The Agatston score as text.
    public var score = ""
    /// The class in words, for example "moderate".
    public var burden = ""
    /// The names of all classes, the lowest first.
    public var classes: [String] = []
    /// The index of the class of the score.
    public var classIndex = 0
    /// The indices of the classes that the range meets.
    public var possibleClasses: [Int] = []
    /// The probability of each class as text; empty where there is none.
    public var classChances: [String] = []
    /// The lesions that the range hangs on, a phrase each.
    public var hangsOn: [String] = []
    /// The range of the score as text; empty where there is none.
    public var range = ""
    /// Why the score is to be doubted, a sentence each.
    public var doubts: [String] = []
    /// What else is to be known of the scan, a sentence each.
    public var notes: [String] = []
    /// The arteries.
    public var arteries: [Part] = []
    /// All arteries together.
    public var total: Part?
    /// What is in no total.
    public var beside: [Part] = []
    /// The lesions: mark, slices, points, volume, peak.
    public var lesions: [Part] = []
    /// The lesions that are not listed.
    public var unlistedLesions = 0
    /// The file that has them; empty where none is known.
    public var unlistedPlace = ""
    /// The scan, the model and the rules, by name.
    public var facts: [ReportContent.Fact] = []
    /// The heart from below and from the front.
    public var projections: [Picture] = []
    /// Slices.
    public var slices: [Picture] = []
    /// What is to be said about the choice of slices.
    public var slicesNote = ""

    /// The class of the score in words, with its scores.
    var classInWords: String {
      burden + (classes.indices.contains(classIndex) ? " (\(classes[classIndex]))" : "")
    }

    /// A study that was scored, or refused.
    public init(id: String, refusal: String? = nil) {
      self.id = id
      self.refusal = refusal
    }
  }
}
