// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Learning
import Torch

/// How networks are computed, and which windows are left out or mirrored.
struct InferenceFlags: ParsableArguments {
  @Flag(
    help: """
      The fastest choice whose Agatston scores stay within 1 % on phantoms: --engine packed where \
      that is possible, --skip-empty, --mirror-candidates where copies are averaged, and --precision \
      bfloat16 where the processor multiplies it. What was done is said at the end and in the run \
      record.
      """)
  var fast = false
  @Flag(
    help: """
      Leave out windows (2D: slices) without a voxel of at least 130 HU between the lungs that is \
      not bone; they become background. Nothing is left out with contrast agent or without lungs.
      """)
  var skipEmpty = false
  @Flag(
    help: """
      Average over mirrored copies only windows (2D: slices) with a candidate lesion, connected voxels of at least \
      130 HU, that the prediction without copies leaves undecided.
      """)
  var mirrorCandidates = false
  @Option(help: "What networks multiply: float32 or bfloat16 (processors with AVX-512 BF16).")
  var precision: Precision?
  @Option(
    help: """
      How networks are computed: plain, with nnunetv2's digits; packed for the processor, faster \
      and equal but for rounding; or auto: packed where that is possible. (default: plain, packed \
      with --precision bfloat16)
      """)
  var engine: InferenceEngine?

  /// The two of libtorch's element types (`DType`) that networks can multiply, so that help and errors
  /// name these alone.
  enum Precision: String, CaseIterable {
    case float32, bfloat16
    var dtype: DType { self == .float32 ? .float32 : .bfloat16 }
  }

  func validate() throws {
    if fast, engine != nil || precision != nil || skipEmpty {
      throw ValidationError("--fast chooses engine, precision and windows itself; give it alone")
    }
    if engine == .plain, precision == .bfloat16 {
      throw ValidationError("--precision bfloat16 needs the packed engine, not --engine plain")
    }
  }

  /// The options for the predictor; throws where `--fast` cannot tell what this processor can do.
  var values: InferenceOptions {
    get throws {
      var options = fast ? try InferenceOptions.fast() : InferenceOptions()
      if mirrorCandidates { options.undecided = InferenceOptions.undecidedRange }
      if fast { return options }
      options.engine = engine ?? (precision == .bfloat16 ? .packed : .plain)
      options.precision = precision?.dtype ?? .float32
      options.skipsEmptyWindows = skipEmpty
      return options
    }
  }
}
