// SPDX-License-Identifier: Apache-2.0
import Text
import Workflow

/// Times a step and its floor in turn, and prints one row of the table.
///
/// The floor is the least time this machine needs for the step: the same bytes, pixels or
/// multiplications by the plainest means.
struct Stopwatch {
  let runs: Int

  /// Times a step beside its floor.
  ///
  /// Both return a number that follows from their result, which keeps the work from being optimised
  /// away; a step whose number changes from run to run is an error. They take turns, so that what
  /// slows the machine down slows both.
  ///
  /// - Parameters:
  ///   - repeats: how many times `step` and `floor` each do their work, to be divided by.
  ///   - floorScale: what the floor's time is multiplied by where it does another amount of work.
  ///   - remark: the last column, from the two minima in seconds.
  func time(
    _ name: String, repeats: Int = 1, floorScale: Double = 1,
    remark: (_ step: Double, _ floor: Double) -> String,
    step: () async throws -> Int, floor: () async throws -> Int
  ) async throws {
    let results = (try await step(), try await floor())
    var row = Row(name: name)
    for _ in 0..<runs {
      let (result, spent) = try await Self.measure(step)
      let (floorResult, floorSpent) = try await Self.measure(floor)
      guard (result, floorResult) == results else { throw WrongResult(name: name) }
      row.times.append(spent.time / Double(repeats))
      row.processorTimes.append(spent.processor / Double(repeats))
      row.floors.append(floorSpent.time / Double(repeats) * floorScale)
    }
    print(row.text(remark: remark(row.minimum, row.floor)))
  }

  private static func measure(
    _ body: () async throws -> Int
  ) async rethrows -> (result: Int, spent: (time: Double, processor: Double)) {
    let clock = ContinuousClock()
    let processor = processorTime()
    let begin = clock.now
    let result = try await body()
    let time = begin.duration(to: clock.now) / .seconds(1)
    return (result, (time, processorTime() - processor))
  }
}

/// One row of the table; times in seconds.
struct Row {
  let name: String
  var times: [Double] = []
  /// What all threads together used of the processors.
  var processorTimes: [Double] = []
  var floors: [Double] = []

  init(name: String) { self.name = name }

  var minimum: Double { times.min() ?? .nan }
  var floor: Double { floors.min() ?? .nan }

  /// The middle time, or the mean of the two in the middle.
  var median: Double {
    let sorted = times.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// What the columns mean, for the head of the table.
  static let legend = """
    floor: the least time this machine needs, the same bytes, pixels or multiplications by the \
    plainest means
    ratio: min over floor; cpu: the least processor time of all threads together
    """

  static let header = line(["what", "median", "min", "cpu", "floor", "ratio", "remark"])

  func text(remark: String) -> String {
    let ratio = minimum / floor
    return Self.line([
      name, duration(median), duration(minimum),
      duration(processorTimes.min() ?? .nan), duration(floor), decimal(ratio, ratio < 10 ? 2 : 0),
      remark,
    ])
  }

  private static func line(_ cells: [String]) -> String {
    let widths = [44, 9, 9, 9, 9, 7]
    return cells.enumerated().map { i, cell in
      i == 0
        ? cell.padded(to: widths[0])
        : i < widths.count ? cell.rightAligned(to: widths[i]) : "  " + cell
    }.joined()
  }
}

/// A time in seconds with three digits and the unit that suits it.
func duration(_ seconds: Double) -> String {
  for (unit, size) in [("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)] where seconds >= size {
    let value = seconds / size
    return "\(decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0)) \(unit)"
  }
  return "\(decimal(seconds * 1e9, 0)) ns"
}
