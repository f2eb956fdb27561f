/** What is wrong with a history or with the wish: one sentence for the person who asked. Nothing was written. */
export class ReplayError extends Error {
  readonly code: string
  /** Row of the file, from 1, the header not counted. */
  readonly row: number | null

  constructor(code: string, sentence: string, row: number | null = null) {
    super(sentence)
    this.name = 'ReplayError'
    this.code = code
    this.row = row
  }
}
