// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Files
public import Foundation
import Images
import NIfTI
import NNUNet
import Volume

/// A way by which bytes that others made come into the project.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// OsiriX annotations, up to masks, scores and the audit.
  case annotation
  /// NIfTI files, as images and as masks.
  case nifti
  /// DICOM series; `FuzzFiles` says how one input holds several files.
  case dicom
  /// NRRD, MetaImage, GIPL, PNG, BMP and TIFF files, as images and as label maps.
  case image
  /// Actions that a page sends to `cac review`.
  case review

  /// What became of an input; both are as they should be.
  public enum Outcome: Sendable, Equatable {
    /// It was read.
    case value
    /// It was refused with this sentence.
    case refusal(String)
  }

  /// Runs one input through all that follows from it.
  ///
  /// - Parameter folder: is empty, or holds what an earlier run left there.
  /// - Throws: `FuzzFault` where the outcome is neither a sound value nor a clear sentence.
  public func run(_ bytes: Data, in folder: URL) throws -> Outcome {
    switch self {
    case .annotation: try runAnnotation(bytes)
    case .nifti: try runNIfTI(bytes, in: folder)
    case .dicom: try runDICOM(bytes, in: folder)
    case .image: try runImage(bytes, in: folder)
    case .review: try runReview(bytes)
    }
  }
}

/// An input was read wrongly, or refused without a sentence that says why.
public struct FuzzFault: Error, CustomStringConvertible {
  /// What is wrong with the outcome.
  public let description: String

  init(_ description: String) { self.description = description }

  /// Throws where a condition does not hold.
  static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw FuzzFault(description()) }
  }

  /// The sentence of an error of this project; any other error, and a sentence that no one could
  /// read, is a fault.
  static func sentence(of error: any Error) throws -> String {
    let text: String
    switch error {
    case let error as COCAError: text = error.description
    case let error as NIfTIError: text = error.description
    case let error as DICOMError: text = error.description
    case let error as ImageFileError: text = error.description
    case let error as NNUNetError: text = error.description
    case let error as FileError: text = error.description
    case let fault as FuzzFault: throw fault
    default: throw FuzzFault("an error without a sentence: \(error)")
    }
    try require(text: text)
    return text
  }

  /// Throws where a sentence is empty, endless or would spoil the terminal that shows it.
  static func require(text: String) throws {
    try require((10...1500).contains(text.utf8.count), "a message of \(text.utf8.count) bytes")
    let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    try require(isClean, "a message with control characters: \(text.debugDescription)")
  }

  /// Throws where a place in the patient is none.
  static func require(_ geometry: Geometry) throws {
    let axes = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    for i in 0..<3 {
      let spacing = geometry.spacing[i]
      try require(spacing > 0 && spacing.isFinite, "a spacing of \(spacing) mm")
      try require(geometry.origin[i].isFinite, "an origin of \(geometry.origin)")
      for j in 0...i {
        let product = (axes[i] * axes[j]).sum()
        try require(abs(product - (i == j ? 1 : 0)) < 1e-3, "directions \(geometry.direction)")
      }
    }
  }
}
