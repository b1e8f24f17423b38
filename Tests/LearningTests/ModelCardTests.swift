// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Testing

@testable import Learning

@Suite struct `A model's card` {
  /// As the first release wrote it: no digests of weights, no previous stages.
  private static let first = """
    {"configuration": "2d", "format": "cac-model", "format_version": 1, "intended_use": "Research",
     "licence": "CC-BY-4.0",
     "network": {"channels": ["CT"], "configuration": "2d", "features": [2, 4], "folds": [
       {"bestPseudoDice": 0.5, "checkpoint": "checkpoint_final.safetensors", "epochs": 2,
        "fold": "0", "mirroringAxes": [0, 1]}],
       "labels": ["background", "calcium"], "network": "plain U-Net", "parameters": 9,
       "patch": [24, 20], "plans": "nnUNetPlans", "spacing": [0.5, 0.5], "stages": 2,
       "trainer": "nnUNetTrainer"},
     "parts": [{"bytes": 3, "name": "plans.json", "sha256": "00"}], "plans": "nnUNetPlans",
     "trainer": "nnUNetTrainer",
     "training_data": {"cases": 4, "dataset": "Dataset001_Toy", "statement": "synthetic"},
     "validation": [{"cases": 1, "diceByLabel": {"1": 0.75}, "fold": "0", "meanDice": 0.75}],
     "versions": {"cac": "0.1.0", "layout": "nnU-Net 2"}}
    """

  private func card(_ text: String) throws -> ModelCard {
    try JSONDecoder().decode(ModelCard.self, from: Data(text.utf8))
  }

  @Test func `of the first release is read`() throws {
    let card = try card(Self.first)
    #expect(card.fault == nil && card.formatVersion == 1 && card.previousStage == nil)
    #expect("\(card.name)" == "nnUNetTrainer__nnUNetPlans__2d")
    #expect(card.parts == [.init(name: "plans.json", bytes: 3, sha256: "00")])
    let description = try #require(card.description)
    #expect(description.network.folds.map(\.weightsDigest) == [nil])
    #expect(description.network.previousStages.isEmpty)
    #expect(description.licence == "CC-BY-4.0" && description.trainingData.cases == 4)
    #expect(description.validation[0].diceByLabel == ["1": 0.75])
  }

  @Test func `is the same after it was written`() throws {
    let text = Self.first.replacing(
      "\"fold\": \"0\", \"mir", with: "\"fold\": \"0\", \"weights\": \"ab\", \"mir"
    )
    .replacing(
      "\"format_version\": 1",
      with: """
        "format_version": 2, "previous_stage": {"trainer": "nnUNetTrainer", \
        "plans": "nnUNetPlans", "configuration": "3d_lowres"}
        """)
    let data = try JSONFile.data(card(text))
    let again = try card(String(decoding: data, as: UTF8.self))
    #expect(try JSONFile.data(again) == data)
    #expect(again.previousStage?.configuration == "3d_lowres" && again.fault == nil)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(
      keys.sorted() == [
        "configuration", "format", "format_version", "intended_use", "licence", "network", "parts",
        "plans", "previous_stage", "trainer", "training_data", "validation", "versions",
      ])
  }

  @Test func `is a card without its description, and none without its parts`() throws {
    let odd = try card(Self.first.replacing("\"training_data\"", with: "\"data\""))
    #expect(odd.fault == nil && odd.description == nil)
    #expect(throws: DecodingError.self) {
      try card(Self.first.replacing("\"parts\"", with: "\"ports\""))
    }
  }

  @Test(arguments: [
    ("\"cac-model\"", "\"other\"", "no model of cac"),
    ("\"format_version\": 1", "\"format_version\": 3", "version 3"),
    (
      "\"trainer\": \"nnUNetTrainer\",\n \"training", "\"trainer\": \"../x\",\n \"training",
      "name of a folder"
    ),
    ("\"name\": \"plans.json\"", "\"name\": \"../plans.json\"", "no part of a model"),
  ])
  func `that is not to be trusted says why`(old: String, new: String, why: String) throws {
    let spoilt = Self.first.replacing(old, with: new)
    #expect(spoilt != Self.first)
    #expect(try card(spoilt).fault?.contains(why) == true)
  }
}
