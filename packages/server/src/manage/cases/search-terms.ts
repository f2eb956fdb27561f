import { searchQuery, searchWords } from '../../store/search-words.ts'

export interface QueryPrivacy {
  redact(text: string): { readonly text: string }
  /** The hashed words under which a contact is found. */
  contactWords(contact: { readonly name: string }): readonly string[]
}

const maxWords = 32

/**
 * What somebody typed, as the index knows it: redacted, so that a full phone number or address becomes its token, and
 * each word also as the hash under which names are kept. `all` is tried first, `any` when it finds nothing.
 */
export function searchTerms(
  q: string,
  privacy: QueryPrivacy,
): { words: readonly string[]; all: string; any: string } | null {
  const words = searchWords(privacy.redact(q).text).slice(0, maxWords)
  if (words.length === 0) return null
  const terms = words.map(word => {
    const names = word.includes(':') ? [] : privacy.contactWords({ name: word })
    return names.length === 0 ? searchQuery([word], '|') : `(${searchQuery([word, ...names], '|')})`
  })
  return { words, all: terms.join(' & '), any: terms.join(' | ') }
}

const previewLength = 240

/** The part of a redacted text round its first matching word, at most 240 characters. */
export function preview(text: string, words: readonly string[]): string {
  const signs = [...text.replaceAll(/\s+/g, ' ')]
  if (signs.length <= previewLength) return signs.join('')
  const lower = signs.map(sign => sign.toLowerCase()).join('')
  const hits = words.map(word => lower.indexOf(word)).filter(at => at >= 0)
  const first = hits.length === 0 ? 0 : Math.min(...hits)
  const start = first < previewLength / 2 ? 0 : Math.min(first - 60, signs.length - previewLength + 1)
  const part = signs.slice(start, start + previewLength - (start > 0 ? 2 : 1)).join('')
  return `${start > 0 ? '…' : ''}${part}…`
}
