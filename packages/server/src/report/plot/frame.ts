import { html, type Markup } from '../page/markup.ts'
import { place, type Scale } from './scale.ts'

/** The drawing all plots share: one width, so that their text is of one size on every screen. */
export const width = 480
export const left = 46
/** One above the other, for the two sides of a question. */
export const panels = [
  { top: 30, bottom: 132 },
  { top: 178, bottom: 280 },
] as const

export const right = width - 20

export interface Plot {
  readonly id: string
  readonly title: string
  /** What it shows, for who cannot see it: the same facts, in a sentence or two. */
  readonly description: string
  readonly height: number
  readonly content: readonly Markup[]
}

export function svg({ id, title, description, height, content }: Plot): Markup {
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"
><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>${content}</svg>`
}

/** Ticks below: a short mark and its label; the outermost labels stay inside the drawing. */
export function bottomAxis(
  x: Scale,
  y: number,
  ticks: readonly { at: number; label: string }[],
  name: string | null,
): Markup {
  const marks = ticks.map(({ at, label }) => {
    const across = x.at(at)
    const room = label.length * 3.6
    const anchor = across + room > width ? 'end' : across - room < 0 ? 'start' : 'middle'
    return html`<line class="tick" x1="${place(across)}" x2="${place(across)}" y1="${place(y)}" y2="${place(y + 4)}"
/><text x="${place(across)}" y="${place(y + 18)}" text-anchor="${anchor}">${label}</text>`
  })
  const caption =
    name === null
      ? null
      : html`<text class="name" x="${place(right)}" y="${place(y + 37)}" text-anchor="end">${name}</text>`
  return html`<line class="axis" x1="${place(left)}" x2="${place(right)}" y1="${place(y)}" y2="${place(y)}"
/>${marks}${caption}`
}

/** Pale lines across with their values at the left; the name of what is measured stands above them. */
export function leftAxis(y: Scale, ticks: readonly { at: number; label: string }[], name: string, top: number): Markup {
  const lines = ticks.map(
    ({
      at,
      label,
    }) => html`<line class="grid" x1="${place(left)}" x2="${place(right)}" y1="${place(y.at(at))}" y2="${place(y.at(at))}"
/><text x="${place(left - 8)}" y="${place(y.at(at) + 4)}" text-anchor="end">${label}</text>`,
  )
  return html`${lines}<text class="name" x="0" y="${place(top)}">${name}</text>`
}

/** What a reader sees where there is nothing to draw. */
export const emptyNote = (sentence: string, y: number): Markup =>
  html`<text class="empty" x="${place((left + right) / 2)}" y="${place(y)}" text-anchor="middle">${sentence}</text>`
