export type EmbeddedErrorCode =
  | 'in_use'
  | 'data_missing'
  | 'unsupported'
  | 'start_failed'
  | 'version_mismatch'
  | 'not_writable'
  | 'not_yours'
  | 'no_such_user'

/** Why the embedded PostgreSQL did not start. The message is one sentence that says what to do. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode

  constructor(code: EmbeddedErrorCode, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause })
    this.name = 'EmbeddedError'
    this.code = code
  }
}

/** The first line of what a program or the system said, short enough to sit inside a sentence. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return (text.trim().split('\n')[0] ?? '').slice(0, 200).replace(/[.\s]+$/, '')
}
