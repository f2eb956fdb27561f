import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestDatabase } from '../../packages/server/src/store/test-database.ts'
import { beside, mostCompatible } from './autonomy/compatible.ts'
import { type Judged, judge, type Promised } from './autonomy/judge.ts'
import { liveThrough } from './autonomy/live-through.ts'
import { type Kind, kinds, simulatedWorld } from './autonomy/simulated-world.ts'

// Worlds whose truth is known, run through the very line on a virtual clock. `--quick`: 4 of each kind, else 60.
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const worldsPerKind = Number(process.env['SURETY_TEST_WORLDS'] ?? (quick ? 4 : 60))
const delta = 0.05
const atOnce = 2
/** Nine in ten errors of twice the budget are caught within this many audits at a budget of .1 (and more at .08). */
const enoughAudits = 200

const share = (hits: number, n: number): string =>
  `${hits} of ${n}${n === 0 ? '' : ` (${((100 * hits) / n).toFixed(1)} %)`}`
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

interface Result extends Judged {
  readonly kind: Kind
  readonly name: string
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
      results.push({ kind: one.kind, name: world.name, ...(await judge(database.db, world, lived)) })
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
const brokenWorlds = (of: (result: Result) => readonly Promised[], action: 'yes' | 'no') => {
  const had = results.filter(result => of(result).some(one => one.action === action))
  return { n: had.length, broken: had.filter(result => of(result).some(one => one.action === action && one.broken)) }
}

test('certified regions keep their budget: in at most delta of the worlds any certificate ever issued is broken', t => {
  for (const action of ['yes', 'no'] as const) {
    const certified = brokenWorlds(({ certificates }) => certificates, action)
    t.diagnostic(
      `${action}: broken in ${share(certified.broken.length, certified.n)} worlds with a certificate, of ${results.length}`,
    )
    t.diagnostic(`${action}: ${beside(certified.broken.length, results.length, delta)}`)
    assert.ok(
      certified.broken.length <= mostCompatible(results.length, delta),
      certified.broken.map(({ name }) => name).join(', '),
    )
  }
  assert.ok(results.some(({ certificates }) => certificates.length > 0))
})

test('the table: certified against by eye', t => {
  for (const line of tableLines()) t.diagnostic(line)
  const byEye = brokenWorlds(result => result.byEye, 'yes')
  const alsoNo = brokenWorlds(result => result.byEye, 'no')
  assert.ok(
    (byEye.broken.length + alsoNo.broken.length) / (byEye.n + alsoNo.n) > 3 * delta,
    'thresholds by eye must fail this test, or it could not tell the two apart',
  )
})

function tableLines(): readonly string[] {
  const line = (name: string, of: (result: Result) => readonly Promised[], kind: Kind, action: 'yes' | 'no') => {
    const worlds = results.filter(result => result.kind === kind)
    const all = worlds.flatMap(result => of(result).filter(one => one.action === action))
    if (all.length === 0) return `| ${kind} | ${action} | ${name} | 0 of ${worlds.length} | - | - | - |`
    const broken = worlds.filter(result => of(result).some(one => one.action === action && one.broken)).length
    const with_ = worlds.filter(result => of(result).some(one => one.action === action)).length
    return `| ${kind} | ${action} | ${name} | ${with_} of ${worlds.length} | ${broken} | ${mean(all.map(one => one.wrong)).toFixed(3)} for ${all[0]!.alpha} | ${(100 * mean(all.map(one => one.share))).toFixed(0)} % |`
  }
  return [
    '| world | action | threshold | worlds with one | worlds broken | true wrong share, mean | cases covered, mean |',
    '|---|---|---|---|---|---|---|',
    ...kinds.flatMap(kind =>
      (['yes', 'no'] as const).flatMap(action => [
        line('certified', result => result.certificates, kind, action),
        line('by eye', result => result.byEye, kind, action),
      ]),
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
      `${kind}: ${share(settled, decisions)} of decisions, ${mean(mine.map(({ attempts }) => attempts)).toFixed(1)} attempts a world`,
    )
  }
})
