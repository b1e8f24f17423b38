// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
package import Phantom
import Text

/// The table of the people of a synthetic cohort, with columns as `cac risk` and `cac train-risk` read them.
package struct PhantomPeople: Sendable {
  /// The CSV file to write.
  package var file: URL
  /// How the hazard depends on person and calcium.
  package var hazard: PhantomHazard

  /// A table of people.
  package init(file: URL, hazard: PhantomHazard) {
    self.file = file
    self.hazard = hazard
  }

  private static let header = [
    "id", "age", "sex", "race", "total_cholesterol_mg_dl", "hdl_mg_dl", "systolic",
    "pressure_medication", "statin", "diabetes", "smoker", "family_history", "true_agatston",
    "years", "event",
  ]

  /// Writes the people of subjects.
  func write(_ subjects: [(id: Int, agatston: Double)], seed: UInt64) throws {
    func word(_ flag: Bool) -> String { flag ? "yes" : "no" }
    let rows = subjects.map { id, agatston in
      let person = PhantomPerson(id: id, seed: seed, agatston: agatston, hazard: hazard)
      return [
        "\(id)", "\(person.age)", person.isMale ? "male" : "female", person.race,
        "\(person.totalCholesterol)", "\(person.hdlCholesterol)", "\(person.systolicPressure)",
        word(person.pressureMedication), word(person.statin), word(person.diabetes),
        word(person.smoker), word(person.familyHistory), decimal(agatston, 3),
        decimal(person.years, 2), person.event ? "1" : "0",
      ]
    }
    try StagedFile.write(CSVTable(header: Self.header, rows: rows).text, to: file)
  }
}
