// SPDX-License-Identifier: Apache-2.0

/// The look of the page, on screens from phones to desks and on paper.
enum Style {
  /// The style sheet; it names no other file.
  static let sheet: StaticString = """

    :root { color-scheme: light; --ink: #1f2328; --soft: #57606a; --line: #d5dae0;
      --tint: #f5f7f9; --blue: #0b5a8a; --warm: #8a3b00; }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body { margin: 0; color: var(--ink); background: #fff;
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
      "DejaVu Sans", sans-serif; }
    main, header, footer, nav { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
    header { padding-top: 40px; }
    h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
    h2 { font-size: 21px; line-height: 1.3; margin: 44px 0 14px; padding-top: 14px;
      border-top: 1px solid var(--line); }
    h3 { font-size: 16px; line-height: 1.35; margin: 0 0 8px; }
    h1, h2, h3, td, th, dd, li, p, figcaption { overflow-wrap: anywhere; }
    p { margin: 0 0 12px; max-width: 72ch; }
    a { color: var(--blue); text-underline-offset: 2px; }
    .date, .hint, figcaption { color: var(--soft); }
    .date { margin-bottom: 12px; }
    .hint, figcaption { font-size: 14px; }
    .notice { display: inline-block; border: 1px solid var(--line); border-radius: 4px;
      padding: 4px 10px; font-size: 14px; font-weight: 600; background: var(--tint); }
    .warnings { border-left: 4px solid var(--warm); background: #fdf6f0; margin: 16px 0 0;
      padding: 10px 16px 10px 34px; }
    nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 16px 0 0;
      padding: 0; font-size: 15px; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
      gap: 14px; margin: 0 0 20px; }
    .cards > div { border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px;
      background: var(--tint); }
    .cards dt { font-size: 14px; color: var(--soft); }
    .cards dd { margin: 0; }
    .cards .value { font-size: 30px; line-height: 1.25; font-weight: 650;
      font-variant-numeric: tabular-nums; }
    .cards .detail { font-size: 14px; color: var(--soft); }
    figure { margin: 0; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
      gap: 28px 32px; align-items: start; }
    .figures img { width: 100%; max-width: 620px; height: auto; display: block; }
    .scroll { overflow-x: auto; margin: 0 0 16px;
      background: linear-gradient(to right, #fff 30%, #fff0) 0 0 / 40px 100% no-repeat local,
      linear-gradient(to left, #fff 30%, #fff0) 100% 0 / 40px 100% no-repeat local,
      linear-gradient(to right, #0003, #0000) 0 0 / 10px 100% no-repeat scroll,
      linear-gradient(to left, #0003, #0000) 100% 0 / 10px 100% no-repeat scroll; }
    table { border-collapse: collapse; width: 100%; font-size: 15px;
      font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--soft); font-size: 14px; padding: 0 0 6px; }
    th, td { padding: 6px 10px; text-align: left; vertical-align: top;
      border-bottom: 1px solid var(--line); overflow-wrap: normal; }
    th:first-child { padding-left: 0; }
    thead th { border-bottom: 2px solid #8b949e; font-size: 14px; }
    tbody th { font-weight: 600; }
    .number { text-align: right; white-space: nowrap; }
    .name { white-space: nowrap; }
    .table { margin: 0 0 26px; }
    .table .number { white-space: normal; }
    .table .value, .table .range { white-space: nowrap; }
    .table .range { color: var(--soft); margin-left: 0.25em; }
    .table tbody th { min-width: 8em; }
    .table td:not(.number):not(:empty) { min-width: 7em; }
    .table .scroll { margin-bottom: 8px; }
    .figures + .table { margin-top: 28px; }
    .counts table { width: auto; table-layout: fixed; }
    .counts th:not(:first-child) { width: 7.5em; }
    .counts th:first-child { width: 10em; }
    .tag { display: inline-block; border: 1px solid currentColor; border-radius: 3px;
      padding: 0 6px; margin: 0 6px 2px 0; font-size: 13px; color: var(--warm);
      white-space: nowrap; }
    .subject { margin: 0 0 34px; }
    .subject p { margin-bottom: 8px; }
    .slices { display: grid; gap: 16px;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
    .slices img { width: 100%; max-width: 512px; height: auto; display: block; background: #000; }
    dl { margin: 0 0 16px; }
    main section > dl:not(.cards) > div { display: grid; grid-template-columns: minmax(140px, 260px) 1fr;
      gap: 2px 20px; padding: 5px 0; border-bottom: 1px solid var(--line); }
    dt { color: var(--soft); }
    dd { margin: 0; }
    pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: 12px;
      overflow-x: auto; font: 13px/1.6 ui-monospace, "SF Mono", Menlo, Consolas,
      "DejaVu Sans Mono", monospace; }
    footer { margin-top: 48px; padding-bottom: 40px; color: var(--soft); font-size: 14px; }
    @media (max-width: 600px) {
      main, header, footer, nav { padding-left: 16px; padding-right: 16px; }
      header { padding-top: 24px; }
      h1 { font-size: 25px; }
      .cards { grid-template-columns: 1fr 1fr; gap: 10px; }
      .cards > div { padding: 10px 12px; }
      .cards .value { font-size: 24px; }
      main section > dl:not(.cards) > div { grid-template-columns: 1fr; }
      table { font-size: 13px; }
      th, td { padding: 6px 5px; }
      thead th, caption { font-size: 13px; }
      caption { position: sticky; left: 0; width: calc(100vw - 32px); }
      th:first-child { position: sticky; left: 0; background: #fff; }
      .table tbody th { min-width: 6em; }
    }
    @page { size: A4; margin: 16mm 14mm 18mm; }
    @media print {
      body { font-size: 10.5pt; line-height: 1.4; }
      main, header, footer, nav { max-width: none; padding: 0; }
      header { padding-top: 0; }
      nav { display: none; }
      h1 { font-size: 20pt; }
      h2 { font-size: 14pt; margin-top: 22pt; }
      h3 { font-size: 11pt; }
      h2, h3, caption { break-after: avoid; }
      figure, tr, .cards > div, dl > div, .table { break-inside: avoid; }
      thead { display: table-header-group; }
      table { font-size: 9.5pt; line-height: 1.25; }
      th, td { padding-top: 3pt; padding-bottom: 3pt; }
      .page { break-before: page; }
      .page h2 { margin-top: 0; border-top: 0; padding-top: 0; }
      .scroll { overflow: visible; background: none; }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; }
      .cards { grid-template-columns: repeat(auto-fit, minmax(30mm, 1fr)); gap: 8pt; }
      .cards > div { padding: 8pt 9pt; }
      .cards .value { font-size: 17pt; }
      .figures { grid-template-columns: 1fr 1fr; gap: 14pt; }
      .slices { grid-template-columns: repeat(3, 1fr); gap: 8pt; }
      .subject .head { break-inside: avoid; break-after: avoid; }
      a { color: inherit; text-decoration: none; }
    }

    """
}
