// SPDX-License-Identifier: Apache-2.0
import Files
import Text

/// The labels of a data set, or its regions: overlapping unions of labels.
///
/// One entry with several values makes all entries of the data set regions (nnU-Net's region-based
/// training). The network then has one sigmoid output for each region instead of a softmax over
/// labels.
///
/// ```swift
/// let labels = try LabelScheme(foreground: ["calcium"])
/// labels.outputCount  // 2: background and calcium
/// let regions = try LabelScheme(
///   entries: [.init("background", [0]), .init("heart", [1, 2]), .init("calcium", [2])],
///   regionsClassOrder: [1, 2])
/// regions.outputCount  // 2: one for each region
/// ```
public struct LabelScheme: Sendable, Hashable {
  /// A named label value, or a named set of them.
  public struct Entry: Sendable, Hashable {
    /// The name in dataset.json.
    public var name: String
    /// The label value, or the several values of a region.
    public var values: [Int]

    /// Whether dataset.json writes a list, which may have one element.
    public var isList: Bool

    /// An entry with its values.
    public init(_ name: String, _ values: [Int], isList: Bool? = nil) {
      self.name = name
      self.values = values
      self.isList = isList ?? (values.count > 1)
    }
  }

  /// Every entry in the order of dataset.json, background and ignore included.
  public let entries: [Entry]
  /// The value written at export for each region, where there are regions.
  public let regionsClassOrder: [Int]?

  /// Background 0 and one label for each name, counted from 1.
  public init(foreground names: [String]) throws(NNUNetError) {
    try self.init(
      entries: [Entry("background", [0])] + names.enumerated().map { Entry($1, [$0 + 1]) })
  }

  /// A scheme of given entries.
  ///
  /// Background must be 0, values must be consecutive from 0, and ignore must be the largest value
  /// plus one.
  ///
  /// - Throws: `NNUNetError` with the code `dataset` where an entry breaks a rule.
  public init(entries: [Entry], regionsClassOrder: [Int]? = nil, subject: String = "labels")
    throws(NNUNetError)
  {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.dataset, subject, detail) }
    self.entries = entries
    self.regionsClassOrder =
      entries.contains { $0.values.count > 1 } ? regionsClassOrder : nil
    guard entries.first(where: { $0.name == "background" })?.values == [0] else {
      throw wrong("\"labels\" needs \"background\": 0")
    }
    for entry in entries {
      if entry.values.isEmpty || entry.values.contains(where: { $0 < 0 || $0 > 32_000 })
        || Set(entry.values).count != entry.values.count
      {
        throw wrong("label \"\(entry.name)\" needs one or more different values from 0 to 32000")
      }
    }
    var expected = allLabels
    if let ignore = entries.first(where: { $0.name == "ignore" }) {
      if ignore.values != [(allLabels.last ?? 0) + 1] {
        throw wrong(
          "\"ignore\" is \(listed(ignore.values)); it must be the largest label plus one, \((allLabels.last ?? 0) + 1)"
        )
      }
      expected += ignore.values
    }
    if expected != Array(0..<expected.count) {
      throw wrong("label values must be consecutive from 0, found \(listed(expected))")
    }
    if !hasRegions {
      let values = entries.flatMap(\.values)
      if Set(values).count != values.count { throw wrong("two labels share one value") }
      return
    }
    guard let regionsClassOrder else {
      throw wrong("\"regions_class_order\" is missing although a label has several values")
    }
    if regionsClassOrder.count != foregroundClasses.count
      || !Set(regionsClassOrder).isSubset(of: allLabels)
    {
      throw wrong(
        "\"regions_class_order\" needs one label value for each of the \(counted(foregroundClasses.count, "region"))"
      )
    }
  }

  init(json: JSONObject, regionsClassOrder: [Int]?, subject: String) throws(NNUNetError) {
    var entries: [Entry] = []
    for name in json.keys {
      if Int(name) != nil, let title = json[name]?.string {
        throw NNUNetError(
          .dataset, subject,
          "\"labels\" has values before names, as in nnU-Net 1; nnU-Net 2 wants "
            + "{\"background\": 0}, so write \"\(title)\": \(name)")
      }
      if let value = json[name]?.int {
        entries.append(Entry(name, [value]))
      } else if let list = json[name]?.array, case let values = list.compactMap(\.int),
        values.count == list.count
      {
        entries.append(Entry(name, values, isList: true))
      } else {
        throw NNUNetError(
          .dataset, subject, "label \"\(name)\" should be a whole number or a list of them")
      }
    }
    try self.init(entries: entries, regionsClassOrder: regionsClassOrder, subject: subject)
  }

  var json: JSONObject {
    var object = JSONObject()
    for entry in entries {
      object[entry.name] =
        entry.isList
        ? .array(entry.values.map { .int($0) }) : entry.values.first.map { .int($0) }
    }
    return object
  }

  /// Whether the data set is trained on regions.
  public var hasRegions: Bool { entries.contains { $0.values.count > 1 } }

  /// The value of voxels that training and evaluation ignore, if there is one.
  public var ignoreLabel: Int? { entries.first { $0.name == "ignore" }?.values.first }

  /// All label values except ignore, ascending.
  public var allLabels: [Int] {
    Set(entries.filter { $0.name != "ignore" }.flatMap(\.values)).sorted()
  }

  /// The label values above background, ascending.
  public var foregroundLabels: [Int] { allLabels.filter { $0 != 0 } }

  /// The classes that are sampled and measured: each foreground label, or each region, in order.
  public var foregroundClasses: [[Int]] {
    hasRegions ? regions.map(\.values) : foregroundLabels.map { [$0] }
  }

  /// The classes as nnU-Net names them in summary.json: 1, or (1, 2), or (3,) as Python writes it.
  public var foregroundClassNames: [String] {
    if !hasRegions { return foregroundLabels.map { "\($0)" } }
    return regions.map { region in
      let values = region.values.map { "\($0)" }.joined(separator: ", ")
      return !region.isList ? values : region.values.count == 1 ? "(\(values),)" : "(\(values))"
    }
  }

  private var regions: [Entry] {
    entries.filter { $0.name != "ignore" && $0.values.contains { $0 != 0 } }
  }

  /// The label value that each output channel of the network writes: the labels, or the order of
  /// regions.
  public var outputValues: [Int] { regionsClassOrder ?? allLabels }

  /// The number of output channels of the network.
  public var outputCount: Int { hasRegions ? foregroundClasses.count : allLabels.count }
}
