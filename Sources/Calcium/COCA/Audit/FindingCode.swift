// SPDX-License-Identifier: Apache-2.0

/// The kinds of findings.
public enum FindingCode: String, CaseIterable, Codable, Sendable {
  /// There is an annotation, but no series.
  case annotationWithoutDICOM = "annotation-without-dicom"
  /// There is neither an annotation nor a series.
  case emptySubject = "empty-subject"
  /// A note: there is a series, but no annotation, so the subject counts as free of calcium.
  case implicitZero = "implicit-zero"
  /// The annotation cannot be read.
  case unreadableAnnotation = "unreadable-annotation"
  /// The annotation has no region with a contour.
  case emptyAnnotation = "empty-annotation"
  /// A region or image of the annotation has a fault.
  case brokenRegion = "broken-roi"
  /// A region's name is no artery.
  case unknownArtery = "unknown-artery"
  /// A region lies on no slice.
  case unmatchedRegion = "unmatched-roi"
  /// A region lies between the planes of two slices, though near enough to one.
  case offPlaneRegion = "off-plane-roi"
  /// An ImageIndex counts beyond the last slice.
  case indexPastLastSlice = "index-past-last-slice"
  /// The ImageIndex and the position name different slices.
  case indexDisagreement = "index-disagreement"
  /// The ImageIndex counts downwards.
  case indexDownwards = "index-downwards"
  /// The annotation was drawn on a reconstruction with another increment.
  case incrementMismatch = "increment-mismatch"
  /// The slices are not 3 mm apart.
  case unusualIncrement = "unusual-increment"
  /// The steps between the slices differ.
  case unevenSlices = "uneven-slices"
  /// Slices overlap or leave gaps.
  case thicknessMismatch = "thickness-mismatch"
  /// Two files of a series lie at one position.
  case duplicatePosition = "duplicate-position"
  /// The subject has several series.
  case severalSeries = "several-series"
  /// Two series lie at the same positions.
  case identicalPositions = "identical-positions"
  /// The subject's files lie in several folders.
  case severalFolders = "several-folders"
  /// Pixel spacings of annotation and series differ.
  case spacingMismatch = "spacing-mismatch"
  /// Contours in pixels and in millimetres do not fit the series.
  case positionMismatch = "position-mismatch"
  /// The Area of a region is not that of its pixels.
  case areaMismatch = "area-mismatch"
  /// Min, Mean and Max of a region are missing or out of order.
  case figuresDisagree = "figures-disagree"
  /// The tube voltage is not 120 kV.
  case unusualVoltage = "unusual-voltage"
  /// DICOM files cannot be read.
  case unreadableFiles = "unreadable-files"
  /// The subject's folder cannot be looked through.
  case unreadableFolder = "unreadable-folder"
  /// A note: files lack the ending of DICOM.
  case missingEnding = "missing-ending"
  /// A note: files that are no slices were passed over.
  case foreignFiles = "foreign-files"
  /// The series cannot be made into a volume.
  case unreadableVolume = "unreadable-volume"
  /// Voxels stand at the top of the range.
  case metal
  /// A note: filled contours have another number of pixels than recorded.
  case countDiffers = "count-differs"
  /// A note: HU statistics differ from the recorded ones.
  case statisticsDiffer = "statistics-differ"
  /// A note: something about the reference score.
  case referenceNote = "reference"
  /// The total of a row of scores is not the sum of its vessels.
  case totalMismatch = "total-mismatch"
  /// The total of a row of scores is 0, though a vessel has calcium.
  case zeroTotal = "zero-total"
  /// Scores, but no study of their id.
  case scoreWithoutStudy = "score-without-study"
  /// A study, but no scores of its id.
  case studyWithoutScore = "study-without-score"
  /// An id far from all others.
  case strayID = "stray-id"
  /// An id that the run of ids lacks.
  case missingID = "missing-id"
  /// A row of scores without an id, or with one that is no number with a letter.
  case oddID = "odd-id"
  /// Several rows of scores with one id.
  case duplicateID = "duplicate-id"
  /// Something else than a number where a score belongs.
  case textInNumber = "text-in-number"
  /// An empty cell where a score belongs.
  case missingValue = "missing-value"
  /// A score below 0.
  case negativeValue = "negative-value"
  /// A number where a score belongs that is too high for one.
  case implausibleValue = "implausible-value"
  /// A note: the header of the scores is not written as expected.
  case oddHeader = "odd-header"
  /// The non-gated half has no table of scores.
  case missingScores = "missing-scores"
  /// A note: a non-gated study lies in the subject's folder itself.
  case missingInnerFolder = "missing-inner-folder"
}
