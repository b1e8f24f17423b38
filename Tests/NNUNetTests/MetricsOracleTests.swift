// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import OracleSupport
import Testing
import TestSupport
import Volume

@testable import NNUNet

@Suite struct `A summary of nnU-Net` {
  @Test func `is there for labels, regions and ignored voxels`() throws {
    #expect(try MetricsSet.all(in: fixture("nnunet/metrics")).count >= 5)
  }

  @Test(arguments: try MetricsSet.all(in: fixture("nnunet/metrics")))
  func `has the same keys and values here`(set: MetricsSet) throws {
    #expect(try set.differences() == [])
  }

  @Test func `comes with folds that are the same here`() throws {
    let lists = try #require(try JSON.read(from: fixture("nnunet/metrics/splits.json")).array)
    #expect(lists.count == 6)
    for list in lists {
      let identifiers = try #require(list["identifiers"]?.array).compactMap(\.string)
      let splits = try Splits(identifiers: identifiers.reversed())
      #expect(splits.folds == (try list["folds"]?.array?.map(fold)))
      for (index, json) in try #require(list["past"]?.object).members {
        let past = try splits.fold(try #require(Int(index)), identifiers: identifiers)
        #expect(try past == fold(json))
      }
    }
  }

  private func fold(_ json: JSON) throws -> Split {
    func names(_ key: String) throws -> [String] {
      try #require(json[key]?.array).compactMap(\.string)
    }
    return Split(train: try names("train"), val: try names("val"))
  }
}

extension JSONObject {
  fileprivate var members: [(key: String, value: JSON)] {
    keys.map { ($0, self[$0] ?? .null) }
  }
}
