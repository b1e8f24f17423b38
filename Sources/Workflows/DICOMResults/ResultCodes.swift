// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOMObjects

/// The coded concepts of calcium in DICOM objects.
///
/// Segments are calcium in an artery: the artery is where (Anatomic Region, CID 3016), not what.
/// Numbers have the concepts of TID 3905 and CID 3870; "Calcium score" (112058, DCM) is retired.
enum ResultCodes {
  static let abnormal = DICOMCode("49755003", "SCT", "Morphologically Abnormal Structure")
  static let calcification = DICOMCode("18115005", "SCT", "Pathologic calcification")
  static let coronaryArtery = DICOMCode("41801008", "SCT", "Coronary artery")
  /// Of CID 100, which has no procedure for calcium; what was measured says the rest.
  static let procedure = DICOMCode("25045-6", "LN", "CT unspecified body region")

  static let agatston = DICOMCode("450360000", "SCT", "Coronary artery calcium score")
  static let agatstonMethod = DICOMCode("112055", "DCM", "Agatston scoring method")
  static let volume = DICOMCode("122660", "DCM", "Calcium Volume")
  static let mass = DICOMCode("122661", "DCM", "Calcium Mass")
  static let lesions = DICOMCode("111038", "DCM", "Number of calcifications")
  static let threshold = DICOMCode("122657", "DCM", "Agatston Score Threshold")

  static let noUnits = DICOMCode("1", "UCUM", "no units")
  static let cubicMillimetre = DICOMCode("mm3", "UCUM", "cubic millimeter")
  static let milligram = DICOMCode("mg", "UCUM", "milligram")
  static let hounsfield = DICOMCode("[hnsf'U]", "UCUM", "Hounsfield unit")

  /// Where an artery's calcium is.
  static func site(_ artery: Artery) -> DICOMCode {
    switch artery {
    case .leftMain: DICOMCode("3227004", "SCT", "Left main coronary artery")
    case .leftAnteriorDescending:
      DICOMCode("59438005", "SCT", "Anterior descending branch of left coronary artery")
    case .leftCircumflex: DICOMCode("57396003", "SCT", "Circumflex branch of left coronary artery")
    case .right: DICOMCode("13647002", "SCT", "Right coronary artery")
    }
  }

  /// The recommended colours: sRGB pink, orange, sky blue and green in CIELab, as DICOM scales it.
  static func lab(_ artery: Artery?) -> [UInt16] {
    switch artery {
    case .leftMain: [47_600, 46_100, 29_400]
    case .leftAnteriorDescending, nil: [48_900, 40_200, 50_500]
    case .leftCircumflex: [50_300, 27_900, 24_400]
    case .right: [52_800, 17_200, 41_600]
    }
  }
}
