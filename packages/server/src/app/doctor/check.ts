/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly sentence: string
  /** A command, or the page and section that says more; only where it is not ok and the sentence does not say it. */
  readonly todo?: string
}

export type Finding = Omit<Check, 'name'>

export const good = (sentence: string): Finding => ({ ok: true, sentence })
export const bad = (sentence: string, todo?: string): Finding => ({
  ok: false,
  sentence,
  ...(todo === undefined ? {} : { todo }),
})

/** No answer came within the time that a check has. */
export class Silent extends Error {}

/** @param mostMs null: as long as it takes */
export async function within<T>(mostMs: number | null, work: Promise<T>): Promise<T> {
  if (mostMs === null) return work
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Silent(`did not answer within ${mostMs / 1000} s`)), mostMs)
  // Whoever is silent may still fail, after nobody waits for it any more.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** A check that cannot be made counts as bad: nobody knows then. */
export async function made(
  name: string,
  mostMs: number | null,
  look: () => Promise<Finding>,
  todo?: string,
): Promise<Check> {
  try {
    return { name, ...(await within(mostMs, look())) }
  } catch (error) {
    return { name, ...bad(`Could not be looked at: ${reasonOf(error)}.`, todo) }
  }
}

/** Where a name stands for several addresses each of them failed for its own reason, and the message is empty. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  return (error.message || error.name).replace(/\.$/, '')
}
