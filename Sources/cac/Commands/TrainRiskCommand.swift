// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import Prognosis
import Report
import Workflow

/// `cac train-risk`: models of risk learned from a cohort's own table.
struct TrainRiskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-risk",
    abstract: "Learn models of risk from a cohort's follow-up, without and with the calcium score.",
    discussion: """
      Cox proportional hazards (Efron's ties, strata, clusters, weights, ridge) on the table's risk \
      factors, then on these and ln(Agatston + 1); Fine and Gray's model where there are competing \
      events. Cross-validation keeps each subject in one part and says what calcium brings: C by Harrell \
      and Uno, the AUC and the Brier score at the horizon, net reclassification, calibration, decision \
      curves.

      Examples:
        cac train-risk cohort.csv --time years --event event --covariate age --covariate sex --out risk
        cac train-risk cohort.csv --time years --event event --covariate age --scores RESULT.csv \
      --horizon 5 --impute 20 --out risk
        cac train-risk people.csv --time years --event event --covariate age --covariate statin \
      --calcium true_agatston --images cohort --masks masks --out risk
      Cells are numbers, yes or no, or female and male (0 and 1). The event is 0 (none), 1, and 2 or more \
      for competing ones. Missing values are refused unless they are imputed. With --images networks learn, \
      too: from the table, from the heart's crop with its calcium, from both side by side, and with the \
      image's features scaled by the table (FiLM) or by table and image (DAFT, Pölsterl 2021). The same \
      command goes on where it was stopped.
      """)

  @Argument(help: "A CSV table with a row for each subject.")
  var table: String
  @Option(help: "The column of the years from the scan to the event or the end of follow-up.")
  var time: String
  @Option(help: "The column of the event: 0 none, 1 the event, 2 and more competing ones.")
  var event: String
  @Option(help: ArgumentHelp("A column of a risk factor; may be repeated.", valueName: "column"))
  var covariate: [String] = []
  @Option(help: "The column of the Agatston score.")
  var calcium = "agatston"
  @Option(help: "RESULT.csv of cac score, in place of that column; joined by the column id.")
  var scores: String?
  @Option(help: "The column of the subject's name (default: id, patient_name or subject).")
  var id: String?
  @Option(help: "The column of strata with a baseline hazard of their own.")
  var strata: String?
  @Option(help: "The column of what keeps subjects together, as a family or a site.")
  var cluster: String?
  @Option(help: "The column of weights.")
  var weight: String?
  @Option(help: "The years by which risks are predicted.")
  var horizon = 10.0
  @Option(help: "The ridge penalty: half of it times the sum of squared coefficients.")
  var ridge = 0.0
  @Option(help: "How often missing values are imputed by chained equations; 0 refuses them.")
  var impute = 0
  @Option(help: "The parts of the cross-validation.")
  var folds = 5
  @Option(help: "The seed of parts, imputations and resamples.")
  var seed: UInt64 = 0
  @Option(help: "Write coefficients.csv, risks.csv, risk.json and report.html to this folder.")
  var out: String?
  @OptionGroup(title: "Networks") var networks: NetworkOptions

  func validate() throws {
    guard horizon > 0, horizon < 200 else {
      throw ValidationError("--horizon must be above 0 and below 200 years, not \(horizon)")
    }
    guard ridge >= 0, ridge.isFinite else {
      throw ValidationError("--ridge must not be negative, not \(ridge)")
    }
    guard (0...1_000).contains(impute), impute != 1 else {
      throw ValidationError("--impute must be 0, or 2 to 1000, not \(impute)")
    }
    guard (2...100).contains(folds) else {
      throw ValidationError("--folds must be from 2 to 100, not \(folds)")
    }
  }

  func run() async throws {
    var request = CohortRequest(table: path(table), time: time, event: event, covariates: covariate)
    request.scores = scores.map(path)
    request.calcium = calcium
    (request.id, request.strata, request.clusters, request.weights) = (id, strata, cluster, weight)
    (request.horizon, request.ridge) = (horizon, ridge)
    (request.imputations, request.folds, request.seed) = (impute, folds, seed)
    let networkRequest = try networks.request(out: out)
    let model = try await CohortModel(request) { writeToStandardError($0) }
    var comparison: NetworkComparison?
    if let networkRequest {
      StopSignal.listen()
      let study = try await NetworkStudy(
        request, networkRequest, progress: ProgressBar().handler)
      comparison = NetworkComparison(study, beside: model)
    }
    if let out {
      let folder = path(out)
      try Folder.create(folder)
      try StagedFile.write(
        CohortText.coefficients(model), to: folder.appendingPathComponent("coefficients.csv"))
      try StagedFile.write(CohortText.risks(model), to: folder.appendingPathComponent("risks.csv"))
      try CohortFile.write(model, to: folder)
      if let comparison {
        try StagedFile.write(
          NetworkText.csv(comparison), to: folder.appendingPathComponent("networks.csv"))
        try StagedFile.write(
          NetworkText.scores(comparison), to: folder.appendingPathComponent("network-scores.csv"))
      }
      let date = String(Date.now.formatted(.iso8601).prefix(10))
      let page = folder.appendingPathComponent("report.html")
      try HTMLReport(CohortPage.content(model, networks: comparison, date: date)).write(to: page)
      try RunRecord(command: "train-risk").write(beside: page)
    }
    print(CohortText.text(model))
    guard let comparison else { return }
    print("\n" + NetworkText.text(comparison))
    try report(leftOut: comparison.study.leftOut)
  }
}
