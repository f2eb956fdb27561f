import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestDatabase } from '../../packages/server/src/store/test-database.ts'
import { beside, mostCompatible } from './autonomy/compatible.ts'
import { type Judged, judge } from './autonomy/judge.ts'
import { differences } from './autonomy/kernel.ts'
import { liveThrough } from './autonomy/live-through.ts'
import { type Kind, kinds, simulatedWorld } from './autonomy/simulated-world.ts'

// Worlds whose truth is known, run through the very line on a virtual clock. `--quick`: 4 of each kind, else 60.
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const worldsPerKind = Number(process.env['SURETY_TEST_WORLDS'] ?? (quick ? 4 : 60))
const delta = 0.05
/** Of each kind so many worlds are lived once more by the kernel alone: twelve in all. */
const comparedPerKind = 3
const atOnce = 2
/** Nine in ten errors of twice the budget are caught within this many audits at a budget of .1 (and more at .08). */
const enoughAudits = 200

const share = (hits: number, n: number): string =>
  `${hits} of ${n}${n === 0 ? '' : ` (${((100 * hits) / n).toFixed(1)} %)`}`
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

interface Result extends Judged {
  readonly kind: Kind
  readonly name: string
  /** In what the line came to something else than the kernel; null: not compared. */
  readonly differences: readonly string[] | null
}

async function runAll(): Promise<readonly Result[]> {
  const wanted = Array.from({ length: worldsPerKind }, (_, seed) => kinds.map(kind => ({ kind, seed }))).flat()
  await using database = await openTestDatabase({ poolSize: 12 })
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-worlds-'))
  const results: Result[] = []
  const startedAt = Date.now()
  const worker = async (): Promise<void> => {
    for (let one = wanted.shift(); one !== undefined; one = wanted.shift()) {
      const world = simulatedWorld(one.kind, one.seed)
      const lived = await liveThrough(database, world, dataDir)
      // A suspension begins other records, which the kernel's life does not have.
      const compared = one.seed < comparedPerKind && one.kind !== 'drifting'
      results.push({
        kind: one.kind,
        name: world.name,
        differences: compared ? await differences(database.db, world, lived) : null,
        ...(await judge(database.db, world, lived)),
      })
      process.stderr.write(
        `${results.length} of ${results.length + wanted.length} worlds, ${((Date.now() - startedAt) / 1000).toFixed(0)} s: ${world.name}\n`,
      )
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, worker))
  } finally {
    await rm(dataDir, { recursive: true })
  }
  return results
}

const results = await runAll()
const stationary = results.filter(({ kind }) => kind !== 'drifting')
test('the line is the kernel: every case, cut, count, certificate and night of twelve worlds', t => {
  const compared = results.filter(result => result.differences !== null)
  const found = compared.flatMap(result => result.differences ?? [])
  t.diagnostic(`${compared.length} worlds, ${found.length} differences`)
  assert.equal(compared.length, 4 * Math.min(comparedPerKind, worldsPerKind))
  assert.deepEqual(found.slice(0, 20), [])
})

const actions = results.flatMap(result => result.acted.map(one => ({ ...one, kind: result.kind, name: result.name })))
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

test('what is done by itself keeps its budget: in at most 2 % of what was ever certified it is broken on any night', t => {
  const certified = actions.filter(({ nights }) => nights > 0)
  const broken = certified.filter(one => one.broken > 0)
  t.diagnostic(`${share(broken.length, certified.length)} of certified actions, of ${actions.length}`)
  t.diagnostic(beside(broken.length, certified.length, 0.02))
  assert.ok(broken.length <= mostCompatible(certified.length, 0.02), broken.map(({ name }) => name).join(', '))
  assert.ok(certified.length > actions.length / 2, 'worlds in which nothing is certified keep every promise')
})

test('as much is done by itself as could be: against the loosest cut that keeps the budgets in truth', t => {
  const ratio = sum(actions.map(({ covered }) => covered)) / sum(actions.map(({ oracle }) => oracle))
  t.diagnostic(`covered / oracle ${ratio.toFixed(3)}`)
  assert.ok(ratio >= (quick ? 0.6 : 0.7), String(ratio))
})

