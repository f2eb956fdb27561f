import { readFileSync } from 'node:fs'

// A process costs about 0.14 s, a file inside one almost nothing: pure tests share processes, the others have their own.
const filesPerProcess = 12
const needsOwnProcess = /\.(db|e2e)\.test\.ts$|^tests\//
const changesItsProcess =
  /\b(before|after|beforeEach|afterEach|mock)\b[^}]*\}\s*from 'node:test'|process\.(env\[|chdir)/

/** Those that take longest, the longest first: what begins late is waited for at the end. */
const slow = [
  'tests/alerts.e2e.test.ts',
  'packages/server/src/rate-totals.e2e.test.ts',
  'packages/server/src/manage/silence/sweep.db.test.ts',
  'packages/server/src/ticks.e2e.test.ts',
  'packages/server/src/replay/replay.db.test.ts',
  'packages/server/src/ticks-beside.e2e.test.ts',
  'packages/server/src/manage/receipts/corruption.db.test.ts',
]
const placeOf = (file: string): number => (slow.includes(file) ? slow.indexOf(file) : slow.length)

/** Splits test files over processes, those with a process of their own first because they take longest. */
export function batches(files: readonly string[], read = (file: string) => readFileSync(file, 'utf8')): string[][] {
  const alone = files.filter(file => needsOwnProcess.test(file) || changesItsProcess.test(read(file)))
  const together = files.filter(file => !alone.includes(file))
  const groups = Array.from({ length: Math.ceil(together.length / filesPerProcess) }, (_, group) =>
    together.slice(group * filesPerProcess, (group + 1) * filesPerProcess),
  )
  return [...alone.toSorted((a, b) => placeOf(a) - placeOf(b)).map(file => [file]), ...groups]
}
