// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import COCA
import Concurrency
import Files
import Studies
import Workflow

/// Where nnU-Net's three folders are.
struct RootOptions: ParsableArguments {
  @Option(help: "Raw data sets (default: $nnUNet_raw, else ./nnUNet_raw).")
  var raw: String?
  @Option(help: "Preprocessed data (default: $nnUNet_preprocessed, else ./nnUNet_preprocessed).")
  var preprocessed: String?
  @Option(help: "Trained models (default: $nnUNet_results, else ./nnUNet_results).")
  var results: String?

  var roots: Roots { Roots(raw: raw, preprocessed: preprocessed, results: results) }
}

/// The number of subjects that are worked on at once.
struct JobOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Subjects worked on at once; memory grows with it.")
  var jobs = Machine.processorCount

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs must be at least 1") }
  }
}

/// The share of the cases that this process works on, where several machines divide them.
struct PartOptions: ParsableArguments {
  @Option(help: "Into how many parts the cases are divided, to be worked on by several machines.")
  var parts = 1
  @Option(
    help: "The part of this process, from 0: every case of that number plus multiples of --parts.")
  var part = 0

  func validate() throws {
    guard parts >= 1 else { throw ValidationError("--parts must be at least 1, not \(parts)") }
    guard (0..<parts).contains(part) else {
      throw ValidationError("--part must be from 0 to \(parts - 1) with --parts \(parts)")
    }
  }

  var value: CasePart { .init(number: part, count: parts) }
}

/// Whether incomplete DICOM series are repaired; every repair is named in the result.
struct RepairOptions: ParsableArguments {
  @Flag(help: "Interpolate slices that are missing between others; else such a series is refused.")
  var fillGaps = false
  @Flag(
    help: """
      Set pixels that truncated files lack to air (-1024 HU) and pass over unreadable files; else \
      such a series is refused.
      """)
  var allowTruncated = false

  @Flag(
    name: .customLong("assume-hu"),
    help: """
      Take values for Hounsfield units where the header does not say that they are (no slope and \
      intercept, or RescaleType US); else such a series is refused.
      """)
  var assumeHU = false

  var input: DICOMInput {
    DICOMInput(
      fillGaps: fillGaps, allowTruncated: allowTruncated, assumesHounsfield: assumeHU)
  }
}

/// How the DICOM studies of a command are read.
struct StudyOptions: ParsableArguments {
  @Option(
    help: """
      The series to use, by its UID, instead of the one that the rules choose; may be repeated, \
      once for each study.
      """)
  var series: [String] = []
  @OptionGroup var repair: RepairOptions

  var input: DICOMInput {
    var input = repair.input
    input.series = series
    return input
  }
}

/// How rows of scores.xlsx are treated whose total is not the sum of the vessels.
struct TotalOptions: ParsableArguments {
  @Option(
    help: """
      Which total of scores.xlsx counts where it is more than 0.5 away from the sum of the vessels: \
      omit (none), file (the stated one) or sum (the vessels').
      """)
  var disagreeingTotal: DisagreeingTotal = .omit
}
