// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import ReviewArguments
import ReviewStore
import Text
import Workflow

/// A store that has to exist.
func existingStore(_ text: String) throws -> ReviewStore {
  let url = path(text)
  guard Folder.isFile(url) else {
    throw WorkflowError(.missing, "\(url.path): no such store; name it by --store")
  }
  return try ReviewStore(at: url)
}

/// `cac review verify`.
func verify(_ command: ReviewVerify) throws {
  let store = try existingStore(command.store)
  let found = try store.verify()
  if let head = command.head, !found.head.hasPrefix(head) {
    let rows = try store.storedRows()
    guard rows.contains(where: { $0.hash.hasPrefix(head) }), head.count >= 12 else {
      throw WorkflowError(
        .invalid,
        "\(command.store): the trail does not hold the digest \(head.prefix(12))…; its end was cut off, or it "
          + "is another store")
    }
  }
  print("\(counted(found.rows, "row")), the chain is whole")
  print("last digest: \(found.head.isEmpty ? "none" : found.head)")
}

/// `cac review user add`.
func addUser(_ command: ReviewUserAdd) throws {
  guard let role = Role(rawValue: command.role) else {
    throw WorkflowError(
      .invalid, "--role \(command.role): unknown; reader, adjudicator or admin")
  }
  let password: String
  if command.passwordStdin {
    password = readLine() ?? ""
  } else {
    guard let typed = getpass("Password for \(command.name): ").map({ String(cString: $0) }),
      let again = getpass("Again: ").map({ String(cString: $0) })
    else {
      throw WorkflowError(.missing, "there is no terminal to type it on; use --password-stdin")
    }
    guard typed == again else {
      throw WorkflowError(.invalid, "the passwords differ; try again")
    }
    password = typed
  }
  let store = try ReviewStore(at: path(command.store))
  try store.add(Account(name: command.name, role: role), password: password, by: NSUserName())
  print("added \(command.name) (\(role.rawValue)) to \(command.store)")
}

/// `cac review user list`.
func listUsers(_ command: ReviewUserList) throws {
  var table = TextTable(["name", "role"])
  for account in try existingStore(command.store).accounts() {
    table.add([account.name, account.role.rawValue])
  }
  print(table.text)
}
