// SPDX-License-Identifier: Apache-2.0
import OracleSupport
import TestSupport
import Testing

@Suite struct `A summary of nnU-Net` {
  @Test func `is there for labels, regions and ignored voxels`() throws {
    #expect(try MetricsSet.all(in: fixture("nnunet/metrics")).count >= 5)
  }

  @Test(arguments: try MetricsSet.all(in: fixture("nnunet/metrics")))
  func `has the same keys and values here`(set: MetricsSet) throws {
    #expect(try set.differences() == [])
  }

  @Test func `comes with folds that are the same here`() throws {
    let lists = try FoldLists(in: fixture("nnunet/metrics"))
    #expect(lists.count == 6)
    #expect(try lists.differences() == [])
  }
}
