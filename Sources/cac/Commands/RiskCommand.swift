// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import Prognosis
import Report
import Risk
import Workflow

/// `cac risk`: published models of cardiovascular risk, with and without the calcium score.
struct RiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "risk",
    abstract:
      "Estimate cardiovascular risk from a table or one person's values, by published models.",
    discussion: """
      mesa-cac and mesa (10-year coronary heart disease with and without calcium), prevent, score2, \
      score2-op, pce, arterial-age, and the class CAC-DRS. Each number comes with its publication and \
      the ages that it holds for; where an input is missing or cannot be, there is none, and the reason. \
      No medical advice.

      Examples:
        cac risk --age 70 --sex male --race hispanic --total-cholesterol 190mg/dL --hdl 50mg/dL \
      --systolic 130 --pressure-medication yes --lipid-medication no --diabetes no --smoker no \
      --family-history no --agatston 0
        cac risk people.csv --csv risk.csv
        cac risk people.csv --scores RESULT.csv --region low --csv risk.csv
        cac risk people.csv --scores RESULT.csv --percentiles mesa2006.csv --person 17 --report 17.html
      Columns: id, age, sex, race, total_cholesterol_mg_dl or total_cholesterol_mmol_l, hdl_mg_dl or \
      hdl_mmol_l, systolic_mmhg, pressure_medication, lipid_medication, diabetes, smoker, \
      family_history, bmi, egfr, agatston, region. Empty cells are unknown.
      A table of percentiles has the columns source, edition, sex, race (or all), age_from, age_to, \
      percentile, score; none comes with cac, since those in use are under copyright.
      """)

  @Argument(help: "A CSV table with a row for each person.")
  var table: String?
  @Option(help: "RESULT.csv of cac score, whose computed calcium belongs to the table's subjects.")
  var scores: String?
  @Option(
    help: ArgumentHelp(
      "Only this model; may be given several times: \(RiskRun.modelNames.joined(separator: ", ")).",
      valueName: "name"))
  var model: [String] = []
  @Option(help: "The region of SCORE2: low, moderate, high or very-high.")
  var region: RiskFactors.Region?
  @Option(help: "A CSV table of published percentiles of the score by age and sex.")
  var percentiles: String?
  @Option(help: "Only this person of the table, by the name in its column id.")
  var person: String?
  @Option(help: "Write a page about one person to this file (HTML).")
  var report: String?
  @Option(help: "Write a line for each person, model and outcome to this file.")
  var csv: String?
  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: "Age in years.")
  var age: Double?
  @Option(help: "female or male.")
  var sex: RiskFactors.Sex?
  @Option(help: "white, black, hispanic or chinese.")
  var race: RiskFactors.Race?
  @Option(help: "Total cholesterol with its unit: 190mg/dL or 4.9mmol/L.")
  var totalCholesterol: CholesterolArgument?
  @Option(help: "HDL cholesterol with its unit.")
  var hdl: CholesterolArgument?
  @Option(help: "Systolic blood pressure in mmHg.")
  var systolic: Double?
  @Option(help: "Whether the pressure is treated by drugs: yes or no.")
  var pressureMedication: YesNoArgument?
  @Option(help: "Whether lipids are lowered by drugs: yes or no.")
  var lipidMedication: YesNoArgument?
  @Option(help: "yes or no.")
  var diabetes: YesNoArgument?
  @Option(help: "Whether the person smokes now: yes or no.")
  var smoker: YesNoArgument?
  @Option(help: "A heart attack of a parent, sibling or child: yes or no.")
  var familyHistory: YesNoArgument?
  @Option(help: "Body mass index in kg/m².")
  var bmi: Double?
  @Option(help: "Estimated glomerular filtration rate in mL/min/1.73 m².")
  var egfr: Double?
  @Option(help: "The Agatston score.")
  var agatston: Double?

  private var factors: RiskFactors {
    var person = RiskFactors()
    person.age = age
    person.sex = sex
    person.race = race
    person.totalCholesterol = totalCholesterol?.milligrams
    person.hdlCholesterol = hdl?.milligrams
    person.systolicPressure = systolic
    person.pressureMedication = pressureMedication?.isYes
    person.lipidMedication = lipidMedication?.isYes
    person.diabetes = diabetes?.isYes
    person.smoker = smoker?.isYes
    person.familyHistory = familyHistory?.isYes
    person.bodyMassIndex = bmi
    person.filtrationRate = egfr
    person.agatston = agatston
    return person
  }

  func validate() throws {
    if table == nil, factors == RiskFactors() {
      throw ValidationError("give a table, or one person's values (--age, --sex, …)")
    }
    if table != nil, factors != RiskFactors() {
      throw ValidationError("a table and one person's values exclude each other")
    }
    if table == nil, scores != nil {
      throw ValidationError("--scores belongs to a table; give --agatston for one person")
    }
    if table == nil, person != nil {
      throw ValidationError("--person chooses from a table; there is none")
    }
    if table != nil, report != nil, person == nil {
      throw ValidationError("--report is about one person; say which one of the table by --person")
    }
    if let unknown = model.first(where: { !RiskRun.modelNames.contains($0) }) {
      throw ValidationError(
        "--model \(unknown): the models are \(RiskRun.modelNames.joined(separator: ", "))")
    }
  }

  func run() throws {
    var run = RiskRun()
    run.models = model
    run.scores = scores.map(path)
    run.region = region
    run.percentiles = try percentiles.map { try PercentileFile.read(path($0)) }
    var (people, notes) =
      try table.map { try run.people(in: path($0)) } ?? ([run.person(factors, id: "")], [])
    if let table, let person {
      people = people.filter { $0.id == person }
      guard !people.isEmpty else {
        throw WorkflowError(.missing, "\(table) has no person \(person); see its column id")
      }
    }
    for note in notes { writeToStandardError("note: \(note)") }
    if let csv {
      try StagedFile.write(RiskText.csv(people), to: path(csv))
      try RunRecord(command: "risk").write(beside: path(csv))
    }
    if let report, let one = people.first {
      let content = RiskPage.content(one, date: Date.now.formatted(.iso8601.year().month().day()))
      try HTMLReport(content).write(to: path(report))
      try RunRecord(command: "risk").write(beside: path(report))
    }
    if json {
      print(try RiskText.json(people), terminator: "")
    } else if people.count == 1, table == nil || person != nil {
      print(RiskText.text(people[0]))
    } else {
      print(RiskText.summary(people))
    }
    if people.allSatisfy({ $0.answers.allSatisfy { $0.refusal != nil } }) {
      throw WorkflowError(.invalid, "no model has a number for anybody; see the reasons")
    }
  }
}

/// An amount of cholesterol with its unit.
struct CholesterolArgument: ExpressibleByArgument {
  let milligrams: Double

  init?(argument: String) {
    let text = argument.lowercased().filter { $0 != " " }
    if text.hasSuffix("mg/dl"), let number = Double(text.dropLast(5)) {
      milligrams = number
    } else if text.hasSuffix("mmol/l"), let number = Double(text.dropLast(6)) {
      milligrams = number / RiskFactors.millimolesPerMilligram
    } else {
      return nil
    }
  }
}

/// Yes or no.
struct YesNoArgument: ExpressibleByArgument {
  let isYes: Bool

  init?(argument: String) {
    switch argument.lowercased() {
    case "yes", "y", "true", "1": isYes = true
    case "no", "n", "false", "0": isYes = false
    default: return nil
    }
  }
}
