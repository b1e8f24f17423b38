// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Segmentation

/// Processes that share a card each see that card alone.
@Suite struct `A card that processes share` {
  @Test func `is named among the cards that this process sees`() {
    #expect(TrainingProcesses.visible(card: 1, of: nil) == "1")
    #expect(TrainingProcesses.visible(card: 1, of: "3,5") == "5")
    #expect(TrainingProcesses.visible(card: 0, of: "GPU-1a2b") == "GPU-1a2b")
    // A card that this process does not see stays what it was called, and is refused by CUDA.
    #expect(TrainingProcesses.visible(card: 7, of: "3,5") == "7")
  }
}
