import { globSync } from 'node:fs'

export interface Suite {
  readonly name: string
  readonly meaning: string
  readonly patterns: readonly string[]
  readonly leaveOut?: RegExp
  /** Where the databases of the tests come from. */
  readonly database: 'embedded' | 'DATABASE_URL' | 'either'
  /** At most so many test processes side by side. */
  readonly processes: number
  /** A test process that reports nothing for so long is killed and counts as a failure. */
  readonly patienceMs: number
  /** For its tests, unless it is the short form. */
  readonly env?: { readonly [name: string]: string }
}

const beside = (ending: string) => [`packages/**/*${ending}`, `pods/**/*${ending}`]

export const suites: readonly Suite[] = [
  {
    name: 'all',
    meaning: 'everything that needs no server: pure tests, and database and door tests on the embedded PostgreSQL',
    patterns: [...beside('.test.ts'), 'scripts/**/*.test.ts', 'bench/**/*.test.ts', 'tests/*.test.ts'],
    // Half a minute of both cores: with the promises.
    leaveOut: /\/planted\./,
    database: 'embedded',
    processes: 3,
    patienceMs: 120_000,
  },
  {
    name: 'services',
    meaning: 'database and door tests on the servers named by DATABASE_URL, REDIS_URL and MQTT_URL',
    patterns: [...beside('.db.test.ts'), ...beside('.e2e.test.ts'), 'tests/faults/*.test.ts'],
    // What starts its servers itself: "all" has run the launcher's own tests, "promises" those of troubles and of what is planted.
    leaveOut: /\/store\/embedded\/|\/troubles\.|\/planted\./,
    database: 'DATABASE_URL',
    processes: 3,
    patienceMs: 120_000,
  },
  {
    name: 'browser',
    meaning: 'pages in a real Chromium',
    patterns: ['tests/browser/*.test.ts'],
    database: 'embedded',
    processes: 1,
    patienceMs: 120_000,
  },
  {
    name: 'promises',
    meaning:
      'long proofs of what Surety promises: kill -9, coverage, same bytes, nothing personal raw; --quick runs their short form',
    patterns: ['tests/promises/*.test.ts', 'tests/faults/troubles.test.ts', 'packages/server/src/planted.e2e.test.ts'],
    database: 'embedded',
    processes: 1,
    patienceMs: 20 * 60_000,
  },
  {
    name: 'faults',
    meaning:
      'a process dies at any word that it says to its database, 10,000 times (embedded, or that of DATABASE_URL); --quick: 300. Machines are killed, frozen, filled and set wrong',
    patterns: ['tests/faults/*.test.ts'],
    database: 'either',
    processes: 1,
    patienceMs: 60 * 60_000,
    env: { SURETY_FAULT_POINTS: '10000' },
  },
]

/** The files of a suite, or those among them whose path holds one of the given words. */
export function filesOf(suite: Suite, words: readonly string[]): string[] {
  const found = globSync([...suite.patterns], { exclude: path => path.includes('node_modules') }).filter(
    file => suite.leaveOut?.test(file) !== true,
  )
  const wanted = words.length === 0 ? found : found.filter(file => words.some(word => file.includes(word)))
  return [...new Set(wanted)].sort()
}
