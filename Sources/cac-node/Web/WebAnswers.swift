// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a server says about objects that it was to store (PS3.18, 10.5.3): in DICOM's JSON, or, from older
/// servers, in XML, of which only the reason of a failure is sought.
struct StoreAnswer {
  /// The Failure Reason (0008,1197); `nil` where none is said.
  let failure: Int?

  init?(_ data: Data) {
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      let text = String(decoding: data.prefix(65_536), as: UTF8.self)
      guard let match = text.firstMatch(of: #/tag="00081197"[^>]*>\s*<Value[^>]*>\s*([0-9]{1,5})/#)
      else { return nil }
      failure = Int(match.1)
      return
    }
    let failed = DICOMJSON.items(object["00081198"])
    failure =
      failed.compactMap { DICOMJSON.values($0["00081197"]).first as? Int }.first
      ?? (failed.isEmpty ? nil : 0)
  }
}

/// What a server says about studies (PS3.18, 10.6.3).
enum StudyAnswer {
  /// Their UIDs.
  static func studies(_ data: Data) -> [String] {
    let list = (try? JSONSerialization.jsonObject(with: data)) as? [[String: Any]] ?? []
    return list.compactMap { DICOMJSON.values($0["0020000D"]).first as? String }.filter {
      $0.wholeMatch(of: #/[0-9.]{1,64}/#) != nil
    }
  }
}

/// DICOM's JSON (PS3.18, F.2).
enum DICOMJSON {
  /// The values of an attribute.
  static func values(_ attribute: Any?) -> [Any] {
    (attribute as? [String: Any])?["Value"] as? [Any] ?? []
  }

  /// The items of a sequence.
  static func items(_ attribute: Any?) -> [[String: Any]] {
    values(attribute).compactMap { $0 as? [String: Any] }
  }
}
