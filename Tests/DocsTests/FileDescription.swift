// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A table of a page that lists the keys of a JSON file or the columns of a CSV file.
///
/// Above the table stands the comment `<!-- keys: PATH -->` or `<!-- columns: PATH -->`; the path is
/// that of a file which the commands of the documentation write. The first cell of a row holds the
/// name: `subjects[].id` steps into a list, `arteries.*` stands for any key, and a name that ends in
/// `?` is not in every file.
struct FileDescription: Sendable {
  /// The page and the line of the comment, as PATH:LINE.
  let location: String
  /// The described file, below the folder in which the commands run.
  let file: String
  /// Whether it is a CSV file.
  let isTable: Bool
  /// The names in the first cells, with a `?` where they may be absent.
  let names: [String]

  /// The descriptions of a page.
  static func all(in page: Page) -> [FileDescription] {
    page.lines.indices.compactMap { index in
      guard let match = page.lines[index].wholeMatch(of: #/<!-- (keys|columns): (.+) -->/#) else {
        return nil
      }
      let rows = page.lines[(index + 1)...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
      return FileDescription(
        location: "\(page.path):\(index + 1)", file: String(match.2), isTable: match.1 == "columns",
        names: rows.flatMap { row in
          let cell = row.dropFirst().prefix { $0 != "|" }
          return cell.matches(of: #/`([^`]+)`/#).map { String($0.1) }
        })
    }
  }

  /// Sentences about what the description and the file do not share; empty where they agree.
  func faults(below folder: URL) throws -> [String] {
    let data = try Data(contentsOf: folder.appendingPathComponent(file))
    let present = isTable ? columns(of: data) : try keys(of: data)
    let required = names.filter { !$0.hasSuffix("?") }
    let known = Set(names.map { $0.hasSuffix("?") ? String($0.dropLast()) : $0 })
    let missing = required.filter { name in !present.contains { Self.fits($0, name) } }
    let undescribed = present.filter { name in
      // Of deeper keys only those are asked for whose neighbours are described.
      let parent = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
      let isAsked =
        parent.isEmpty || known.contains { $0 != parent && $0.hasPrefix(parent + ".") }
      // A key is described, too, where the keys within it are.
      return isAsked
        && !known.contains {
          Self.fits(name, $0) || $0.hasPrefix(name + ".") || $0.hasPrefix(name + "[].")
        }
    }
    return missing.map { "\(location): \(file) has no \($0)" }
      + undescribed.sorted().map { "\(location): \($0) of \(file) is not described" }
  }

  private func columns(of data: Data) -> Set<String> {
    let header = String(decoding: data, as: UTF8.self).prefix { !$0.isNewline }
    return Set(header.split(separator: ",").map(String.init))
  }

  private func keys(of data: Data) throws -> Set<String> {
    var found = Set<String>()
    func visit(_ value: Any, _ path: String) {
      if let object = value as? [String: Any] {
        for (key, inner) in object {
          let name = path.isEmpty ? key : "\(path).\(key)"
          found.insert(name)
          visit(inner, name)
        }
      } else if let list = value as? [Any] {
        for inner in list { visit(inner, "\(path)[]") }
      }
    }
    visit(try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed), "")
    return found
  }

  /// Whether the path of a key is the one that a name describes.
  private static func fits(_ path: String, _ name: String) -> Bool {
    let steps = path.split(separator: ".")
    let pattern = name.split(separator: ".")
    return steps.count == pattern.count && zip(steps, pattern).allSatisfy { $0 == $1 || $1 == "*" }
  }
}
