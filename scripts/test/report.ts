/** What a child process says about one test, or that all of its tests have ended. */
export type Report =
  | { readonly kind: 'passed' | 'skipped'; readonly name: string; readonly file: string }
  | { readonly kind: 'failed'; readonly name: string; readonly file: string; readonly why: string }
  | { readonly kind: 'done' }

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 }

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** The line that CI adds up: always the last one. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
