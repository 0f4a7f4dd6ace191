/// The style sheet of the report: one page without scripts, images or fonts from elsewhere, that
/// reads well on paper, on a phone and in the dark.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark;
      --bg: #fbfbf9; --card: #ffffff; --ink: #1d2126; --soft: #5c6570; --line: #dfe2e6;
      --good: #17663a; --good-bg: #e0f2e6; --bad: #a3201d; --bad-bg: #fbe6e4;
      --warn: #7a5200; --warn-bg: #fdf0d2; --none: #4d5560; --none-bg: #eaecef; --mark: #1f4e9c; }
    @media (prefers-color-scheme: dark) { :root {
      --bg: #14171b; --card: #1c2025; --ink: #e6e8eb; --soft: #a0a8b2; --line: #333941;
      --good: #8bdcab; --good-bg: #17382a; --bad: #ffaaa3; --bad-bg: #4a2222;
      --warn: #f3cd7c; --warn-bg: #43351a; --none: #b9c0c9; --none-bg: #2b3138; --mark: #9cc0ff; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--bg); color: var(--ink);
      font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
    main { max-width: 74rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
    .lead { font-size: 1.05rem; margin: 0 0 1.25rem; max-width: 60rem; }
    .hint { color: var(--soft); margin: 0 0 .75rem; max-width: 60rem; font-size: .92rem; }
    .tiles { list-style: none; margin: 0 0 1.5rem; padding: 0; display: grid; gap: .75rem;
      grid-template-columns: repeat(auto-fit, minmax(8.75rem, 1fr)); }
    .tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
      padding: .7rem .9rem; }
    .tiles strong { display: block; font-size: 1.6rem; line-height: 1.2;
      font-variant-numeric: tabular-nums; }
    .tiles span { color: var(--soft); font-size: .87rem; }
    .tiles .bad strong { color: var(--bad); } .tiles .good strong { color: var(--good); }
    .tiles .warn strong { color: var(--warn); }
    dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 0;
      font-size: .92rem; background: var(--card); border: 1px solid var(--line);
      border-radius: .6rem; padding: .8rem 1rem; }
    dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; grid-column: 2; overflow-wrap: anywhere; }
    .scroll { overflow-x: auto; margin: .5rem 0 1rem; background: var(--card);
      border: 1px solid var(--line); border-radius: .6rem; }
    .fit { width: fit-content; max-width: 100%; }
    .scroll:focus-visible { outline: 2px solid var(--mark); }
    table { border-collapse: collapse; width: 100%; font-size: .92rem; }
    caption { text-align: left; font-weight: 600; padding: .65rem .9rem .45rem; }
    th, td { text-align: left; vertical-align: top; padding: .45rem .9rem;
      border-top: 1px solid var(--line); font-weight: 400; }
    thead th { color: var(--soft); font-size: .82rem; white-space: nowrap; }
    tbody th { font-weight: 600; }
    td, th { overflow-wrap: break-word; } .wide { min-width: 24rem; overflow-wrap: anywhere; }
    .num { font-variant-numeric: tabular-nums; white-space: nowrap; }
    code { font: .88em/1.4 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace;
      overflow-wrap: anywhere; }
    .soft { color: var(--soft); }
    .id { color: var(--soft); white-space: nowrap; font-size: .9em; }
    table.stack thead th:first-child { width: 6.5rem; }
    .v { display: inline-block; padding: 0 .45em; border-radius: .35em; font-weight: 600;
      font-size: .9em; white-space: nowrap; background: var(--none-bg); color: var(--none); }
    .v.ac { background: var(--good-bg); color: var(--good); }
    .v.rej { background: var(--bad-bg); color: var(--bad); }
    .pair { white-space: nowrap; }
    table.matrix { width: auto; min-width: min(26rem, 100%); }
    table.matrix td, table.matrix thead th { text-align: right; }
    table.matrix thead th:first-child { text-align: left; }
    table.matrix td { font-variant-numeric: tabular-nums; }
    table.matrix .zero { color: var(--soft); opacity: .55; }
    table.matrix .changed { background: var(--warn-bg); color: var(--warn); font-weight: 700;
      box-shadow: inset 0 0 0 1px var(--warn); }
    table.matrix .same { background: var(--good-bg); color: var(--good); }
    table.matrix .sum { color: var(--soft); }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
      clip-path: inset(50%); white-space: nowrap; }
    footer { margin-top: 3rem; color: var(--soft); font-size: .87rem; }
    @media (max-width: 46rem) {
      main { padding: 1.25rem .8rem 3rem; } h1 { font-size: 1.35rem; }
      .tiles { grid-template-columns: repeat(2, 1fr); }
      dl.facts { grid-template-columns: 1fr; gap: 0; } 
      dl.facts dd { grid-column: 1; margin-bottom: .45rem; }
      table.matrix th, table.matrix td { padding: .4rem .55rem; }
      table.stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
        clip-path: inset(50%); }
      table.stack, table.stack tbody, table.stack tr, table.stack caption { display: block; }
      table.stack tr { border-top: 1px solid var(--line); padding: .5rem .9rem; }
      table.stack th, table.stack td { display: grid; grid-template-columns: 6.5rem 1fr; border: 0;
        padding: .12rem 0; min-width: 0; }
      .wide { min-width: 0; }
      table.stack [data-label]::before { content: attr(data-label); color: var(--soft);
        font-weight: 400; font-size: .85rem; }
    }
    @media print { body { background: #fff; } .scroll, .tiles li { break-inside: avoid; } }
    """
}
