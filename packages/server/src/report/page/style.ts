// Blue and orange stay apart for every kind of colour blindness, and nothing is told by colour alone.
const light = `
  --paper: #ffffff; --shade: #f4f6f8; --ink: #1b2127; --soft: #55606b; --line: #d9dfe5; --grid: #e9edf1;
  --blue: #0b5f9e; --blue-pale: #b9d7ee; --orange: #b04a00; --orange-pale: #f3d9c4; --grey: #a9b4be;`
const dark = `
  --paper: #14181d; --shade: #1c2229; --ink: #e6eaee; --soft: #a5b0bb; --line: #333d47; --grid: #262e36;
  --blue: #74b9f2; --blue-pale: #24455f; --orange: #f3a45f; --orange-pale: #54371f; --grey: #65727e;`

/** The look of the page: the reader's own fonts, one column, both colour schemes, paper as well. */
export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; overflow-wrap: anywhere; }
header p, .note { color: var(--soft); }
h1, h2, h3 { line-height: 1.25; font-weight: 650; letter-spacing: -.01em; margin: 0; }
h1 { font-size: clamp(1.6rem, 1.2rem + 1.6vw, 2.25rem); }
h2 { font-size: 1.35rem; margin-bottom: .75rem; }
h3 { font-size: 1.1rem; margin-bottom: .5rem; }
p, ul { margin: 0 0 .75rem; max-width: 44rem; }
ul { padding-left: 1.2rem; }
li { margin-bottom: .35rem; }
section { margin-top: 3rem; }
header .kind { font-size: .85rem; font-weight: 600; margin: 0 0 .35rem; }
header h1 + p { margin-top: .5rem; }
a { color: var(--blue); }
strong, b { font-weight: 650; }
code { font: .85em ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; color: var(--soft); }
.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; margin: 2rem 0 0; padding: 1.25rem 0; border-block: 1px solid var(--line); }
.keys dt { font-size: .85rem; color: var(--soft); }
.keys dd { margin: 0; font-size: .85rem; line-height: 1.45; }
.keys b { display: block; font-size: 1.75rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.keys span { display: block; }
.warnings { padding: 1.25rem 1.25rem .5rem; border-left: 4px solid var(--orange); background: var(--shade); }
.words { display: grid; gap: 0 3.5rem; }
@media (min-width: 60rem) { .words { grid-template-columns: 3fr 2fr; } }
figure { margin: 0; padding: 1.75rem 0; border-top: 1px solid var(--line); display: grid; gap: 1rem 2.5rem; }
h2 + figure { border-top: 0; padding-top: .25rem; }
figcaption { min-width: 0; }
figcaption p { font-size: .95rem; }
.plot { min-width: 0; }
figure h3 { margin: 0; }
@media (min-width: 56rem) {
  figure { grid: 'plot title' auto 'plot text' 1fr / 35rem minmax(0, 1fr); gap: .5rem 2.5rem; }
  figure h3 { grid-area: title; }
  .plot { grid-area: plot; }
  figcaption { grid-area: text; }
}
svg { display: block; width: 100%; height: auto; max-width: 35rem; overflow: visible; }
svg text { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
@media (max-width: 34rem) { svg text { font-size: 14px; } }
svg .name { fill: var(--ink); }
svg .empty { fill: var(--soft); }
svg .grid { stroke: var(--grid); }
svg .axis, svg .tick { stroke: var(--soft); }
svg .band { fill: var(--blue-pale); }
svg .step { stroke: var(--blue); stroke-width: 2.5; }
svg .step.other { stroke: var(--orange); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .other-name { fill: var(--orange); }
svg .thin { fill: none; stroke: var(--blue); stroke-width: 1; opacity: .6; }
svg .dot { fill: var(--blue); stroke: var(--paper); stroke-width: 1; }
svg .open { fill: var(--paper); stroke: var(--orange); stroke-width: 1.5; }
svg .whisker { stroke: var(--blue); stroke-width: 1.5; }
svg .whisker.pale { stroke: var(--orange-pale); }
svg .floor { stroke: var(--orange); stroke-width: 1.5; stroke-dasharray: 5 4; }
svg .floor-name { fill: var(--orange); }
svg .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .count, svg .unscored { fill: var(--grey); }
svg .yes, svg .scored { fill: var(--blue); }
svg .no { fill: var(--orange); }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
.swatch + .swatch, .swatch.unscored { margin-left: 1em; }
.swatch.scored { background: var(--blue); }
.swatch.unscored { background: var(--grey); }
details { margin: .5rem 0; }
td details { margin: .15rem 0 0; }
td summary { font-size: .875rem; }
summary { cursor: pointer; color: var(--blue); font-size: .95rem; width: fit-content; }
.scroll { overflow-x: auto; max-width: 100%; border: 1px solid var(--line); border-radius: 6px; }
details > .scroll { margin-top: .5rem; max-height: 24rem; overflow-y: auto; }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.45; overflow-wrap: normal; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .45rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; background: var(--shade); white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .file { display: inline-block; max-width: 18rem; overflow-wrap: anywhere; }
.why { min-width: 16rem; max-width: 34rem; overflow-wrap: anywhere; }
.why ul { max-height: 20rem; overflow-y: auto; }
.verdict { white-space: nowrap; font-weight: 600; }
.verdict.accepted { color: var(--blue); }
.verdict.refused { color: var(--orange); }
.role { white-space: nowrap; }
.role.label, .role.time { font-weight: 600; }
.role.ignored, .role.known_later { color: var(--soft); }
.facts { display: grid; gap: .5rem 2rem; margin: 0 0 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.facts dt { font-size: .85rem; color: var(--soft); }
.facts dd { margin: 0; }
.note { font-size: .85rem; }
@media print { main { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } }
`
