// SPDX-License-Identifier: Apache-2.0
import CSpreadsheet
import Files
public import Foundation

extension Sheet {
  /// Writes a workbook with this one sheet, complete or not at all; the same cells give the same
  /// bytes.
  ///
  /// - Throws: `SpreadsheetError` for a cell that Excel has no place for, `FileError` where the file
  ///   cannot be written.
  public func write(to url: URL) throws {
    try StagedFile.write(to: url) { staged in try write(staged.path) }
  }

  private func write(_ path: String) throws {
    guard let workbook = workbook_new(path) else {
      throw SpreadsheetError(.cannotWrite, path: path, detail: "libxlsxwriter has no memory for it")
    }
    var properties = lxw_doc_properties()
    // A fixed date: the hour of writing would make other bytes of the same cells.
    properties.created = 978_307_200
    workbook_set_properties(workbook, &properties)
    guard let sheet = workbook_add_worksheet(workbook, nil) else {
      _ = workbook_close(workbook)
      throw SpreadsheetError(.cannotWrite, path: path, detail: "libxlsxwriter makes no sheet")
    }
    var failure = LXW_NO_ERROR
    for (i, row) in rows.enumerated() {
      for (j, cell) in row.enumerated() {
        let (line, column) = (UInt32(clamping: i), UInt16(clamping: j))
        let result: lxw_error
        switch cell {
        case .empty: result = LXW_NO_ERROR
        case .number(let value, _): result = worksheet_write_number(sheet, line, column, value, nil)
        case .text(let text), .error(let text):
          result = worksheet_write_string(sheet, line, column, text, nil)
        case .flag(let flag):
          result = worksheet_write_boolean(sheet, line, column, flag ? 1 : 0, nil)
        }
        if failure == LXW_NO_ERROR { failure = result }
      }
    }
    let closed = workbook_close(workbook)
    let problem = failure == LXW_NO_ERROR ? closed : failure
    guard problem == LXW_NO_ERROR else {
      throw SpreadsheetError(
        .cannotWrite, path: path,
        detail: "cannot be written (\(String(cString: lxw_strerror(problem)))); "
          + "check the free space and the rights")
    }
  }
}
