// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A Markdown page of the documentation.
struct Page: Sendable {
  /// A fenced block of shell commands.
  struct Block: Sendable {
    /// The line of the page that the first command stands on, from 1.
    let line: Int
    /// The commands.
    let text: String
    /// Why the test does not run them; `nil` for blocks that it runs.
    let reasonNotRun: String?
    /// The exit status that the last command of the block ends with.
    let status: Int32
  }

  /// A link to another file of the repository, or to a heading.
  struct Link: Sendable {
    /// The line that it stands on, from 1.
    let line: Int
    /// What it points to, for example "../reference/files.md#audit-json".
    let target: String
  }

  /// A span of code within a sentence or a table.
  struct Span: Sendable {
    /// The line that it stands on, from 1.
    let line: Int
    /// The code without its backticks.
    let text: String
  }

  /// The path below the root of the repository.
  let path: String
  /// The lines of the file.
  let lines: [String]
  /// The blocks of shell commands, in their order.
  let blocks: [Block]
  /// The languages of fences that are no shell commands, for example "text".
  let otherLanguages: [String]
  /// The links, in their order.
  let links: [Link]
  /// The code within sentences, in its order.
  let spans: [Span]

  /// Reads a page below a root.
  init(path: String, below root: URL) throws {
    let url = root.appendingPathComponent(path)
    self.init(path: path, text: try String(contentsOf: url, encoding: .utf8))
  }

  /// A page with a text.
  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var blocks: [Block] = []
    var languages: [String] = []
    var links: [Link] = []
    var spans: [Span] = []
    var fence: (info: String, line: Int, text: [String])?
    for (index, full) in lines.enumerated() {
      // A fence within a list is indented.
      let line = full.drop { $0 == " " }
      if line.hasPrefix("```") {
        if let open = fence {
          fence = nil
          if let block = Self.block(open.info, line: open.line, open.text) {
            blocks.append(block)
          } else {
            languages.append(open.info)
          }
        } else {
          fence = (String(line.dropFirst(3)), index + 2, [])
        }
      } else if fence != nil {
        fence?.text.append(full)
      } else {
        let code = line.matches(of: #/`([^`]+)`/#).map { String($0.1) }
        spans += code.map { Span(line: index + 1, text: $0) }
        links += line.replacing(#/`[^`]+`/#, with: "").matches(of: #/\]\(([^)\s]+)\)/#)
          .map { Link(line: index + 1, target: String($0.1)) }
      }
    }
    self.blocks = blocks
    otherLanguages = languages
    self.links = links
    self.spans = spans
  }

  /// The block of a fence, or `nil` unless the fence is called `sh`.
  ///
  /// Behind `sh` may stand `not-run: REASON` or `exit: STATUS`.
  private static func block(_ info: String, line: Int, _ text: [String]) -> Block? {
    let parts = info.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.first == "sh" else { return nil }
    let note = parts.count > 1 ? parts[1] : ""
    let reason = note.hasPrefix("not-run: ") ? String(note.dropFirst(9)) : nil
    let status = note.hasPrefix("exit: ") ? Int32(note.dropFirst(6)) : nil
    return Block(
      line: line, text: text.joined(separator: "\n"), reasonNotRun: reason, status: status ?? 0)
  }

  /// The headings as links write them: small letters, hyphens for blanks.
  var anchors: Set<String> {
    Set(
      lines.filter { $0.hasPrefix("#") }.map { heading in
        heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
          .filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
          .replacing(" ", with: "-")
      })
  }
}

/// The pages of this repository.
enum Documentation {
  /// The root of the repository.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The README, then the pages in the order in which `Docs/README.md` links to them.
  ///
  /// Their commands run in this order, in one folder, so that a page may go on from an earlier one.
  static func pages() throws -> [Page] {
    let index = try Page(path: "Docs/README.md", below: root)
    let linked = index.links.map(\.target).filter { $0.hasSuffix(".md") && !$0.hasPrefix("..") }
    var seen = Set<String>()
    let paths = ["README.md", "Docs/README.md"] + linked.map { "Docs/\($0)" }
    return try paths.filter { seen.insert($0).inserted }.map { try Page(path: $0, below: root) }
  }

  /// The paths of all Markdown files below `Docs`, sorted.
  static func files() -> [String] {
    let folder = root.appendingPathComponent("Docs")
    return (FileManager.default.subpaths(atPath: folder.path) ?? [])
      .filter { $0.hasSuffix(".md") }.map { "Docs/\($0)" }.sorted()
  }
}
