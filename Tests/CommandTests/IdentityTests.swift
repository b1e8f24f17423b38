// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing

@Suite struct `A patient's identity` {
  /// The content of a file, without its compression.
  private func content(_ url: URL) throws -> Data {
    guard url.path.hasSuffix(".gz") else { return try Data(contentsOf: url) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", url.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "gzip cannot read \(url.lastPathComponent)")
    #expect(!data.isEmpty, "\(url.lastPathComponent) is empty")
    return data
  }

  @Test func `reaches no output of any verb`() async throws {
    _ = try await Cohort.train.value
    let (folder, tree) = try await Cohort.copy()
    for id in 0..<8 {
      for slice in Cohort.slices(of: "\(id)", in: tree) { try Identity.write(into: slice) }
    }
    // One subject fails, so that error messages are searched, too.
    try Data().write(to: Cohort.slices(of: "2", in: tree)[3])
    let raw = "nnUNet_raw/Dataset003_Secret"
    let work = folder.file("work")
    try FileManager.default.createDirectory(at: work, withIntermediateDirectories: false)
    try Data("1\n4\n".utf8).write(to: work.at("ids"))
    let model = Cohort.model.path
    let lines = [
      ("coca audit ../tree --json audit.json", 3), ("coca reference ../tree --csv ref.csv", 0),
      ("coca prepare ../tree --dataset 3_Secret --dimension 3d --test-ids ids", 3),
      ("coca prepare ../tree --dataset 4_Slices --dimension 2d", 3), ("plan 3", 0),
      ("preprocess 3 -c 2d", 0),
      ("train 3 2d 0 --epochs 1 --iterations 1 --validation-iterations 1 --device cpu", 0),
      ("predict \(model) ../tree/patient/1 direct --no-mirroring --device cpu", 0),
      ("predict \(model) \(raw)/imagesTs predictions --no-mirroring --device cpu", 0),
      ("score ../tree/patient/1 --candidates --json", 0),
      ("score ../tree/patient/2 --candidates", 1),
      ("score ../tree/patient/1 --mask direct/1.nii.gz --csv one.csv --page one.html --json", 0),
      ("score \(raw)/imagesTs --mask predictions --reference \(raw)/labelsTs --csv R.csv", 0),
      ("evaluate R.csv --out evaluation", 0),
      (
        "report evaluation --images \(raw)/imagesTs --reference \(raw)/labelsTs "
          + "--prediction predictions --cohort \(raw)/prepare-report.json", 0
      ),
    ]
    var outputs: [(String, Data)] = []
    for (line, status) in lines {
      let outcome = try Cac.run(line.split(separator: " ").map(String.init), in: work)
      #expect(Int(outcome.status) == status, "cac \(line): \(outcome.err)")
      outputs.append(("standard output of \(line)", Data(outcome.out.utf8)))
      outputs.append(("standard error of \(line)", Data(outcome.err.utf8)))
    }
    for file in work.allFiles { outputs.append((file, try content(work.at(file)))) }
    #expect(outputs.contains { $0.0.hasSuffix("report.html") })
    #expect(outputs.count > 100)
    Identity.expectAbsence(from: outputs)
    // The search would find them: the scans do hold them.
    let scan = try Data(contentsOf: Cohort.slices(of: "1", in: tree)[0])
    let words = Identity.words
    #expect(words.count { scan.range(of: Data($0.utf8)) != nil } == words.count - 2)
  }
}
