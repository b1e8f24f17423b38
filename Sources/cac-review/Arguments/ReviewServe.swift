// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// `cac review STUDY…`: the server.
package struct ReviewServe: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Open the page (the default).")

  @OptionGroup package var scans: ReviewedScans
  @Option(help: "The mask, or the folder with the masks of several scans, to begin with.")
  package var mask: String?
  @Option(help: "A model folder, or a model in one file, whose lesions to begin with.")
  package var model: String?
  @Option(help: "What to begin with where neither is given: model (the default model) or nothing.")
  package var from: ReviewStart = .model
  @Option(help: "What mask values mean: calcium, arteries, or auto.")
  package var labels: ReviewMaskLabels = .auto
  @Option(help: "A reference mask, or the folder with them, to be shown on request.")
  package var reference: String?
  @Option(help: "A map of cac explain (NIfTI), or the folder with them, to be shown on request.")
  package var explanation: String?
  @Option(
    help: """
      The patient's earlier scan, or its result as JSON of cac score --json, to be compared with; for \
      several scans the folder with an earlier one of each name. A blinded reader sees it after signing.
      """)
  package var prior: String?
  @Option(help: "The mask of the earlier scan, or the folder with them (default: a model's).")
  package var priorMask: String?
  @Option(help: "The years between the scans, where the headers do not say it.")
  package var years: Double?
  @Option(help: "The file that keeps readings and the trail; made where there is none.")
  package var store = "review.cacreview"
  @Option(help: "The port; 0 takes a free one.")
  package var port = 8765
  @Option(
    help: """
      The address to listen on. Any but this computer's own (127.0.0.1) needs --certificate, --key and \
      accounts.
      """)
  package var host = "127.0.0.1"
  @Option(help: "The name in the address, where the certificate is for a name (default: --host).")
  package var name: String?
  @Option(help: "The certificate, with the ones it depends on, as PEM: the page is then https.")
  package var certificate: String?
  @Option(help: "The certificate's private key as PEM.")
  package var key: String?
  @Flag(help: "Show no model and no other reading until one's own is signed.")
  package var blind = false
  @Option(help: "The order of the worklist, drawn for each reader; without it, by name.")
  package var seed: UInt64?
  @Option(help: "Minutes without a request after which a reader is logged out.")
  package var idle = 30
  @Flag(help: "Open no browser.")
  package var noBrowser = false
  @Option(
    help: ArgumentHelp("A folder with the page's files, for work on them.", visibility: .hidden))
  package var pageFiles: String?

  package init() {}

  package func validate() throws {
    if mask != nil, model != nil {
      throw ValidationError("--mask and --model exclude each other; give one")
    }
    guard (0...65535).contains(port) else {
      throw ValidationError("--port must be from 0 to 65535, not \(port)")
    }
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--certificate and --key belong together; give both")
    }
    if prior == nil, priorMask != nil || years != nil {
      throw ValidationError("--prior-mask and --years are about --prior; name the earlier scan")
    }
    if let years, !(years > 0 && years < 120) {
      throw ValidationError("--years must be above 0 and below 120, not \(years)")
    }
    guard (1...1440).contains(idle) else {
      throw ValidationError("--idle must be from 1 to 1440 minutes, not \(idle)")
    }
    if mask == nil, labels != .auto {
      throw ValidationError("--labels is about masks; a model knows its labels")
    }
  }

  package func run() async throws { try await ReviewVerbs.run(.serve(self)) }
}
