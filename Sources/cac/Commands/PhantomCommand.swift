// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cohorts
import Phantom

/// `cac phantom`: a synthetic cohort.
struct PhantomCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "phantom",
    abstract: "Write a synthetic cohort in COCA's layout (DICOM, OsiriX XML, truth.csv).",
    discussion: """
      Examples:
        cac phantom cohort --subjects 40 --matrix 128 --slices 24 --seed 1
        cac phantom chests --subjects 10 --protocol chest
        cac phantom patients --subjects 10 --anatomy isa_BP3D_4.0_obj_99.zip
        cac phantom before --subjects 4 --follow-up after
        cac phantom cohort --subjects 200 --matrix 96 --people people.csv
      Chest CTs become a non-gated half: deidentified_nongated with scores.xlsx, which holds the \
      scores of a gated scan of the same heart; their annotations lie beside it in calcium_xml.
      """)

  @Argument(help: "The folder to write; made if it is not there.")
  var output: String
  @Option(help: "The number of subjects.")
  var subjects: Int
  @Option(help: "The seed; the same seed gives the same bytes.")
  var seed: UInt64 = 1
  @Option(help: "Rows and columns of a slice.")
  var matrix = 512
  @Option(help: "Slices of a subject; the heart stays covered.")
  var slices: Int?
  @Option(name: .customLong("protocol"), help: "gated (cardiac, 3 mm) or chest (whole thorax).")
  var scanProtocol: PhantomProtocol = .gated
  @Option(
    help: """
      How severe the disease of those with calcium is at least: a rank in the cohort, 0 to 1. \
      Light disease vanishes in a small matrix.
      """)
  var minRank = 0.0
  @Flag(
    help: """
      Add one subject with each anomaly that copies of COCA are known for, and list what an audit \
      has to find in anomalies.csv.
      """)
  var anomalies = false
  @Option(
    help: """
      Scan the subjects once more, years later, into this other folder, with what became of each plaque \
      in its follow-up.csv.
      """)
  var followUp: String?
  @Option(
    help: """
      Write the subjects' risk factors, years of follow-up and events to this CSV file, as cac risk and \
      cac train-risk read them; the hazard rises with age, smoking and calcium.
      """)
  var people: String?
  @Flag(
    help: """
      Let calcium raise the hazard of people without a statin and lower that of the others, so that neither \
      scan nor table tells it alone; needs --people.
      """)
  var interaction = false
  @Option(
    help: """
      BodyParts3D's archive of meshes (isa_BP3D_4.0_obj_99.zip): subjects get the shapes of real \
      anatomy, deformed, instead of ellipsoids and tubes.
      """)
  var anatomy: String?
  @Option(
    help: """
      HuBMAP's female reference heart (VH_F_Heart.glb), which takes the place of that of --anatomy.
      """)
  var heart: String?
  @Option(
    help: """
      What subjects of --anatomy do without, to see what it costs a model: \
      \(Realism.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated.
      """)
  var without: [Realism] = []
  @OptionGroup var jobs: JobOptions

  func validate() throws {
    guard (1...100_000).contains(subjects) else {
      throw ValidationError("--subjects must be between 1 and 100000, not \(subjects)")
    }
    guard (32...1024).contains(matrix) else {
      throw ValidationError("--matrix must be between 32 and 1024, not \(matrix)")
    }
    guard (0..<1).contains(minRank) else {
      throw ValidationError("--min-rank must be at least 0 and below 1, not \(minRank)")
    }
    guard heart == nil || anatomy != nil else {
      throw ValidationError("--heart needs --anatomy, the body that it is put into")
    }
    guard without.isEmpty || anatomy != nil else {
      throw ValidationError("--without needs --anatomy, whose shapes the subjects have")
    }
    guard followUp == nil || !anomalies else {
      throw ValidationError("--follow-up does not go with --anomalies")
    }
    guard !interaction || people != nil else {
      throw ValidationError("--interaction needs --people, the table whose events it changes")
    }
    if let slices, !(4...400).contains(slices) {
      throw ValidationError("--slices must be between 4 and 400, not \(slices)")
    }
  }

  func run() async throws {
    let cohort = PhantomCohort(
      subjects: subjects, seed: seed, matrix: matrix, slices: slices, scanProtocol: scanProtocol,
      minimumRank: minRank, anomalies: anomalies, anatomy: anatomy.map(path),
      heart: heart.map(path), without: Set(without),
      people: people.map {
        PhantomPeople(file: path($0), hazard: PhantomHazard(isCrossed: interaction))
      })
    let summary = try await cohort.write(
      to: path(output), jobs: jobs.jobs, progress: ProgressBar().handler)
    print(summary)
    if let followUp {
      print(
        try await cohort.writeFollowUp(
          to: path(followUp), jobs: jobs.jobs, progress: ProgressBar().handler))
    }
  }
}
