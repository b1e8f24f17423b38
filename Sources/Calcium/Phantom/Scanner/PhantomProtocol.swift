// SPDX-License-Identifier: Apache-2.0

/// What a scanner is set to before a scan: what differs between a calcium scan and an ordinary
/// chest CT.
///
/// `ScannerSettings` are drawn from it, subject by subject.
public struct PhantomProtocol: Hashable, Sendable {
  /// The name that the command line uses.
  public let name: String
  /// Slice thicknesses to choose from, in mm; the increment equals the thickness.
  public let thicknesses: [Double]
  /// The range of pixel spacings at a matrix of 512, in mm, with its most frequent value.
  ///
  /// At another matrix the field of view stays and the spacing follows.
  public let pixelSpacing: (low: Double, usual: Double, high: Double)
  /// The range of slice counts.
  public let slices: ClosedRange<Int>
  /// The height, in mm, that a number of slices outside `slices` covers, within `increments`.
  public let coverage: Double
  /// The increments that a given number of slices may lead to, in mm.
  public let increments: ClosedRange<Double>
  /// The share of the coverage that lies above the ostium of the left main.
  public let shareAbove: Double
  /// Reconstruction kernels to choose from, each with its manufacturer.
  public let kernels: [Kernel]
  /// How often the heart moves visibly during the exposure, and by how many mm.
  public let motion: (chance: Double, low: Double, high: Double)
  /// Whether the field of view is centred on the heart rather than on the chest.
  public let centeredOnHeart: Bool

  /// A reconstruction kernel.
  public struct Kernel: Hashable, Sendable {
    /// The maker's name of the kernel, for example "I30f".
    public let name: String
    /// The maker, as the DICOM header writes it.
    public let manufacturer: String
    /// The full width at half maximum of its in-plane point spread, in mm.
    public let width: Double
  }

  /// A gated calcium scan: 3 mm slices, a small field of view around the heart.
  public static let gated = PhantomProtocol(
    name: "gated", thicknesses: [3], pixelSpacing: (0.32, 0.387, 0.47), slices: 44...57,
    coverage: 146, increments: 3...5, shareAbove: 0.28,
    kernels: [
      Kernel(name: "I30f", manufacturer: "SIEMENS", width: 1.25),
      Kernel(name: "Qr36d", manufacturer: "SIEMENS", width: 1.1),
      Kernel(name: "B35f", manufacturer: "SIEMENS", width: 1),
      Kernel(name: "STANDARD", manufacturer: "GE MEDICAL SYSTEMS", width: 1.15),
    ],
    motion: (0.25, 0.6, 2.2), centeredOnHeart: true)

  /// An ordinary chest CT: 3 to 5 mm slices, the whole thorax, a beating heart.
  public static let chest = PhantomProtocol(
    name: "chest", thicknesses: [3, 3.75, 5], pixelSpacing: (0.6, 0.74, 0.98), slices: 60...80,
    coverage: 270, increments: 3...5, shareAbove: 0.44,
    kernels: [
      Kernel(name: "B30f", manufacturer: "SIEMENS", width: 1.35),
      Kernel(name: "Br40d", manufacturer: "SIEMENS", width: 1.15),
      Kernel(name: "STANDARD", manufacturer: "GE MEDICAL SYSTEMS", width: 1.2),
    ],
    motion: (0.85, 0.8, 3.6), centeredOnHeart: false)

  /// Every protocol.
  public static let all = [gated, chest]

  /// The protocol of a name, or `nil` if the name is none of them.
  public static func named(_ name: String) -> PhantomProtocol? {
    all.first { $0.name == name }
  }

  /// Two protocols are the same if their names are.
  public static func == (a: PhantomProtocol, b: PhantomProtocol) -> Bool { a.name == b.name }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
