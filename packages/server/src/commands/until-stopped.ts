/** One key press may come as two signals: to the group, and passed on by whatever started this. */
const sameMs = 1000

/** The exit code of a service that was told to stop, or that can serve no more; the reason of the latter goes to stderr. */
export async function untilOver({ lost }: { readonly lost: Promise<Error> }): Promise<0 | 1> {
  const failed = await Promise.race([untilStopped(), lost])
  if (failed === undefined) return 0
  process.stderr.write(`surety: ${failed.message} The service ends, so that whatever started it can start it again.\n`)
  return 1
}

/**
 * Resolves at the first SIGINT or SIGTERM. Those that follow change nothing, so that a stop is never cut by being asked for
 * twice; only a person who presses again later ends the process at once.
 */
export function untilStopped(): Promise<void> {
  // Ctrl-C ends the reader of a pipe, too: what is said to nobody must not end the stop with an exception.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return new Promise(resolve => {
    let asked: number | null = null
    const stop = (signal: NodeJS.Signals): void => {
      const now = performance.now()
      asked ??= now
      if (signal === 'SIGINT' && now - asked > sameMs) process.exit(130)
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
