// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import Random
import TestSupport
import Testing

/// `cac train-risk` on cohorts whose hazards are known.
@Suite struct `Learning risk from a cohort` {
  /// A cohort whose hazard grows with age and ln(agatston + 1); competing events of age alone.
  private func table(_ count: Int = 800, competing: Bool = false, missing: Bool = false) -> String {
    var random = SplitMix64(seed: 4)
    func unit() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }
    func normal() -> Double { (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()) }
    var text = "id,age,sex,agatston,years,event\n"
    for i in 0..<count {
      let age = 60 + 9 * normal()
      let score = unit() < 0.4 ? 0 : exp(3.5 + 1.6 * normal())
      let hazard = exp(0.05 * (age - 60) + 0.35 * log1p(score) - 4.3)
      let (event, other, end) = (
        -log(unit()) / hazard, competing ? -log(unit()) / 0.02 : .infinity, 3 + 11 * unit()
      )
      let time = min(event, other, end)
      let cause = time == end ? 0 : time == other ? 2 : 1
      let ageText = missing && unit() < 0.1 ? "" : "\((age * 10).rounded() / 10)"
      text += "p\(i),\(ageText),\(i % 2 == 0 ? "female" : "male"),\(score),\(time),\(cause)\n"
    }
    return text
  }

  private func run(_ table: String, _ line: String) throws -> (Cac.Outcome, TemporaryFolder) {
    let folder = try TemporaryFolder()
    try Data(table.utf8).write(to: folder.file("cohort.csv"))
    let outcome = try Cac.run(
      ["train-risk", "cohort.csv"] + line.split(separator: " ").map(String.init), in: folder.url)
    return (outcome, folder)
  }

  private static let usual = "--time years --event event --covariate age --covariate sex"

  @Test func `what calcium brings is found, and where it brings nothing nothing is`() throws {
    let (outcome, folder) = try run(table(), "\(Self.usual) --out risk")
    outcome.expectSuccess()
    #expect(outcome.out.contains("calcium: likelihood ratio"))
    let coefficients = try String(
      contentsOf: folder.file("risk/coefficients.csv"), encoding: .utf8)
    let row = try #require(
      coefficients.split(separator: "\n").first {
        $0.hasPrefix("cox,with calcium,ln(agatston + 1),")
      })
    let cells = row.split(separator: ",", omittingEmptySubsequences: false)
    let (value, error) = (try #require(Double(cells[3])), try #require(Double(cells[4])))
    // The hazard was made with 0.35.
    #expect(abs(value - 0.35) < 3 * error && error < 0.05)
    let risks = try String(contentsOf: folder.file("risk/risks.csv"), encoding: .utf8)
    #expect(risks.split(separator: "\n").count == 801)
    let page = try String(contentsOf: folder.file("risk/report.html"), encoding: .utf8)
    #expect(page.contains("Decision curve") && !page.contains("<script"))
    // The same seed gives the same parts.
    let again = try run(table(), Self.usual).0
    #expect(again.out == outcome.out)
  }

  @Test func `competing events bring Fine and Gray's model`() throws {
    let (outcome, _) = try run(table(competing: true), "\(Self.usual) --horizon 5")
    outcome.expectSuccess()
    #expect(
      outcome.out.contains("competing") && outcome.out.contains("subdistribution hazard ratio"))
  }

  @Test func `missing values are refused, or imputed and said`() throws {
    let refused = try run(table(missing: true), Self.usual).0
    #expect(refused.status == 1 && refused.err.contains("values are missing: age of"))
    let (outcome, _) = try run(table(missing: true), "\(Self.usual) --impute 5")
    outcome.expectSuccess()
    #expect(outcome.out.contains("imputed 5 times by chained equations"))
  }

  @Test func `what knows the outcome is warned of`() throws {
    var leaking = table(300).split(separator: "\n").map(String.init)
    leaking[0] += ",died_later"
    for i in leaking.indices.dropFirst() {
      leaking[i] += leaking[i].hasSuffix(",1") ? ",0.5" : ",0.25"
    }
    let (outcome, _) = try run(
      leaking.joined(separator: "\n") + "\n",
      "\(Self.usual) --covariate died_later --ridge 50 --horizon 5")
    outcome.expectSuccess()
    #expect(outcome.out.contains("possible leak: died_later sounds as if"))
  }

  @Test(arguments: [
    (
      "id,age,agatston,years,event\na,50,1,-1,0\n",
      "column years: −1.00 years: the follow-up ends before the scan"
    ),
    ("id,age,agatston,years,event\na,50,1,2,0.5\n", "column event: 0.5 is no event"),
    ("id,age,agatston,years,event\na,50,1,,0\n", "column years: is empty"),
    ("id,age,agatston,years,event\na,50,-3,2,0\n", "column agatston: -3.0 is no score"),
    ("id,age,agatston,years,event\na,old,1,2,0\n", "column age: \"old\" is no number"),
    ("id,age,years,event\na,50,2,0\n", "there is no column agatston"),
    ("id,agatston,years,event\na,1,2,0\n", "there is no column age"),
    ("id,age,agatston,years,event\na,50,1,2,0\na,51,1,2,0\n", "a is there twice"),
    ("id,age,agatston,years,event\na,50,1,2,1\n", "nobody is watched beyond 10.0 years"),
    ("id,age,agatston,years,event\na,50,1,12,0\nb,51,2,11,0\n", "no event"),
  ])
  func `a table that cannot be used is one sentence`(table: String, sentence: String) throws {
    let (outcome, _) = try run(table, "--time years --event event --covariate age")
    #expect(outcome.status == 1 && outcome.err.contains(sentence), "\(outcome.err)")
  }

  @Test func `report shows the risk that a cohort's folder holds`() throws {
    let (outcome, folder) = try run(table(missing: true), "\(Self.usual) --impute 3 --out risk")
    outcome.expectSuccess()
    let rows = (0..<12).map { "p\($0),\($0 * $0),\($0 * $0 + $0 % 3),1,1" }
    let scores = (["patient_name,given_agatston,computed_agatston,given_vol,computed_vol"] + rows)
      .joined(separator: "\n")
    try Data(scores.utf8).write(to: folder.file("RESULT.csv"))
    try Cac.succeed(
      ["evaluate", "RESULT.csv", "--out", "evaluation", "--bootstrap", "200"], in: folder.url)
    try Cac.succeed(["report", "evaluation", "--risk", "risk"], in: folder.url)
    let page = try String(contentsOf: folder.file("evaluation/report.html"), encoding: .utf8)
    for text in [
      "Risk, without and with calcium", "Decision curve", "net reclassification by classes",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    // The same sections as on the cohort's own page.
    let own = try String(contentsOf: folder.file("risk/report.html"), encoding: .utf8)
    let row = try #require(own.firstMatch(of: #/Brier score, less by[^~]{20,140} to [-−0-9.]+/#))
    #expect(page.contains(row.0))
    let none = try Cac.run(["report", "evaluation", "--risk", "evaluation"], in: folder.url)
    #expect(
      none.status == 1 && none.err.contains("has no risk.json; name a folder that cac train-risk"))
    try Data("{}".utf8).write(to: folder.file("evaluation/risk.json"))
    let other = try Cac.run(["report", "evaluation", "--risk", "evaluation"], in: folder.url)
    #expect(other.status == 1 && other.err.contains("run it again"))
  }
}
