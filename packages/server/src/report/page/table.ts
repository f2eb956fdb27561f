import { html, type Markup } from './markup.ts'

type Cell = Markup | string

export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Columns of words, by number; the others hold numbers and stand to the right. */
  readonly words: readonly number[]
}

/** Scrolls in a box of its own that the keyboard reaches, so that a wide table never widens the page. */
export function table({ caption, head, rows, words }: Table): Markup {
  const side = (column: number): Markup | null => (words.includes(column) ? null : html` class="number"`)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map((cell, i) => html`<th scope="col"${side(i)}>${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    row => html`<tr>${row.map((cell, i) => html`<td${side(i)}>${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>`
}

export const folded = (summary: string, content: Markup): Markup =>
  html`<details><summary>${summary}</summary>${content}</details>`
