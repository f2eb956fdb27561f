import { type FieldError, type ProblemCode, problems } from '@surety/contract'

/** The caller's mistake, or an outage that the caller must know of: thrown anywhere, answered by the door as RFC 9457. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly retryAfterSeconds: number | null

  constructor(
    code: ProblemCode,
    detail?: string,
    more: { errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail ?? problems[code].sentence)
    this.name = 'Problem'
    this.code = code
    this.status = problems[code].status
    this.errors = more.errors ?? []
    this.retryAfterSeconds = more.retryAfterSeconds ?? null
  }
}
