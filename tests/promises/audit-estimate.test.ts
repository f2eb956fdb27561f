import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { table } from '@surety/pod-table'
import { type Rng, rng } from '@surety/stats'
import { auditEstimate } from '../../packages/server/src/manage/autonomy/audit-estimate.ts'
import { openTestDatabase } from '../../packages/server/src/store/test-database.ts'
import { beside, mostCompatible } from './autonomy/compatible.ts'

// The estimate that the console and GET /ops/autonomy show, from the very rows it reads, against worlds whose truth is known.
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const runs = quick ? 40 : 400
const acts = 1200
/** Nominal 5 %, and 2 % more for a normal interval over some tens of wrong acts. */
const missRate = 0.07

interface Act {
  readonly wrong: 0 | 1
  readonly audited: boolean
  readonly propensity: number
  readonly quality: 'audit' | 'human' | 'bulk'
}

interface World {
  readonly name: string
  /** Rows that are there in the end, and the true share of wrong ones among all acts. */
  run(draw: Rng): { readonly rows: readonly Act[]; readonly truth: number }
}

const hit = (draw: Rng, chance: number): boolean => draw.uniform() < chance
const wrongOne = (draw: Rng, chance: number): 0 | 1 => (hit(draw, chance) ? 1 : 0)

const worlds: readonly World[] = [
  {
    name: 'one rate for all',
    run(draw) {
      const rows = Array.from({ length: acts }, (): Act => audited(draw, 0.3, wrongOne(draw, 0.1)))
      return { rows, truth: 0.1 }
    },
  },
  {
    // The rate was raised when things went worse: every other act is the bad half, and is looked at five times as often.
    name: 'unequal rates, looked at more where more is wrong',
    run(draw) {
      const rows = Array.from({ length: acts }, (_, i): Act => {
        const bad = i % 2 === 1
        return audited(draw, bad ? 0.5 : 0.1, wrongOne(draw, bad ? 0.25 : 0.05))
      })
      return { rows, truth: 0.15 }
    },
  },
  {
    // Who is content says so, the others fall silent; and somebody has answered a pile of cases without a look.
    name: 'selective labels beside the audits',
    run(draw) {
      const all = Array.from({ length: acts }, (): Act => audited(draw, 0.3, wrongOne(draw, 0.2)))
      const told = all.filter(act => act.audited || act.wrong === 0 || hit(draw, 0.1))
      const pile = Array.from(
        { length: 300 },
        (): Act => ({ wrong: 0, audited: true, propensity: 0.3, quality: 'bulk' }),
      )
      return { rows: [...told, ...pile], truth: 0.2 }
    },
  },
]

function audited(draw: Rng, propensity: number, wrong: 0 | 1): Act {
  const seen = hit(draw, propensity)
  return { wrong, audited: seen, propensity, quality: seen ? 'audit' : 'human' }
}

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const at = new Date('2026-02-01T00:00:00Z')
const [from, until] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-03-01T00:00:00Z')]
const [question] = table.questions
const action = question.actions.act!

async function estimateOf(tenant: string, rows: readonly Act[]) {
  return db.transaction([tenant], async handle => {
    await handle.query(
      `insert into calibration_rows (tenant_id, pod, model_digest, row_id, source, probability, label, decided_at,
          labelled_at, quality, action, automatic, audited, propensity)
        select $1, $2, 'm', 'r' || n, 'live', .9, label, $3, $3, quality, $4, true, audited, propensity
        from unnest($5::smallint[], $6::text[], $7::bool[], $8::float8[]) with ordinality
          as given(label, quality, audited, propensity, n)`,
      [
        tenant,
        table.name,
        at,
        action.name,
        rows.map(row => 1 - row.wrong),
        rows.map(row => row.quality),
        rows.map(row => row.audited),
        rows.map(row => row.propensity),
      ],
    )
    return auditEstimate(handle, { tenant, ...placeOf(question), action: action.name }, action, from, until)
  })
}

const shareWrong = (rows: readonly Act[]): number => rows.reduce((sum, row) => sum + row.wrong, 0) / rows.length

for (const [k, world] of worlds.entries()) {
  test(`the estimate from blind audits covers the true share of wrong acts: ${world.name}`, async t => {
    let missed = 0
    let sum = 0
    let naiveSum = 0
    for (let i = 0; i < runs; i++) {
      const { rows, truth } = world.run(rng(`${world.name} ${i}`))
      const { value, lower, upper, audited: seen, level } = await estimateOf(`w${k}-${i}`, rows)
      assert.deepEqual(
        [level, seen],
        [0.95, rows.filter(row => row.audited && row.quality === 'audit').length],
        'every blind audit is counted, and nothing else',
      )
      if (Number(lower) > truth || truth > Number(upper)) missed++
      sum += Number(value) - truth
      naiveSum += shareWrong(k === 1 ? rows.filter(row => row.audited) : rows) - truth
    }
    t.diagnostic(`not covered: ${beside(missed, runs, missRate)}`)
    t.diagnostic(
      `off by ${(sum / runs).toFixed(4)} on average; a plain share of what is labelled ${(naiveSum / runs).toFixed(4)}`,
    )
    assert.ok(missed <= mostCompatible(runs, missRate), `${missed} of ${runs} intervals miss the truth`)
    assert.ok(Math.abs(sum / runs) < 0.01, 'and it leans to neither side')
    if (k > 0)
      assert.ok(Math.abs(naiveSum / runs) > 0.03, 'a plain share must be far off, or this could not tell the two apart')
  })
}
