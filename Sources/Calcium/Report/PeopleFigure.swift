// SPDX-License-Identifier: Apache-2.0
import Figures

extension ReportContent.Figure {
  /// A risk as people: of a hundred alike, how many have the event.
  ///
  /// Natural frequencies are understood better than percentages (Gigerenzer 2007,
  /// doi:10.1111/j.1539-6053.2008.00033.x). Those with the event are filled, from the lower left corner on;
  /// a risk between 0 and half a person is drawn as none and said to be less than one.
  ///
  /// - Parameters:
  ///   - title: the heading.
  ///   - percent: the risk, from 0 to 100.
  ///   - event: what happens to them, as in "have a heart attack within 10 years".
  ///   - caption: the text below.
  public static func people(
    title: String, percent: Double, event: String, caption: String
  ) -> ReportContent.Figure {
    let affected = min(max(Int(percent.rounded()), 0), 100)
    let number =
      affected == 0 ? "fewer than 1" : percent >= 99.5 ? "nearly all" : "about \(affected)"
    let sentence = "Of 100 people like this one, \(number) \(event)."
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 352" width="320" height="352">\
      <title>\(Markup.escaped(sentence))</title>\
      <defs><g id="person"><circle cx="11" cy="7" r="5"/>\
      <path d="M3 27v-7a6 6 0 0 1 6-6h4a6 6 0 0 1 6 6v7z"/></g></defs>
      """
    for place in 0..<100 {
      let (x, y) = (10 + place % 10 * 30, 312 - place / 10 * 34)
      let look =
        place < affected
        ? "fill=\"#b3400a\"" : "fill=\"#fff\" stroke=\"#6b7681\" stroke-width=\"1.4\""
      svg += "<use href=\"#person\" x=\"\(x)\" y=\"\(y)\" \(look)/>"
    }
    svg += "</svg>"
    return ReportContent.Figure(
      title: title, caption: caption.isEmpty ? sentence : "\(sentence) \(caption)",
      summary: sentence, svg: svg)
  }
}
