// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Another program of this project that lies beside this one.
package struct SiblingProgram: Sendable {
  /// The file.
  package let url: URL

  /// The program of a name.
  ///
  /// - Parameters:
  ///   - name: the file's name, such as `cac-review`.
  ///   - purpose: what it is, for the sentence where it is missing.
  /// - Throws: `WorkflowError` where it does not lie beside this program.
  package init(_ name: String, _ purpose: String) throws {
    let folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    guard let program = folder?.appendingPathComponent(name), Folder.isFile(program) else {
      throw WorkflowError(
        .missing,
        "\(folder?.path ?? "."): holds no \(name), \(purpose), which lies beside this program; "
          + "build it with: swift build -c release --product \(name)")
    }
    url = program
  }

  /// Runs it in the place of this process, with this process's arguments from some number on.
  ///
  /// - Throws: `WorkflowError` where it cannot be run; else it does not return.
  package func replaceThisProcess(argumentsFrom first: Int) throws -> Never {
    // The bytes as they were given: a path need not be UTF-8.
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(url.path)]
    for index in first..<max(first, Int(CommandLine.argc)) {
      arguments.append(CommandLine.unsafeArgv[index])
    }
    arguments.append(nil)
    execv(url.path, arguments)
    throw WorkflowError(
      .program, "\(url.path): cannot be run (\(String(cString: strerror(errno))))")
  }
}
