// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// The formats of images and label maps, by the names of nnU-Net's classes that read and write
/// them.
///
/// This package reads the same files with its own code. The name matters where nnU-Net uses a plan
/// of this package.
public enum ImageFormat: String, CaseIterable, Hashable, Sendable {
  /// PNG, BMP and TIFF pictures; spacing 999, 1, 1.
  case picture = "NaturalImage2DIO"
  /// The formats of ITK; the array stays as stored.
  case itk = "SimpleITKIO"
  /// TIFF stacks with a JSON file beside each.
  case tiffStack = "Tiff3DIO"
  /// NIfTI by nibabel; the array stays as stored.
  case nibabel = "NibabelIO"

  /// The file endings in the order in which nnU-Net tries its classes.
  private static let endings: [(ImageFormat, [String])] = [
    (.picture, [".png", ".bmp", ".tif"]),
    (.itk, [".nii.gz", ".nrrd", ".mha", ".gipl"]),
    (.tiffStack, [".tif", ".tiff"]),
    (.nibabel, [".nii", ".nii.gz"]),
  ]

  /// The format that a data set names, else the first one for its file ending that can read the
  /// example, an image of the data set.
  ///
  /// A name that nnU-Net does not know is ignored, as nnU-Net does.
  ///
  /// - Parameters:
  ///   - dataset: the description of the data set.
  ///   - subject: the data set in errors.
  ///   - example: an image of the data set.
  public init(of dataset: DatasetDescription, subject: String, example: URL? = nil)
    throws(NNUNetError)
  {
    if let name = dataset.readerWriter {
      if let named = ImageFormat(rawValue: name) {
        self = named
        return
      }
      if ["NibabelIOWithReorient", "SimpleITKIOWithReorient"].contains(name) {
        throw NNUNetError(
          .dataset, subject,
          "\"overwrite_image_reader_writer\" is \(name), but images are taken as they are stored; "
            + "reorient the files and remove the key")
      }
    }
    let ending = dataset.fileEnding.lowercased()
    let candidates = Self.endings.filter { $0.1.contains(ending) }.map(\.0)
    guard let first = candidates.first else {
      throw NNUNetError(
        .dataset, subject,
        "\"file_ending\" is \"\(dataset.fileEnding)\", which nnU-Net has no reader for; "
          + "convert images and labels to .nii.gz or .png")
    }
    // Only the content of a TIFF tells whether it holds a picture or a stack.
    let isStack =
      first == .picture && candidates.contains(.tiffStack)
      && example.map { (try? first.channels(of: $0)) == nil } ?? false
    self = isStack ? .tiffStack : first
  }
}
