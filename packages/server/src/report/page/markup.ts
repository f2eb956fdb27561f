/** HTML that was built here. Whatever is no Markup is text, and is escaped when it goes into a template. */
export interface Markup {
  readonly markup: string
}

type Part = Markup | string | number | null | readonly Part[]

/** The only way to make HTML in the report: interpolated text is escaped, so no file can bring its own tags. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: texts.map((text, i) => text + (i < parts.length ? written(parts[i]!) : '')).join('') }
}

function written(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') return String(part)
  if ('markup' in part) return part.markup
  return part.map(written).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Control characters break parsers; the marks that turn the direction of writing would reorder the words around them.
const unseen = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(unseen, '\ufffd')
    .replace(/[&<>"']/g, character => entities[character]!)

/** Text of a file in a sentence of ours: kept apart from the direction of our words. */
export const fromFile = (text: string): Markup => html`<bdi class="file">${shortened(text, 80)}</bdi>`

export function shortened(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
