// SPDX-License-Identifier: Apache-2.0
public import Files
public import Foundation
import Text
public import Volume

/// The post-processing of a label map: nnU-Net's removal of all but the largest connected
/// component.
///
/// The steps are determined on a cross-validation and stored in `postprocessing.json`. nnU-Net
/// itself applies `postprocessing.pkl`, a pickle of functions, which this package never reads.
public struct PostProcessing: Sendable, Hashable {
  /// The name of the file beside the label maps.
  public static let fileName = "postprocessing.json"

  /// Keeps the largest connected component of the union of some labels; the rest becomes
  /// background.
  public struct Step: Sendable, Hashable {
    /// The labels that are considered together.
    public var labels: [Int]
    /// Whether nnU-Net writes a list: it does for all labels and for regions, not for one label.
    public var isList: Bool

    /// A step for some labels.
    public init(labels: [Int], isList: Bool) {
      self.labels = labels
      self.isList = isList
    }

    /// The label map after this step; components of equal largest size all stay, as in nnU-Net.
    public func callAsFunction<Label: FixedWidthInteger & Sendable>(
      _ map: Volume<Label>
    ) -> Volume<Label> {
      let inside = Set(labels.map { Label(clamping: $0) })
      let extent = map.extent
      let components = ConnectedComponents(
        of: map.voxels.map { inside.contains($0) ? 1 : 0 },
        shape: [extent.slices, extent.rows, extent.columns])
      let largest = components.sizes.max() ?? 0
      var result = map
      for (voxel, component) in components.labels.enumerated()
      where component > 0 && components.sizes[Int(component) - 1] < largest {
        result.voxels[voxel] = 0
      }
      return result
    }
  }

  /// The steps in order; without steps a label map does not change.
  public var steps: [Step]

  /// Given steps.
  public init(steps: [Step] = []) { self.steps = steps }

  /// The label map after all steps.
  public func callAsFunction<Label: FixedWidthInteger & Sendable>(
    _ map: Volume<Label>
  ) -> Volume<Label> {
    steps.reduce(map) { $1($0) }
  }

  /// The predicted label map after all steps.
  public func callAsFunction(_ map: LabelMap) -> LabelMap {
    switch map {
    case .uint8(let volume): .uint8(self(volume))
    case .uint16(let volume): .uint16(self(volume))
    }
  }

  /// The steps that a search tries: all foreground labels together and then, where there are
  /// several, each label or region.
  public static func candidates(of labels: LabelScheme) -> [Step] {
    let classes = labels.foregroundClasses
    let each = zip(classes, labels.foregroundClassNames).map {
      Step(labels: $0, isList: $1.hasPrefix("("))
    }
    return [Step(labels: labels.foregroundLabels, isList: true)] + (classes.count > 1 ? each : [])
  }

  /// Whether a search accepts a candidate, by nnU-Net's rules.
  ///
  /// The first candidate must raise the mean Dice of the foreground and must not lower that of any
  /// class. Each other one must raise the mean Dice of its class.
  public static func accepts(
    candidate index: Int, before: SegmentationSummary, after: SegmentationSummary
  ) -> Bool {
    func rises(_ a: Double?, _ b: Double?) -> Bool { (b ?? .nan) > (a ?? .nan) }
    guard index == 0 else {
      return rises(before.meanDice(ofClass: index - 1), after.meanDice(ofClass: index - 1))
    }
    return rises(before.foregroundMeanDice, after.foregroundMeanDice)
      && before.classes.indices.allSatisfy {
        !rises(after.meanDice(ofClass: $0), before.meanDice(ofClass: $0))
      }
  }
}

extension PostProcessing {
  /// The name of the one function that nnU-Net writes.
  public static let functionName = "remove_all_but_largest_component_from_segmentation"

  /// Reads `postprocessing.json`.
  ///
  /// - Throws: `NNUNetError` with the code `postProcessing` for other contents, and for a pickle.
  public static func read(from url: URL) throws -> PostProcessing {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.postProcessing, url.path, detail) }
    if url.pathExtension == "pkl" {
      throw wrong(
        "is a pickle, which could run code; name the postprocessing.json that lies beside it")
    }
    let json = try JSON.read(from: url)
    guard let names = json["postprocessing_fns"]?.array,
      let arguments = json["postprocessing_kwargs"]?.array, names.count == arguments.count
    else {
      throw wrong("needs \"postprocessing_fns\" and \"postprocessing_kwargs\" of equal length")
    }
    return PostProcessing(
      steps: try zip(names, arguments).map { name, arguments in
        guard name.string == functionName else {
          throw wrong("asks for the function \(name.text.shown()), which is not known here")
        }
        guard let value = arguments["labels_or_regions"], let labels = value.flattened,
          !labels.isEmpty, labels.allSatisfy({ (0...255).contains($0) })
        else { throw wrong("\"labels_or_regions\" should be label values from 0 to 255") }
        if let background = arguments["background_label"]?.int, background != 0 {
          throw wrong("\"background_label\" is \(background), not 0")
        }
        return Step(labels: labels, isList: value.array != nil)
      })
  }

  /// The contents of nnU-Net's `postprocessing.json`, with the means before and after.
  public func json(before: SegmentationSummary, after: SegmentationSummary) -> JSON {
    func means(_ summary: SegmentationSummary) -> JSON {
      .object([
        "foreground_mean": summary.json["foreground_mean"] ?? .null,
        "mean": summary.json["mean"] ?? .null,
      ])
    }
    return .object([
      "input_folder": means(before), "postprocessed": means(after),
      "postprocessing_fns": .array(steps.map { _ in .string(Self.functionName) }),
      "postprocessing_kwargs": .array(
        steps.map {
          .object([
            "labels_or_regions": $0.isList
              ? .array($0.labels.map { .int($0) }) : .int($0.labels.first ?? 0)
          ])
        }),
    ])
  }
}

extension JSON {
  /// A whole number, or the numbers of nested lists; `nil` where there is anything else.
  fileprivate var flattened: [Int]? {
    guard let array else { return int.map { [$0] } }
    let parts = array.map(\.flattened)
    return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
  }
}
