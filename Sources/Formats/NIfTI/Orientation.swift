// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Volume

/// The way between NIfTI's RAS matrices and DICOM's LPS directions.
enum Orientation {
  /// How far the product of the directions with their transpose may be from the identity.
  static let orthonormalTolerance = 1e-4

  /// How far the columns of the sform may be from `pixdim`, in mm.
  static let spacingTolerance = 1e-3

  /// The geometry that a header declares, and the part of the header that declared it.
  ///
  /// The rule is that of ITK 5.3 and later, so that SimpleITK and nnU-Net see the same grid: an
  /// orthonormal sform is used if it is the only form, or is a scanner's, or agrees with the qform;
  /// else the qform; with neither, identity directions and origin zero. nibabel differs only where
  /// the forms contradict each other. Spacing is `pixdim`. Unlike both, a chosen sform whose
  /// columns have other lengths than `pixdim` is an error: one of the two is wrong.
  static func geometry(
    of raw: cnifti_header, extent: Extent, path: String
  ) throws(NIfTIError) -> (Geometry, NIfTIHeader.GeometrySource) {
    let spacing = try spacing(raw, path: path)
    let hasQform = raw.qform_code > 0
    let hasSform = raw.sform_code > 0
    let qform = hasQform ? Affine(quaternionOf: raw) : nil
    let sform = hasSform ? Affine(sformOf: raw) : nil

    if let sform, sform.isFinite, sform.isOrthonormal {
      let isPreferred =
        qform == nil || raw.sform_code == 1 || qform.map { sform.agrees(with: $0) } == true
      if isPreferred {
        let lengths = sform.lengths
        let gap = lengths - spacing
        guard max(abs(gap.x), abs(gap.y), abs(gap.z)) <= spacingTolerance else {
          throw NIfTIError(
            .geometry, path: path,
            detail: "the header contradicts itself: pixdim says \(text(spacing)) mm, "
              + "the sform \(text(lengths)) mm; write the right one")
        }
        return (sform.geometry(extent: extent, spacing: spacing), .sform)
      }
    }
    if let qform {
      guard qform.isFinite, qform.isOrthonormal else {
        throw NIfTIError(
          .geometry, path: path, detail: "the qform is no rotation; write a valid qform or sform")
      }
      return (qform.geometry(extent: extent, spacing: spacing), .qform)
    }
    if let sform {
      throw NIfTIError(
        .geometry, path: path,
        detail: sform.isFinite
          ? "the axes of the sform are not perpendicular; resample to a grid that is"
          : "the sform holds values that are no numbers")
    }
    return (Geometry(extent: extent, spacing: spacing), .pixdim)
  }

  private static func spacing(
    _ raw: cnifti_header, path: String
  ) throws(NIfTIError) -> SIMD3<Double> {
    // 0 is unknown, 2 is millimetres.
    let unit = raw.xyzt_units & 7
    guard unit == 0 || unit == 2 else {
      throw NIfTIError(
        .unsupported, path: path,
        detail:
          "lengths are in \(unit == 1 ? "metres" : unit == 3 ? "micrometres" : "unit \(unit)")"
          + "; write them in millimetres")
    }
    var z = Double(raw.pixdim.3)
    // A file of two dimensions leaves the third spacing unset.
    if raw.dim.0 < 3, z == 0 { z = 1 }
    let spacing = SIMD3(Double(raw.pixdim.1), Double(raw.pixdim.2), z)
    // Beyond a nanometre and a metre it is a fault, and single precision keeps no position.
    for axis in 0..<3 where !(1e-6...1e3).contains(spacing[axis]) {
      throw NIfTIError(
        .geometry, path: path,
        detail: "the spacing along \(["x", "y", "z"][axis]) is \(spacing[axis]) mm; "
          + "write the true spacing")
    }
    return spacing
  }

  private static func text(_ v: SIMD3<Double>) -> String { "(\(v.x), \(v.y), \(v.z))" }
}
