// SPDX-License-Identifier: Apache-2.0

/// A run of ids, with the numbers that are missing from it and those that lie far outside it.
struct NumberRun {
  /// The numbers that are missing between others of the run.
  private(set) var missing: [Int] = []
  /// Isolated numbers, with the distance to the nearest other number.
  private(set) var strays: [Int: Int] = [:]

  init(_ numbers: [Int]) {
    let sorted = Set(numbers).sorted()
    // Further apart than this, neighbours belong to different runs.
    let gap = min(max(10, sorted.count / 20), 100)
    var runs: [[Int]] = []
    for number in sorted {
      if let last = runs.last?.last, number - last <= gap {
        runs[runs.count - 1].append(number)
      } else {
        runs.append([number])
      }
    }
    for (index, run) in runs.enumerated() {
      if run.count == 1, runs.count > 1 {
        let below = index > 0 ? runs[index - 1].last.map { run[0] - $0 } : nil
        let above = index + 1 < runs.count ? runs[index + 1].first.map { $0 - run[0] } : nil
        strays[run[0]] = min(below ?? .max, above ?? .max)
      }
      guard let first = run.first, let last = run.last else { continue }
      // Numbers that leave out more than they hold are no run.
      let absent = Set(first...last).subtracting(run)
      if absent.count <= run.count { missing += absent.sorted() }
    }
  }
}
