// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing

@Suite struct `A tube voltage` {
  @Test(arguments: [70, 80, 100, 119, 135, 140, 150])
  func `other than 120 kV is refused by default`(kv: Double) throws {
    let scan = Plaques(1, 2, 2)
    let error = try #require(throws: AgatstonError.self) {
      try scan.scored { $0.kilovoltage = kv }
    }
    #expect(error.code == .tubeVoltage)
    #expect(error.description.contains("\(kv) kV"))
  }

  @Test(
    arguments: [
      (70, 207, 318, 477, 636), (80, 177, 271, 408, 544), (100, 145, 222, 334, 446),
      (120, 130, 200, 300, 400), (135, 119, 183, 274, 364),
    ] as [(Double, Int16, Int16, Int16, Int16)])
  func `has its own thresholds in the table of Gräni`(
    kv: Double, one: Int16, two: Int16, three: Int16, four: Int16
  ) throws {
    for (bound, weight) in [(one, 1.0), (two, 2), (three, 3), (four, 4)] {
      for (hu, expected) in [(bound - 1, weight - 1), (bound, weight)] {
        var scan = Plaques(1, 3, 3)
        scan.paint([(0, 1, 1)], hu: hu)
        let result = try scan.scored {
          $0.kilovoltage = kv
          $0.voltageRule = .graeni2018
        }
        #expect(result.agatston == expected, "\(hu) HU at \(kv) kV")
      }
    }
  }

  @Test(arguments: [nil, 90, 140, .nan, -120] as [Double?])
  func `that the table lacks is refused`(kv: Double?) throws {
    let scan = Plaques(1, 2, 2)
    let error = try #require(throws: AgatstonError.self) {
      try scan.scored {
        $0.kilovoltage = kv
        $0.voltageRule = .graeni2018
      }
    }
    #expect(error.code == .tubeVoltage)
  }

  @Test func `that is forced scores with 130 HU and says so`() throws {
    var scan = Plaques(1, 3, 3)
    scan.paint([(0, 1, 1)], hu: 130)
    let result = try scan.scored {
      $0.kilovoltage = 80
      $0.voltageRule = .forced
    }
    #expect(result.agatston == 1)
    #expect(result.warnings == ["120 kV thresholds forced upon a scan of 80.0 kV"])
    #expect(result.convention.voltageRule == .forced)
  }

  @Test func `that is unknown is assumed to be 120 kV, with a warning`() throws {
    let result = try Plaques(1, 2, 2).scored { $0.kilovoltage = nil }
    #expect(result.warnings == ["tube voltage unknown; the thresholds assume 120 kV"])
    #expect(try Plaques(1, 2, 2).scored().warnings.isEmpty)
  }
}
