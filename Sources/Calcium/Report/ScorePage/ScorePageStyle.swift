// SPDX-License-Identifier: Apache-2.0

/// The look of a page of scores: light or dark as the reader has it, on screens and on paper.
///
/// Texts have a contrast of 4.5 at least on their ground. What a colour says is said by a word or a
/// kind of line as well.
enum ScorePageStyle {
  /// The style sheet; it names no other file.
  static let sheet: StaticString = """

    :root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --soft: #56606b;
      --line: #d5dae0; --tint: #f4f6f8; --link: #0b5a8a; --warm: #8a3b00; --warm-tint: #fdf5ee;
      --fill: #12395a; --on-fill: #fff; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #101418; --ink: #e8edf2; --soft: #a3adb8; --line: #333b44;
        --tint: #191f25; --link: #7cc0f0; --warm: #ffb782; --warm-tint: #2a1f17;
        --fill: #a9d3f5; --on-fill: #0c1a26; }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body { margin: 0; color: var(--ink); background: var(--ground);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
      "DejaVu Sans", sans-serif; }
    main, header, footer { max-width: 1200px; margin: 0 auto; padding: 0 28px; }
    header { padding-top: 32px; }
    h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
    h2 { font-size: 20px; line-height: 1.3; margin: 0 0 12px; }
    h3 { font-size: 15px; line-height: 1.35; margin: 26px 0 8px; }
    p { margin: 0 0 10px; }
    h2, dd, li, p { overflow-wrap: anywhere; }
    .overview tbody th { min-width: 7.5em; overflow-wrap: anywhere; }
    a { color: var(--link); text-underline-offset: 2px; }
    .about { color: var(--soft); display: flex; flex-wrap: wrap; gap: 2px 18px; }
    .about strong { color: var(--ink); font-weight: 600; }
    .hint, figcaption, caption { color: var(--soft); font-size: 14px; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
      clip-path: inset(50%); white-space: nowrap; }
    .overview, .study { margin-top: 26px; padding-top: 22px; border-top: 1px solid var(--line); }
    .summary { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      gap: 24px 48px; align-items: start; }
    .score { display: flex; align-items: baseline; flex-wrap: wrap; gap: 0 12px; margin: 0; }
    .score .value { font-size: 64px; line-height: 1.05; font-weight: 680;
      letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
    .score .unit { font-size: 17px; color: var(--soft); }
    .burden { font-size: 18px; margin: 4px 0 14px; }
    .scale { list-style: none; display: flex; margin: 0 0 6px; padding: 0; gap: 3px;
      font-size: 14px; font-variant-numeric: tabular-nums; }
    .scale li { flex: 1 1 0; text-align: center; padding: 5px 2px; background: var(--tint);
      color: var(--soft); border: 2px solid transparent; border-radius: 3px; line-height: 1.25; }
    .scale .current { background: var(--fill); color: var(--on-fill); font-weight: 700; }
    .scale .possible { border: 2px dashed var(--fill); color: var(--ink); }
    .scale .maybe { display: block; font-size: 12px; }
    .hangs-on { margin: 14px 0 0; }
    .hangs-on h3 { margin: 0 0 4px; }
    .hangs-on ul { margin: 0; padding-left: 20px; }
    .alert { border-left: 4px solid var(--warm); background: var(--warm-tint);
      padding: 10px 16px; margin: 16px 0 0; }
    .alert h3 { margin: 0 0 4px; color: var(--warm); }
    .alert h3::before { content: "\\26A0\\FE0E\\00A0"; }
    .alert p { margin: 0; }
    .alert ul { margin: 0; padding-left: 20px; }
    table { border-collapse: collapse; width: 100%; font-size: 15px;
      font-variant-numeric: tabular-nums; }
    caption { text-align: left; padding: 0 0 4px; }
    th, td { padding: 5px 10px; text-align: left; vertical-align: top;
      border-bottom: 1px solid var(--line); }
    th:first-child { padding-left: 0; }
    td:last-child, th:last-child { padding-right: 2px; }
    thead th { font-size: 14px; border-bottom: 2px solid var(--soft); }
    tbody th { font-weight: 500; }
    .number { text-align: right; }
    .number, .nowrap { white-space: nowrap; }
    .total th, .total td { font-weight: 700; border-bottom: 2px solid var(--soft); }
    .beside-row th, .beside-row td { color: var(--soft); }
    .parts .hint { margin: 6px 0 0; }
    .scroll { overflow-x: auto; }
    .lm { --mark: #ff86d3; } .lad { --mark: #ff9f1c; } .lcx { --mark: #4cc9ff; }
    .rca { --mark: #45e08a; } .any { --mark: #ff9f1c; } .beside { --mark: #d8d8d8; }
    .undecided { --mark: #fff; }
    .swatch { display: inline-block; width: 15px; height: 15px; margin: 0 8px -2px 0;
      background: #15181b; border: 3px solid var(--mark); border-radius: 3px;
      outline: 1px solid #15181b; }
    .swatch.beside { border-style: dashed; } .swatch.undecided { border-style: dotted; }
    .legend { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 6px 24px;
      margin: 26px 0 -12px; font-size: 14px; }
    .legend ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0;
      padding: 0; }
    .legend label { display: flex; align-items: center; gap: 4px; cursor: pointer; }
    .legend input { width: 18px; height: 18px; margin: 0; accent-color: var(--link); }
    .pictures:has(.show:not(:checked)) .marks { display: none; }
    .grid { display: grid; gap: 16px; }
    .projections { grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
      align-items: start; }
    .slices .image text { font-size: 6px; }
    .slices { grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
    figure { margin: 0; }
    .slices figure { max-width: 480px; }
    .image { position: relative; background: #000; border-radius: 4px; overflow: hidden; }
    .image img { display: block; width: 100%; height: auto; }
    .projections .image { max-width: 560px; }
    .image svg { position: absolute; inset: 0; width: 100%; height: 100%; }
    .image path { fill: none; stroke: var(--mark); stroke-width: 1.6px; stroke-linejoin: round;
      vector-effect: non-scaling-stroke; }
    .image .beside { stroke-dasharray: 4 3; }
    .image .undecided { stroke-dasharray: 1.5 3; stroke-linecap: round; }
    .projections .image path { fill: var(--mark); fill-opacity: 0.55; }
    .projections .image .beside, .projections .image .undecided { fill-opacity: 0.15; }
    .image .bar, .projections .image .bar { fill: none; stroke: #fff; }
    .image text { font-size: 5px; fill: #fff; paint-order: stroke; stroke: #000b;
      stroke-width: 1.2px; }
    .image .name { fill: var(--mark); font-weight: 700; }
    figcaption { margin-top: 4px; font-variant-numeric: tabular-nums; }
    .grid + .hint { margin-top: 8px; }
    dl { margin: 0; }
    dl > div { display: grid; grid-template-columns: minmax(110px, 190px) 1fr; gap: 2px 20px;
      padding: 4px 0; border-bottom: 1px solid var(--line); font-size: 15px; }
    dt { color: var(--soft); }
    dd { margin: 0; }
    .notes { font-size: 15px; padding-left: 20px; }
    footer { margin-top: 44px; padding-bottom: 36px; color: var(--soft); font-size: 14px; }
    @media screen and (max-width: 760px) {
      main, header, footer { padding-left: 16px; padding-right: 16px; }
      header { padding-top: 20px; }
      .summary { grid-template-columns: minmax(0, 1fr); }
      .score .value { font-size: 52px; }
      .scale { font-size: 12.5px; }
      th, td { padding: 5px 6px; }
      dl > div { grid-template-columns: 1fr; gap: 0; }
      .image text { font-size: 5.5px; }
    }
    @page { size: A4; margin: 14mm; }
    @page sheet { size: A4; margin: 10mm 14mm; }
    @media print {
      :root { color-scheme: light; --ground: #fff; --ink: #000; --soft: #444; --line: #bbb;
        --tint: #f0f0f0; --link: #000; --warm: #6b2d00; --warm-tint: #fff; --fill: #12395a;
        --on-fill: #fff; }
      body { font-size: 10pt; line-height: 1.35; }
      main, header, footer { max-width: none; padding: 0; }
      .study { break-before: page; border-top: 0; padding-top: 0; margin-top: 0; }
      main > .study:first-child { break-before: auto; }
      .summary { grid-template-columns: 1fr 1fr; gap: 8mm; }
      .score .value { font-size: 40pt; }
      h2, h3, caption { break-after: avoid; }
      figure, tr, .alert, .summary { break-inside: avoid; }
      .projections { grid-template-columns: 1fr 1fr; gap: 4mm; }
      .projections .image { max-width: 86mm; }
      .slices { grid-template-columns: repeat(4, 1fr); gap: 3mm; }
      .legend label { display: none; }
      .scale { font-size: 8.5pt; }
      .scale li { white-space: nowrap; }
      figcaption, .hint, caption { font-size: 8.5pt; }
      h3 { margin-top: 12pt; }
      .scale li, .swatch, .image, .alert { print-color-adjust: exact;
        -webkit-print-color-adjust: exact; }
      table, dl > div, .notes, .legend { font-size: 9pt; }
      .scroll { overflow: visible; }
      a { color: inherit; text-decoration: none; }
      .one-sheet { page: sheet; font-size: 8.5pt; line-height: 1.25; }
      .one-sheet h1 { font-size: 14pt; }
      .one-sheet .study { margin: 0; }
      .one-sheet h2 { font-size: 11pt; margin-bottom: 2pt; }
      .one-sheet h3 { font-size: 9pt; margin: 5pt 0 2pt; }
      .one-sheet .score .value { font-size: 28pt; }
      .one-sheet .burden { font-size: 11pt; margin: 2pt 0 4pt; }
      .one-sheet .alert { margin-top: 5pt; padding: 3pt 8pt; }
      .one-sheet p { margin-bottom: 2pt; }
      .one-sheet th, .one-sheet td { padding: 1.2pt 5pt; font-size: 7.5pt; }
      .one-sheet tbody th { white-space: nowrap; }
      .one-sheet .swatch { width: 8pt; height: 8pt; border-width: 2pt; margin-right: 4pt; }
      .one-sheet .legend { margin: 6pt 0 0; font-size: 8pt; }
      .one-sheet .projections { display: flex; gap: 5mm; }
      .one-sheet .projections .image { display: inline-block; }
      .one-sheet .projections .image img { width: auto; max-height: 44mm; max-width: 100mm; }
      .one-sheet .details { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm;
        align-items: start; }
      .one-sheet .details > :only-child { grid-column: 1 / -1; }
      .one-sheet dl > div { grid-template-columns: 20mm 1fr; padding: 1pt 0; font-size: 7.5pt;
        gap: 2mm; }
      .one-sheet figcaption, .one-sheet .hint, .one-sheet caption, .one-sheet .notes {
        font-size: 7pt; }
      .one-sheet figcaption { margin-top: 1pt; }
      .one-sheet .notes { margin: 3pt 0 0; }
      .one-sheet footer { margin-top: 4pt; padding-bottom: 0; font-size: 7.5pt; }
    }

    """
}
