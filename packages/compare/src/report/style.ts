/**
 * The look of the report: one light page, readable on screen and on paper, with the reader's own fonts.
 */

/** The style sheet, inlined into the page. */
export const STYLE = `
:root { color-scheme: light; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --ground: #f6f8fa; --accent: #0550ae; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: #fff; font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2.5rem 2rem 5rem; }
h1 { margin: 0 0 .3rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 3.2rem 0 .8rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.35rem; line-height: 1.3; }
h3 { margin: 2rem 0 .4rem; font-size: 1.05rem; overflow-wrap: anywhere; }
p, ul, dl { max-width: 46rem; margin: .6rem 0; }
.lead { color: var(--muted); font-size: 1.1rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; max-width: none; margin: 1.6rem 0; background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.facts div { padding: .7rem 1rem; background: #fff; }
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.note { max-width: 46rem; margin: 1.2rem 0; padding: .7rem 1rem; border-left: 4px solid #bf8700; background: #fff8e5; }
figure { margin: 1.4rem 0 2rem; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figure.wide svg { max-width: none; }
figcaption { max-width: 46rem; margin-top: .6rem; color: var(--muted); font-size: .9rem; line-height: 1.5; }
.scroll { margin: 1.2rem 0 2.2rem; overflow-x: auto; }
figure .scroll { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { max-width: 46rem; padding: 0 0 .7rem; color: var(--muted); text-align: left; font-size: .9rem; line-height: 1.5; }
th, td { padding: .34rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
thead th { border-bottom: 2px solid var(--text); font-size: .8rem; line-height: 1.3; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 400; overflow-wrap: anywhere; }
tbody tr:hover { background: var(--ground); }
.number { text-align: right; white-space: nowrap; }
tr.front th:first-child, tr.front td { font-weight: 600; }
tr.incomplete { color: var(--muted); }
code, .name { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: .92em; }
.name { overflow-wrap: anywhere; }
.whole { white-space: nowrap; }
.quiet { color: var(--muted); }
dl.terms dt { margin-top: .7rem; font-weight: 600; }
dl.terms dd { margin: 0; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .85rem; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  figure, .note, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
  figure.wide svg { max-width: 100%; height: auto; }
}
`;