test('the table: certified against by eye', t => {
  for (const line of tableLines()) t.diagnostic(line)
  const byEye = results.flatMap(result => result.byEye)
  assert.ok(
    byEye.filter(({ broken }) => broken).length / byEye.length > 3 * delta,
    'thresholds by eye must fail this test, or it could not tell the two apart',
  )
})

function tableLines(): readonly string[] {
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`
  return [
    '| world, action (budget) | certified | broken | worst, of the budget | wrong | covered | oracle | by eye: broken |',
    '|---|---|---|---|---|---|---|---|',
    ...kinds.flatMap(kind =>
      (['yes', 'no'] as const).map(action => {
        const mine = actions.filter(one => one.kind === kind && one.action === action)
        const certified = mine.filter(({ nights }) => nights > 0)
        const eyed = results.filter(one => one.kind === kind).map(one => one.byEye.filter(by => by.action === action))
        const had = eyed.filter(one => one.length > 0)
        const cells = [
          `${kind} ${action} (${mine[0]!.alpha})`,
          `${certified.length} of ${mine.length}`,
          certified.filter(one => one.broken > 0).length,
          Math.max(0, ...certified.map(one => one.worst)).toFixed(2),
          certified.length === 0 ? '-' : mean(certified.map(one => one.wrong)).toFixed(3),
          percent(mean(mine.map(one => one.covered))),
          percent(mean(mine.map(one => one.oracle))),
          share(had.filter(one => one.some(by => by.broken)).length, had.length),
        ]
        return `| ${cells.join(' | ')} |`
      }),
    ),
  ]
}

test('the interval of the blind audits covers the true wrong share of the acts at 95 %', t => {
  const audits = results.flatMap(result => result.audits)
  const covered = audits.filter(Boolean).length
  t.diagnostic(`covered in ${share(covered, audits.length)}`)
  assert.ok(audits.length > 0)
  t.diagnostic(`not covered: ${beside(audits.length - covered, audits.length, 0.05)}`)
  assert.ok(audits.length - covered <= mostCompatible(audits.length, 0.05))
})

test('false suspensions: in at most delta of the worlds in which nothing changed, per action', t => {
  const falsely = stationary.filter(({ suspensions }) => suspensions.some(({ justified }) => !justified)).length
  t.diagnostic(`suspended without cause in ${share(falsely, stationary.length)} unchanged worlds with two actions each`)
  t.diagnostic(`suspended without cause: ${beside(falsely, stationary.length, 2 * delta)}`)
  assert.ok(falsely <= mostCompatible(stationary.length, 2 * delta))
})

test('an error of twice the budget is caught', t => {
  const changes = results.flatMap(result => result.changes)
  const caught = changes.filter(change => change.caughtAfter !== null)
  const seen = changes.filter(({ audits, caughtAfter }) => audits >= enoughAudits || caughtAfter !== null)
  const caughtOfSeen = seen.filter(change => change.caughtAfter !== null).length
  t.diagnostic(
    `caught ${share(caught.length, changes.length)} actions of changed worlds, ${share(caughtOfSeen, seen.length)} of those with ${enoughAudits} audits after the change; ${caught.length === 0 ? '-' : mean(caught.map(({ caughtAfter }) => caughtAfter ?? 0)).toFixed(0)} audits on average`,
  )
  assert.ok(seen.length > 0)
  // Of few worlds a share says little: no more are missed than where one in five is.
  assert.ok(seen.length - caughtOfSeen <= mostCompatible(seen.length, 0.2))
})

test('what was settled without a person', t => {
  for (const kind of kinds) {
    const mine = results.filter(result => result.kind === kind)
    const settled = mine.reduce((sum, result) => sum + result.settled, 0)
    const decisions = mine.reduce((sum, result) => sum + result.decisions, 0)
    t.diagnostic(
      `${kind}: ${share(settled, decisions)} of decisions, ${mean(mine.map(({ certificates }) => certificates)).toFixed(1)} certificates a world`,
    )
  }
})
