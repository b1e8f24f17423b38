// SPDX-License-Identifier: Apache-2.0
public import Files
public import Foundation
import Text
public import Volume

/// What is done to a label map after the network: nnU-Net's removal of all but the largest
/// connected component.
///
/// The steps were found on a cross-validation and are kept in `postprocessing.json`. nnU-Net applies
/// its `postprocessing.pkl`, a pickle of functions, which is never read here.
public struct PostProcessing: Sendable, Hashable {
  /// Keeps the largest connected component of the union of some labels; the rest becomes background.
  public struct Step: Sendable, Hashable {
    /// The labels whose union is looked at.
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

  /// The steps in order; none leave a label map as it is.
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
    case .bytes(let volume): .bytes(self(volume))
    case .words(let volume): .words(self(volume))
    }
  }

  /// The steps that a search tries: all foreground labels first, then each label or region where
  /// there are several.
  public static func candidates(of labels: LabelScheme) -> [Step] {
    let classes = labels.foregroundClasses
    let each = zip(classes, labels.foregroundClassNames).map {
      Step(labels: $0, isList: $1.hasPrefix("("))
    }
    return [Step(labels: labels.foregroundLabels, isList: true)] + (classes.count > 1 ? each : [])
  }

  /// Whether a search keeps a candidate, by nnU-Net's rules.
  ///
  /// The first one must raise the mean Dice of the foreground and lower that of no class; each other
  /// one must raise the mean Dice of its class, whatever becomes of the others.
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

  /// Reads `postprocessing.json`; a pickle is refused.
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

  /// The text of `postprocessing.json` as nnU-Net has it, with the means before and after.
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
  /// A whole number, or those of a list of numbers and lists; `nil` where anything else is in it.
  fileprivate var flattened: [Int]? {
    guard let array else { return int.map { [$0] } }
    let parts = array.map(\.flattened)
    return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
  }
}
