// SPDX-License-Identifier: Apache-2.0
import Learning

/// The classes that a network tells apart in a data set, and the label value of each.
package struct ScanClasses: Codable, Sendable, Hashable {
  /// The names of the classes from 1 on; class 0 is background.
  package let names: [String]
  /// The label value that a predicted class is written as, in the order of `names`.
  package let values: [UInt8]
  /// The class of each label value of the data set; several may have one class.
  package let classOfValue: [UInt8: UInt8]
  /// The published classes that the data set does not label, so that the network has none of them.
  package let missing: [String]

  /// The number of classes with the background.
  package var count: Int { names.count + 1 }

  /// A class for each label.
  ///
  /// - Parameters:
  ///   - labels: names and values of the data set's labels, without background.
  ///   - joined: labels that count as another one, where the data set has both.
  ///   - published: the classes of the publication, to name those that are missing.
  /// - Throws: `LearningError` with the code `unsupported` where there is no label, or too many.
  package init(
    _ labels: [(name: String, value: Int)], joined: [String: String] = [:],
    published: [String] = []
  ) throws {
    guard !labels.isEmpty, labels.allSatisfy({ (1...254).contains($0.value) }) else {
      throw LearningError(
        .unsupported, subject: "labels", detail: "1 to 254 labels with values to 254 are needed")
    }
    let present = Set(labels.map { $0.name.lowercased() })
    func target(_ name: String) -> String? {
      joined[name.lowercased()].flatMap { present.contains($0) ? $0 : nil }
    }
    let kept = labels.filter { target($0.name) == nil }
    names = kept.map(\.name)
    values = kept.map { UInt8($0.value) }
    var classes: [UInt8: UInt8] = [:]
    for (name, value) in labels {
      let wanted = target(name) ?? name.lowercased()
      if let i = kept.firstIndex(where: { $0.name.lowercased() == wanted }) {
        classes[UInt8(value)] = UInt8(i + 1)
      }
    }
    classOfValue = classes
    missing = published.filter { !present.contains($0.lowercased()) }
  }
}
