// SPDX-License-Identifier: Apache-2.0
import CArgon2
import Foundation
import GRDB

/// What an account may do.
package enum Role: String, Codable, Sendable, CaseIterable {
  /// Reads, and sees own readings only until they are signed.
  case reader
  /// Decides where two readers differ, too.
  case adjudicator
  /// Adds accounts, too.
  case admin
}

/// Someone who reads.
package struct Account: Sendable, Hashable, Codable {
  /// The name that the trail has.
  package let name: String
  /// What the account may do.
  package let role: Role

  /// An account.
  package init(name: String, role: Role) {
    self.name = name
    self.role = role
  }

  /// Who reads with a store that has no accounts: whoever holds the address with its token.
  package static let sole = Account(name: "reader", role: .admin)
}

extension ReviewStore {
  /// The accounts by name.
  package func accounts() throws -> [Account] {
    try read {
      try Row.fetchAll($0, sql: "SELECT name, role FROM account ORDER BY name").compactMap { row in
        Role(rawValue: row["role"]).map { Account(name: row["name"], role: $0) }
      }
    }
  }

  /// Adds an account.
  ///
  /// - Throws: `StoreError` for a name that is taken or a password of fewer than 8 characters.
  package func add(_ account: Account, password: String, by user: String) throws {
    let name = account.name
    let allowed =
      !name.isEmpty && name.count <= 64 && name != Account.sole.name
      && name.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || "0123456789.-_@ ".unicodeScalars.contains($0)
      }
      && name.first != " " && name.last != " "
    guard allowed else {
      throw StoreError(
        .refused,
        "an account's name has 1 to 64 letters, digits, blanks or .-_@, and is not \"reader\"")
    }
    guard password.count >= 8, password.utf8.count <= 1024 else {
      throw StoreError(.refused, "a password has at least 8 characters; give a longer one")
    }
    let encoded = try Argon2.encode(password)
    try write { db in
      let taken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM account WHERE name = ?)", arguments: [name])
      guard taken != true else {
        throw StoreError(.refused, "there is an account \(name) already; choose another name")
      }
      try db.execute(
        sql: "INSERT INTO account (name, role, password, created) VALUES (?, ?, ?, ?)",
        arguments: [name, account.role.rawValue, encoded, Date.now.formatted(.iso8601)])
      try append(db, account: "added \(name) as \(account.role.rawValue)", by: user)
    }
  }

  /// The account of a name and a password; `nil` where they do not fit.
  ///
  /// An unknown name takes as long as a wrong password.
  package func account(name: String, password: String) throws -> Account? {
    let row = try read {
      try Row.fetchOne(
        $0, sql: "SELECT name, role, password FROM account WHERE name = ?", arguments: [name])
    }
    guard password.utf8.count <= 1024 else { return nil }
    guard let row else {
      _ = try Argon2.encode(password)
      return nil
    }
    guard Argon2.holds(row["password"], password), let role = Role(rawValue: row["role"]) else {
      return nil
    }
    return Account(name: row["name"], role: role)
  }
}

/// Argon2id (RFC 9106) with its second recommended setting: 64 MiB, 3 passes, 4 lanes.
enum Argon2 {
  /// The encoded digest of a password with a new salt.
  static func encode(_ password: String) throws -> String {
    var generator = SystemRandomNumberGenerator()
    let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let bytes = Array(password.utf8)
    var encoded = [CChar](repeating: 0, count: 256)
    let status = argon2id_hash_encoded(
      3, 65536, 4, bytes, bytes.count, salt, salt.count, 32, &encoded, encoded.count)
    guard status == ARGON2_OK.rawValue else {
      throw StoreError(.refused, "the password cannot be protected (argon2: \(status))")
    }
    let text = encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether a password has an encoded digest.
  static func holds(_ encoded: String, _ password: String) -> Bool {
    let bytes = Array(password.utf8)
    return argon2id_verify(encoded, bytes, bytes.count) == ARGON2_OK.rawValue
  }
}
