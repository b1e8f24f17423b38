// SPDX-License-Identifier: Apache-2.0

/// Texts and the identifiers that Python 3.11's uuid5 makes of them.
enum UIDCases {
  static let all: [(String, String)] = [
    ("", "2.25.13837052152308061008803972860701355855"),
    ("x", "2.25.177248531079796394830031107653319594218"),
    ("cohort 7, subject 12", "2.25.250410148157387675793958405207940644069"),
    (String(repeating: "é", count: 40), "2.25.49253074625100174338327238976964368630"),
    (String(repeating: "a", count: 55), "2.25.309522825360882225951098447889276195422"),
    (String(repeating: "a", count: 56), "2.25.262009426065048873436758050340427658456"),
    (String(repeating: "a", count: 64), "2.25.196407806297405574927238208879872320588"),
    (String(repeating: "a", count: 47), "2.25.338865455953035996459539499179019944183"),
    (String(repeating: "a", count: 48), "2.25.298783299015249306982392393366419784794"),
  ]
}
