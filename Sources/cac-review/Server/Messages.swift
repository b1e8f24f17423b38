// SPDX-License-Identifier: Apache-2.0
import Agatston
import Prognosis
import Review
import ReviewStore
import Risk

// What page and server say to each other, as JSON.

/// The token of the address.
struct TokenMessage: Codable, Sendable { let token: String }

/// A name and a password.
struct LoginMessage: Codable, Sendable {
  let name: String
  let password: String
}

/// What the page does: an action after a number of others, with a reason where one is needed.
struct ActionMessage: Codable, Sendable {
  let version: Int
  let action: ReviewAction
  let reason: String?
}

/// A sentence for the reader.
struct Refusal: Codable, Sendable {
  let error: String
  let code: String
}

/// Who is logged in.
struct SessionMessage: Codable, Sendable {
  let user: String?
  let role: Role?
  let hasAccounts: Bool
  let isBlind: Bool
  let writeToken: String
  let version: String
}

/// A line of the worklist.
struct WorklistEntry: Codable, Sendable {
  let number: Int
  let study: String
  let state: String
  let actions: Int
  let signatures: Int
  /// The signed readings of others that may be compared.
  let signedReadings: Int
}

/// A scan as the page needs it.
struct CaseMessage: Codable, Sendable {
  let number: Int
  let study: String
  let slices: Int
  let rows: Int
  let columns: Int
  let spacing: [Double]
  let origin: [Double]
  /// Whether growing columns, rows and slices lead to the left, the back and the head.
  let towards: [Bool]
  let threshold: Int
  let chunkSlices: Int
  let chunks: Int
  let facts: [String]
  let warnings: [String]
  let hasReference: Bool
  let hasExplanation: Bool
  let isAdjudication: Bool
}

/// One lesion.
struct LesionMessage: Codable, Sendable {
  let id: Int
  let label: ReviewLabel?
  let origin: LesionOrigin
  let proposed: ReviewLabel?
  let remark: String?
  let chance: Double?
  let uncertainty: Double?
  let locked: Bool
  let seen: Bool
  let agatston: Double
  let volume: Double
  let peak: Int
  let mean: Double
  let slices: [Int]
  let voxel: [Int]
  let runs: VoxelSet
}

/// A row of the score table.
struct ScorePart: Codable, Sendable {
  let name: String
  let agatston: Double
  let volume: Double
  let lesions: Int
  /// The same of what was proposed; `nil` where nothing was.
  let proposed: Double?
}

/// The state of a reading, or what changed of it.
struct ReadingMessage: Codable, Sendable {
  let version: Int
  let isWhole: Bool
  let lesions: [LesionMessage]
  let removed: [Int]
  let parts: [ScorePart]
  let total: ScorePart
  let beside: [ScorePart]
  let category: String
  let canUndo: Bool
  let canRedo: Bool
  let unseen: Int
  let isSigned: Bool
  let signatures: [Signature]
  let quality: [ReviewAction.QualityNote]
  let note: String
  let sources: [String]
  let doubts: [String]
  /// `nil` where there is no earlier scan, or the reader may not see it yet.
  var prior: PriorMessage?
}

/// How the reading compares with the patient's earlier scan.
struct PriorMessage: Codable, Sendable {
  struct Part: Codable, Sendable {
    let name: String
    let before: Double
    let now: Double
  }
  struct Lesion: Codable, Sendable {
    let state: String
    let artery: String?
    /// The volumes in mm³; `nil` where it is not there.
    let before: Double?
    let now: Double?
  }
  let parts: [Part]
  let total: Part
  let words: String
  let years: Double?
  let lesions: [Lesion]?
  let notes: [String]
}

extension PriorMessage {
  /// What `cac compare` finds, as the page shows it.
  init(_ comparison: StudyComparison) {
    func part(_ name: String, _ change: Progression) -> Part {
      Part(name: name, before: change.baseline.agatston, now: change.followUp.agatston)
    }
    self.init(
      parts: comparison.arteries.map { part($0.artery.abbreviation, $0.change) },
      total: part("Total", comparison.total), words: comparison.total.words,
      years: comparison.total.years,
      lesions: comparison.lesions?.all.map { change in
        Lesion(
          state: change.state.rawValue, artery: change.artery?.abbreviation,
          before: change.prior.isEmpty ? nil : change.volumes.before,
          now: change.current.isEmpty ? nil : change.volumes.after)
      }, notes: comparison.notes)
  }
}

/// Where a case is that is not ready.
struct ProgressMessage: Codable, Sendable {
  let state: String
  let share: Double
  let sentence: String
}

/// A reading of someone else, or the reference, to be laid over.
struct OverlayMessage: Codable, Sendable {
  struct Layer: Codable, Sendable {
    let name: String
    let lesions: [Part]
    let agatston: Double?
  }
  struct Part: Codable, Sendable {
    let label: ReviewLabel?
    let runs: VoxelSet
  }
  let layers: [Layer]
}
