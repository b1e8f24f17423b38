// SPDX-License-Identifier: Apache-2.0

/// How a series was acquired and reconstructed, as far as calcium scoring depends on it.
///
/// It holds nothing that says who was examined, where or when.
public struct Acquisition: Hashable, Sendable, Codable {
  /// The peak tube voltage in kV (KVP).
  public var kilovolts: Double?
  /// The reconstruction kernel (ConvolutionKernel).
  public var kernel: String?
  /// The nominal slice thickness in mm (SliceThickness), which is not the slice increment.
  public var sliceThickness: Double?
  /// The distance between slices in mm that the header claims (SpacingBetweenSlices).
  public var spacingBetweenSlices: Double?
  /// The diameter of the reconstructed field of view in mm (ReconstructionDiameter).
  public var reconstructionDiameter: Double?
  /// The maker of the scanner.
  public var manufacturer: String?
  /// The model of the scanner.
  public var model: String?
  /// Whether ContrastBolusAgent names an agent; "none" and "no" are none.
  public var hasContrastAgent: Bool
  /// The factor in mg/(cm³·HU) that turns attenuation into calcium mass for this patient's size
  /// (CalciumScoringMassFactorPatient).
  public var massFactorOfPatient: Double?
  /// The same of the scanner, for a small, a medium and a large patient
  /// (CalciumScoringMassFactorDevice; PS3.3, C.8.2.1.1.7); `nil` unless there are three.
  public var massFactorsOfDevice: [Double]?

  /// Whether the kernel's name is that of a sharp one, whose noise and edges pass 130 HU.
  package var hasSharpKernel: Bool { kernel.map { Kernel($0).isSharp } ?? false }

  /// An acquisition; what is not known is absent.
  public init(
    kilovolts: Double? = nil, kernel: String? = nil, sliceThickness: Double? = nil,
    spacingBetweenSlices: Double? = nil, reconstructionDiameter: Double? = nil,
    manufacturer: String? = nil, model: String? = nil, hasContrastAgent: Bool = false
  ) {
    self.kilovolts = kilovolts
    self.kernel = kernel
    self.sliceThickness = sliceThickness
    self.spacingBetweenSlices = spacingBetweenSlices
    self.reconstructionDiameter = reconstructionDiameter
    self.manufacturer = manufacturer
    self.model = model
    self.hasContrastAgent = hasContrastAgent
  }

  init(_ data: Elements) {
    // Where a value is not known, some write 0 instead of nothing.
    func positive(_ tag: Tag) -> Double? { data.number(tag).flatMap { $0 > 0 ? $0 : nil } }
    self.init(
      kilovolts: positive(Tag(0x18, 0x60)),
      kernel: data.string(Tag(0x18, 0x1210)),
      sliceThickness: positive(Tag(0x18, 0x50)),
      spacingBetweenSlices: positive(Tag(0x18, 0x88)),
      reconstructionDiameter: positive(Tag(0x18, 0x1100)),
      manufacturer: data.string(Tag(0x08, 0x70)),
      model: data.string(Tag(0x08, 0x1090)),
      hasContrastAgent: data.string(Tag(0x18, 0x10)).map(HeaderWords.namesAgent) ?? false
        // Enhanced CT names agents in a sequence, which is absent or empty where there was none.
        || (try? data.items(Tag(0x18, 0x12)).isEmpty) == false)
    massFactorOfPatient = positive(Tag(0x18, 0x9351))
    massFactorsOfDevice = data.numbers(Tag(0x18, 0x9352)).flatMap {
      $0.count == 3 && $0.allSatisfy { $0 > 0 } ? $0 : nil
    }
  }
}
