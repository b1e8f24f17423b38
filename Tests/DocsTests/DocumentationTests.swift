// SPDX-License-Identifier: Apache-2.0
import DocsSupport
import Foundation
import TestSupport
import Testing

@Suite("Documentation")
struct DocumentationTests {
  @Test func `every page is linked from the index, and every link leads somewhere`() throws {
    let pages = try Documentation.pages()
    #expect(Set(pages.map(\.path)) == Set(Documentation.files() + ["README.md"]))
    let others = try ["CONTRIBUTING.md", "CHANGELOG.md"].map {
      try Page(path: $0, below: Documentation.root)
    }
    for page in pages + others {
      let folder = Documentation.root.appendingPathComponent(page.path).deletingLastPathComponent()
      for link in page.links where !link.target.hasPrefix("http") {
        let parts = link.target.split(separator: "#", omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? nil : folder.appendingPathComponent(String(parts[0]))
        if let file {
          let isThere = FileManager.default.fileExists(atPath: file.path)
          #expect(isThere, "\(page.path):\(link.line) links to \(link.target)")
          guard isThere else { continue }
        }
        if parts.count == 2 {
          let text = try file.map { try String(contentsOf: $0, encoding: .utf8) }
          let target = text.map { Page(path: link.target, text: $0) } ?? page
          #expect(
            target.anchors.contains(String(parts[1])),
            "\(page.path):\(link.line) links to \(link.target)")
        }
      }
    }
  }

  @Test func `the README is two screens`() throws {
    #expect(try Page(path: "README.md", below: Documentation.root).lines.count <= 90)
  }

  @Test func `shell commands stand in blocks called sh, and those not run say why`() throws {
    for page in try Documentation.pages() {
      for language in page.otherLanguages {
        #expect(
          language == "text",
          "\(page.path): a block is called \"\(language)\"; commands are sh, all else is text")
      }
      for block in page.blocks {
        #expect(block.reasonNotRun != "", "\(page.path):\(block.line) does not say why")
      }
    }
  }

  @Test func `options in the text are options of the program`() throws {
    let options = try Executable.reference().options
    let anyVerbs = options.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    var (optionsSeen, verbsSeen) = (0, 0)
    for page in try Documentation.pages() where page.path != VerbReference.path {
      for span in page.spans {
        // Options of nnU-Net have underscores; scripts and other programs stand in front of theirs.
        if span.text.contains(#/^(scripts\/|swift |pip |git |nnUNetv2|option = )/#) { continue }
        // A span that begins with a verb names options of that verb only.
        let verb = options.keys.filter { span.text.hasPrefix("\($0) ") }.max { $0.count < $1.count }
        let isVerb = verb != nil && verb != "cac"
        let known = isVerb ? options[verb ?? ""] ?? [] : anyVerbs
        for option in span.text.matches(of: #/(?:^|\s)(--[a-z][a-z0-9-]*)(?![a-z0-9_-])/#)
        where option.1 != "--help" && option.1 != "--version" {
          optionsSeen += 1
          verbsSeen += isVerb ? 1 : 0
          #expect(
            known.contains(String(option.1)),
            "\(page.path):\(span.line): \(option.1) is no option of \(isVerb ? verb ?? "" : "any verb")"
          )
        }
      }
    }
    #expect(optionsSeen > 100 && verbsSeen > 5)
  }

  @Test func `the page of verbs is what the program says`() throws {
    let expected = try Executable.reference().markdown
    let file = Documentation.root.appendingPathComponent(VerbReference.path)
    let written = try String(contentsOf: file, encoding: .utf8)
    if written != expected {
      let line = zip(written.split(separator: "\n"), expected.split(separator: "\n"))
        .first { $0 != $1 }
      Issue.record(
        """
        \(VerbReference.path) is not what the program says; run scripts/reference. First difference:
        page:    \(line?.0 ?? "the end")
        program: \(line?.1 ?? "the end")
        """)
    }
  }

  /// The pages share a folder, as a reader's commands do, so they are one test.
  @Test(.timeLimit(.minutes(20)))
  func `the commands of all pages run, and files are as described`() throws {
    let executable = try Executable.url()
    let folder = try TemporaryFolder()
    let setUp = try PageScript(standIns: ()).run(in: folder.url, executable: executable)
    try #require(setUp.succeeded, "the stand-ins cannot be made: \(setUp.tail)")
    let pages = try Documentation.pages()
    var notRun = 0
    for page in pages {
      notRun += page.blocks.count { $0.reasonNotRun != nil }
      let outcome = try PageScript(page).run(in: folder.url, executable: executable)
      if !outcome.succeeded { Issue.record("\(outcome.location) failed:\n\(outcome.tail)") }
    }
    // The numbers of blocks that cannot run here, and of described files: a change to them is
    // deliberate, so it changes the numbers, too.
    #expect(notRun == 42)
    let text = pages.flatMap(\.blocks).filter { $0.reasonNotRun == nil }.map(\.text)
    for substitution in Substitution.all {
      #expect(
        text.contains { $0.contains(substitution.printed) },
        "no page has \(substitution.printed) any more")
    }
    let descriptions = pages.flatMap(FileDescription.all)
    #expect(descriptions.count == 12)
    for description in descriptions {
      for fault in try description.faults(below: folder.url) { Issue.record("\(fault)") }
    }
  }
}
