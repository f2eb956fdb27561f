/**
 * The words of a text as the search index keeps them: lower case, letters and digits, redaction tokens kept whole
 * (`phone:1a2b3c4d5e`). The same function cuts documents and queries, so PostgreSQL's dictionaries play no part.
 */
export function searchWords(text: string): string[] {
  if (text === '') return []
  // NFKC changes no ASCII text, and most are: to ask costs half of the call.
  const plain = /[\u0080-\uffff]/.test(text) ? text.normalize('NFKC') : text
  const found = plain.toLowerCase().match(/\[[a-z0-9_]{2,20}:[0-9a-f]{10}\]|[\p{L}\p{N}]+/gu) ?? []
  const words = new Set<string>()
  for (const word of found) words.add(word.startsWith('[') ? word.slice(1, -1) : word.slice(0, 60))
  return [...words]
}

/**
 * Names are found by whole word through a keyed hash: the index holds `n:<hash>`, never the name.
 * @param hash under the key of the tenant, as hexadecimal text
 */
export function nameWords(hash: (text: string) => string, name: string): string[] {
  return searchWords(name).map(word => `n:${hash(`name\n${word}`).slice(0, 16)}`)
}

/** Words as the text of a tsvector or, with `' & '` or `' | '`, of a tsquery. Words hold no quotes by construction. */
export function searchVector(words: readonly string[]): string | null {
  return words.length === 0 ? null : `'${words.join("' '")}'`
}

export function searchQuery(words: readonly string[], operator: '&' | '|'): string {
  return words.map(word => `'${word}'`).join(` ${operator} `)
}
