// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Volume

/// How a synthetic scan was acquired: what its DICOM header will say.
public struct PhantomAcquisition: Hashable, Sendable {
  /// The tube voltage in kV; always 120.
  public let kilovoltage: Double
  /// The reconstruction kernel and its manufacturer.
  public let kernel: PhantomProtocol.Kernel
  /// The slice thickness in mm.
  public let thickness: Double
  /// The distance between neighbouring slices in mm.
  public let increment: Double
  /// The standard deviation of the noise near the heart, in HU per pixel.
  public let noise: Double
  /// The full width at half maximum of the in-plane point spread, in mm; never below one pixel.
  ///
  /// The kernel and the pixel's own aperture together.
  public let blur: Double
  /// How far the heart moved during the exposure, in mm.
  public let motion: Double
}

/// What a synthetic subject truly has in its coronary arteries.
public struct PhantomTruth: Hashable, Sendable {
  /// The true calcium of one artery.
  public struct ArteryTruth: Hashable, Sendable {
    /// The number of plaques.
    public var lesions = 0
    /// Their volume in mm³, free of blur and threshold.
    public var volume = 0.0
    /// Their mass in mg of hydroxyapatite, at `massPerHU`.
    public var mass = 0.0
    /// The Agatston score of the noise-free image.
    public var agatston = 0.0
  }

  /// The four arteries; those without calcium hold zeros.
  ///
  /// Only plaques whose middle lies within the scanned height count.
  public var arteries: [Artery: ArteryTruth]

  /// The mass calibration of the simulated scanner, in mg/(cm³·HU) at 120 kV.
  ///
  /// A cubic centimetre of calcium of H HU holds H × 0.78 mg (c of Ulzheimer and Kalender 2003).
  public static let massPerHU = 0.78

  /// The sum over the arteries.
  public var total: ArteryTruth {
    arteries.values.reduce(into: ArteryTruth()) { sum, artery in
      sum.lesions += artery.lesions
      sum.volume += artery.volume
      sum.mass += artery.mass
      sum.agatston += artery.agatston
    }
  }
}

/// One subject of the synthetic cohort, complete in memory.
public struct PhantomSubject: Sendable {
  /// The number of the subject within its cohort.
  public let id: Int
  /// The scan in HU as a scanner stores it: whole numbers from −1024 to 3071.
  ///
  /// Axial slices in LPS, ordered from the feet to the head.
  public let ct: Volume<Int16>
  /// The annotation: pixels of at least 130 HU that belong to a true plaque, as `Artery` values.
  ///
  /// As readers do, components of less than 0.5 mm² in a slice are left unmarked.
  public let labels: Volume<UInt8>
  /// The true calcium.
  public let truth: PhantomTruth
  /// How the scan was acquired.
  public let acquisition: PhantomAcquisition
  /// What else is bright in this scan, for example "aorticValve" or "lead"; sorted, without repeats.
  public let distractors: [String]

  /// Whether the annotation marks any pixel; subjects without get no annotation file.
  public var hasCalcium: Bool { labels.voxels.contains { $0 != 0 } }
}
