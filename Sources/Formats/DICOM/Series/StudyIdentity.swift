// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// Whose scan it is, and of which day: to tell whether two scans are of one patient.
///
/// It holds no name, number or date: only what is left of them after hashing with a number that this process
/// has drawn. So it can be compared, and the days between two scans can be counted, and no more.
public struct StudyIdentity: Hashable, Sendable {
  private let patient: String?
  private let issuer: String?
  private let birth: String?
  /// The day, counted from one that nobody knows.
  private let day: Int?

  private static let secret = UInt64.random(in: 1 << 20...UInt64.max)

  init(_ data: Elements) {
    func text(_ tag: Tag) -> String? { data.string(tag).flatMap { $0.isEmpty ? nil : $0 } }
    func hidden(_ tag: Tag) -> String? { text(tag).map { Digest.sha256("\(Self.secret) \($0)") } }
    patient = hidden(Tag(0x10, 0x20))
    issuer = hidden(Tag(0x10, 0x21))
    birth = hidden(Tag(0x10, 0x30))
    // The day of the acquisition; archives that shift dates shift all of them.
    day = (text(Tag(0x08, 0x22)) ?? text(Tag(0x08, 0x20))).flatMap(Self.day).map {
      Int(($0.timeIntervalSince1970 / 86_400).rounded()) + Int(Self.secret % 1_000_000)
    }
  }

  /// The day of "20240131", or of ACR-NEMA's "2024.01.31"; `nil` before there was CT, which is what headers
  /// without a patient's dates say.
  static func day(_ text: String) -> Date? {
    let digits = text.filter { $0 != "." }
    guard digits.count == 8, digits.allSatisfy({ ("0"..."9").contains($0) }),
      let number = Int(digits), number / 10_000 > 1970
    else { return nil }
    var parts = DateComponents()
    (parts.year, parts.month, parts.day) = (number / 10_000, number / 100 % 100, number % 100)
    parts.timeZone = TimeZone(identifier: "UTC")
    parts.calendar = Calendar(identifier: .gregorian)
    guard parts.isValidDate else { return nil }
    return parts.date
  }

  /// Whether two scans are of one patient, as far as their headers say it.
  public enum Agreement: Sendable {
    /// Patient number, its issuer and the day of birth agree.
    case same
    /// Something that both headers have differs; the text names what, not its value.
    case different(String)
    /// A header lacks the patient number.
    case unknown
  }

  /// Compares with another scan's.
  public func agreement(with other: StudyIdentity) -> Agreement {
    let pairs = [
      ("patient number", patient, other.patient),
      ("issuer of the patient number", issuer, other.issuer),
      ("day of birth", birth, other.birth),
    ]
    for (name, a, b) in pairs {
      if let a, let b, a != b { return .different(name) }
    }
    return patient == nil || other.patient == nil ? .unknown : .same
  }

  /// The days from this scan to another; `nil` where a header has no date.
  public func days(to other: StudyIdentity) -> Double? {
    guard let day, let later = other.day else { return nil }
    return Double(later - day)
  }
}
