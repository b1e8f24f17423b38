// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Workflow

/// Progress on standard error: a bar that redraws itself on a terminal, plain lines otherwise.
final class ProgressBar: Sendable {
  private struct State {
    var lastDraw = ContinuousClock.now - .seconds(60)
    var started = ContinuousClock.now
    var activity = ""
    /// The steps that were done when the activity began, which say nothing about its speed.
    var doneAtStart = 0
  }
  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1

  /// The handler that the workflows call.
  var handler: ProgressHandler { { [self] in show($0) } }

  /// Prints lines on standard error without spoiling the bar.
  func say(_ text: String) {
    let line = (isTerminal ? "\r\u{1B}[K" : "") + text + "\n"
    FileHandle.standardError.write(Data(line.utf8))
  }

  private func show(_ progress: WorkProgress) {
    state.withLock { state in
      let now = ContinuousClock.now
      if state.activity != progress.activity {
        state.activity = progress.activity
        state.started = now
        state.doneAtStart = progress.done
      }
      let finished = progress.done >= progress.total
      // A log file gets a line every ten seconds, not one for each step.
      guard finished || now - state.lastDraw > (isTerminal ? .milliseconds(100) : .seconds(10))
      else { return }
      state.lastDraw = now
      let elapsed = Double((now - state.started).components.seconds)
      var line = progress.activity
      if isTerminal {
        let width = 24
        let filled = progress.total > 0 ? width * progress.done / progress.total : 0
        line += " [" + String(repeating: "█", count: filled)
        line += String(repeating: "·", count: width - filled) + "]"
      }
      line += " \(progress.count)"
      if !finished, progress.done > state.doneAtStart, elapsed >= 2 {
        let left =
          elapsed / Double(progress.done - state.doneAtStart)
          * Double(progress.total - progress.done)
        line += ", \(Self.time(left)) left"
      }
      if !progress.detail.isEmpty { line += " · \(progress.detail)" }
      let text = isTerminal ? "\r\u{1B}[K" + line + (finished ? "\n" : "") : line + "\n"
      FileHandle.standardError.write(Data(text.utf8))
    }
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 90 ? "\(Int(seconds)) s" : "\(Int((seconds / 60).rounded())) min"
  }
}
