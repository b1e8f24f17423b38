// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

extension SubjectLocation {
  /// Reads the subject's annotation; `nil` where it has none, a failure where it cannot be read.
  public func readAnnotation() -> Result<Annotation, COCAError>? {
    annotation.map { url in
      do {
        return .success(try Annotation(contentsOf: url))
      } catch let error as COCAError {
        return .failure(error)
      } catch let error as FileError {
        return .failure(COCAError(.structure, path: url.path, detail: error.detail))
      } catch {
        return .failure(COCAError(.structure, path: url.path, detail: "\(error)"))
      }
    }
  }
}
