import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestDatabase } from '../../packages/server/src/store/test-database.ts'
import { beside, mostCompatible } from './autonomy/compatible.ts'
import { type Judged, judge } from './autonomy/judge.ts'
import { liveThrough } from './autonomy/live-through.ts'
import { type Kind, type SimulatedWorld, simulatedWorld } from './autonomy/simulated-world.ts'

// Worlds in which more goes wrong than a bad day, run through the very line on a virtual clock. `--quick`: one of a sort, else many.
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const given = process.env['SURETY_TEST_WORLDS']
const only = process.env['SURETY_TEST_SORT']
const atOnce = 2
const everyNight: ReadonlySet<number> = new Set(Array.from({ length: 53 }, (_, i) => i + 7))
const shapes: readonly Kind[] = ['strong', 'leads', 'weak']

interface Sort {
  readonly name: string
  /** Of the quick form and of the long one. */
  readonly worlds: readonly [number, number]
  readonly differs: Parameters<typeof simulatedWorld>[2]
}

const hidden: Sort = {
  name: 'wrong acts hidden',
  worlds: [2, 60],
  differs: { trouble: { what: 'hidden', askedShare: 0 } },
}
const hiddenToo: Sort = {
  name: 'and half of the wrong ones asked',
  worlds: [1, 60],
  differs: { trouble: { what: 'hidden', askedShare: 0.5 } },
}
const sorts: readonly Sort[] = [
  hidden,
  hiddenToo,
  { name: 'one outcome in twenty lost', worlds: [0, 30], differs: { trouble: { what: 'lost', share: 0.05 } } },
  { name: 'learned every night', worlds: [1, 100], differs: { refitDays: everyNight } },
  { name: 'spoiled for four weeks', worlds: [1, 30], differs: { trouble: { what: 'spoiled', from: 30, until: 58 } } },
  { name: 'base rate jumps', worlds: [1, 30], differs: { trouble: { what: 'jump', from: 35, logit: 0.7 } } },
]

interface Result extends Judged {
  readonly sort: string
  readonly world: SimulatedWorld
  readonly refits: number
}

async function runAll(): Promise<readonly Result[]> {
  const wanted = sorts
    .filter(({ name }) => only === undefined || only.split(',').some(word => name.includes(word)))
    .flatMap(sort =>
      Array.from({ length: Number(given ?? sort.worlds[quick ? 0 : 1]) }, (_, i) => ({
        sort: sort.name,
        world: simulatedWorld(shapes[i % shapes.length]!, 1000 + i, sort.differs),
      })),
    )
  await using database = await openTestDatabase({ poolSize: 12 })
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-troubled-'))
  const results: Result[] = []
  const startedAt = Date.now()
  const worker = async (): Promise<void> => {
    for (let one = wanted.shift(); one !== undefined; one = wanted.shift()) {
      const named = { ...one.world, name: `${one.world.name}-${sorts.findIndex(({ name }) => name === one.sort)}` }
      const lived = await liveThrough(database, named, dataDir)
      results.push({ sort: one.sort, world: named, refits: lived.refits, ...(await judge(database.db, named, lived)) })
      process.stderr.write(
        `${results.length} of ${results.length + wanted.length}, ${((Date.now() - startedAt) / 1000).toFixed(0)} s: ${one.sort}, ${named.name}\n`,
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
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Actions of a sort that were certified on any night. */
const certifiedOf = (sort: string) =>
  results.filter(one => one.sort === sort).flatMap(({ acted }) => acted.filter(({ nights }) => nights > 0))

for (const { name } of [hidden, hiddenToo])
  test(`${name}: the budget is kept in all but one of twenty certified lives`, () => {
    const certified = certifiedOf(name)
    const broken = certified.filter(one => one.broken > 0).length
    assert.ok(broken <= mostCompatible(certified.length, 0.05), beside(broken, certified.length, 0.05))
  })

test('figures of worlds in which more goes wrong', t => {
  t.diagnostic(
    '| world | certified | broken | nights broken | worst, of the budget | suspended | covered / oracle on the last night |',
  )
  t.diagnostic('|---|---|---|---|---|---|---|')
  for (const { sort, world, acted } of results)
    for (const { action, alpha, nights, broken, worst, wrong } of acted.filter(one => one.broken > 0))
      t.diagnostic(
        `${sort}, ${world.name}: ${action} (${alpha}) broken on ${broken} of ${nights} nights, at most ${worst.toFixed(2)} of a budget, ${wrong.toFixed(3)} wrong at last`,
      )
  for (const { name } of sorts) {
    const own = results.filter(one => one.sort === name)
    const all = own.flatMap(({ acted }) => acted)
    const certified = certifiedOf(name)
    const nights = sum(certified.map(one => one.nights))
    const cells = [
      `${name} (${own.length}, ${sum(own.map(({ refits }) => refits))} refits)`,
      `${certified.length} of ${all.length}`,
      certified.filter(one => one.broken > 0).length,
      nights === 0 ? '-' : `${((100 * sum(certified.map(one => one.broken))) / nights).toFixed(1)} %`,
      Math.max(0, ...certified.map(({ worst }) => worst)).toFixed(2),
      sum(own.map(({ suspensions }) => suspensions.length)),
      (sum(all.map(({ covered }) => covered)) / sum(all.map(({ oracle }) => oracle))).toFixed(2),
    ]
    t.diagnostic(`| ${cells.join(' | ')} |`)
  }
})
