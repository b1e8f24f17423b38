// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Text
public import Volume

/// A CT slice with the outlines of a reference and a predicted mask.
public struct Overlay: Sendable {
  /// The CT in HU.
  public var ct: Volume<Int16>
  /// The reference mask, not zero in calcium; `nil` if there is none.
  public var reference: Volume<UInt8>?
  /// The predicted mask, not zero in calcium; `nil` if there is none.
  public var prediction: Volume<UInt8>?
  /// How the pictures look.
  public var options: Options

  /// How a picture of a slice looks.
  public struct Options: Sendable {
    /// Which HU become which grey.
    public var window: Window
    /// The part of the slice that is shown; `nil` shows the calcium of that slice, or all of it.
    public var box: SliceBox?
    /// How many pixels of the picture show one pixel of the slice; `nil` gives about 512 in width.
    public var scale: Int?
    /// What the outlines are called in the legend: reference, then prediction.
    public var names: (reference: String, prediction: String)

    /// The window for calcium, cropped round it, unless told otherwise.
    public init(
      window: Window = .calcium, box: SliceBox? = nil, scale: Int? = nil,
      names: (reference: String, prediction: String) = ("reference", "prediction")
    ) {
      self.window = window
      self.box = box
      self.scale = scale
      self.names = names
    }
  }

  /// A picture of one slice.
  public struct Picture: Sendable {
    /// The picture as PNG.
    public var png: Data
    /// Its width in pixels.
    public var width: Int
    /// Its height in pixels.
    public var height: Int
    /// The slice, counted from 0.
    public var slice: Int
    /// One sentence for readers who cannot see it.
    public var summary: String
  }

  /// An overlay; masks on another grid than the CT are a `GeometryError`.
  public init(
    ct: Volume<Int16>, reference: Volume<UInt8>?, prediction: Volume<UInt8>?,
    options: Options = Options()
  ) throws(GeometryError) {
    try reference?.requireSameGrid(as: ct, subject: "reference mask and CT")
    try prediction?.requireSameGrid(as: ct, subject: "predicted mask and CT")
    self.ct = ct
    self.reference = reference
    self.prediction = prediction
    self.options = options
  }

  /// The slices worth looking at, in ascending order.
  ///
  /// Those with calcium in either mask; beyond `limit` those with the most voxels in one mask but not
  /// the other are kept, then those with the most calcium.
  public func slicesOfInterest(limit: Int = 8) -> [Int] {
    var found: [(slice: Int, differing: Int, calcium: Int)] = []
    for z in 0..<ct.extent.slices {
      var differing = 0
      var calcium = 0
      let a = reference?.slice(z)
      let b = prediction?.slice(z)
      for i in z * ct.extent.sliceCount..<(z + 1) * ct.extent.sliceCount {
        let inReference = a.map { $0[i] != 0 } ?? false
        let inPrediction = b.map { $0[i] != 0 } ?? false
        if inReference || inPrediction { calcium += 1 }
        if inReference != inPrediction { differing += 1 }
      }
      if calcium > 0 { found.append((z, differing, calcium)) }
    }
    found.sort {
      ($1.differing, $1.calcium, $0.slice) < ($0.differing, $0.calcium, $1.slice)
    }
    return found.prefix(max(limit, 0)).map(\.slice).sorted()
  }

  /// The number of slices with calcium in either mask.
  public var slicesWithCalcium: Int { slicesOfInterest(limit: .max).count }

  /// Draws one slice, counted from 0.
  public func picture(slice z: Int) throws(FigureError) -> Picture {
    guard (0..<ct.extent.slices).contains(z), ct.extent.sliceCount > 0 else {
      throw FigureError(
        .input, subject: "slice \(z)",
        detail: "the volume has \(counted(ct.extent.slices, "slice")) from 0")
    }
    let masks = [reference?.slice(z), prediction?.slice(z)]
    // As large on every scan, whatever its pixels: a plaque is a few millimetres large.
    let pixel = min(ct.geometry.spacing.x, ct.geometry.spacing.y)
    func pixels(_ millimetres: Double, atLeast least: Int) -> Int {
      pixel > 0 && pixel.isFinite
        ? max(Int(min(millimetres / pixel, 4096).rounded()), least) : least
    }
    let box =
      options.box
      ?? SliceBox(
        around: masks.compactMap(\.self), of: ct.extent, margin: pixels(6, atLeast: 2),
        minimum: pixels(48, atLeast: 16))
      ?? SliceBox(wholeOf: ct.extent)
    guard box.isInside(ct.extent) else {
      throw FigureError(
        .input, subject: "slice \(z)",
        detail: "the box of rows \(box.rows) and columns \(box.columns) is empty or reaches beyond "
          + "\(ct.extent.rows) × \(ct.extent.columns) pixels")
    }
    let automatic = min(max(1, 512 / max(box.columns.count, box.rows.count)), 32)
    let scale = options.scale ?? automatic
    guard scale > 0, scale <= 64 else {
      throw FigureError(
        .size, subject: "slice \(z)", detail: "scale \(scale); choose one from 1 to 64")
    }
    let drawing = OverlayDrawing(
      overlay: self, slice: z, box: box, scale: scale,
      reference: masks[0].map { Array($0) }, prediction: masks[1].map { Array($0) })
    let pixels = try drawing.pixels()
    return Picture(
      png: Data(try PNGFile.encode(pixels, subject: "slice \(z)")), width: pixels.width,
      height: pixels.height, slice: z, summary: drawing.summary)
  }
}
