// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// The classes by which nnU-Net reads images, as plans files name them.
///
/// This package reads the same files with its own code; the name matters where nnU-Net takes a plan
/// over.
public enum ImageReader: String, CaseIterable, Hashable, Sendable {
  /// PNG, BMP and TIFF pictures; spacing 999, 1, 1.
  case picture = "NaturalImage2DIO"
  /// What ITK reads; the array stays as stored.
  case itk = "SimpleITKIO"
  /// TIFF stacks with a JSON file beside each.
  case tiffStack = "Tiff3DIO"
  /// NIfTI by nibabel; the array stays as stored.
  case nibabel = "NibabelIO"

  /// The file endings in the order in which nnU-Net tries its classes.
  private static let endings: [(ImageReader, [String])] = [
    (.picture, [".png", ".bmp", ".tif"]),
    (.itk, [".nii.gz", ".nrrd", ".mha", ".gipl"]),
    (.tiffStack, [".tif", ".tiff"]),
    (.nibabel, [".nii", ".nii.gz"]),
  ]

  /// The reader that a data set asks for by name, else the first one for its file ending that can
  /// read the example, an image of the data set.
  ///
  /// A name that nnU-Net does not know is ignored, as it does.
  public init(of dataset: DatasetDescription, subject: String, example: URL? = nil)
    throws(NNUNetError)
  {
    if let name = dataset.readerWriter {
      if let named = ImageReader(rawValue: name) {
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
    // Only of a TIFF is it open whether it holds a picture or a stack.
    let isStack =
      first == .picture && candidates.contains(.tiffStack)
      && example.map { (try? first.channels(of: $0)) == nil } ?? false
    self = isStack ? .tiffStack : first
  }
}
