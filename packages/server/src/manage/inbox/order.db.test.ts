import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { customerOps } from '@surety/pod-customer-ops'
import { certifyThreshold, rng } from '@surety/stats'
import { reviewDraw } from '../../pipeline/decide/review-draw.ts'
import { autonomyWith } from '../../pipeline/decide/testing/bounded-item.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { actorOf, openTestInbox, queueCases } from './testing/queue-cases.ts'

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = Date.parse('2026-03-10T09:00:00Z')
const { threshold: floor, actions } = customerOps.questions[0]
const budget = { epsilon: actions.act!.alpha, delta: actions.act!.delta, side: 'yes' as const }

interface Waiting {
  readonly id: string
  readonly at: Date
  readonly probability: number
  readonly label: 0 | 1
  readonly blinded: boolean
  readonly draw: number
}

const autonomy = autonomyWith({ act: { unlocksFrom: floor, unlocksShare: 0.25 }, blindedShare: 0.1 })

/** Cases of a calibrated model, a quarter of them at the floor or above; a tenth with a withheld opinion, by chance. */
function worldOf(seed: number): readonly Waiting[] {
  const random = rng(`order ${seed}`)
  return Array.from({ length: 800 }, (_, i) => {
    const probability = random.uniform() < 0.25 ? floor + 0.28 * random.uniform() : floor * random.uniform()
    const blinded = random.uniform() < 0.1
    const draw = reviewDraw(autonomy, probability >= floor ? autonomy.sides.act! : null, {
      coin: random.uniform(),
      audited: false,
      auditRate: 0.02,
    })
    return {
      id: `W${seed}-${String(i).padStart(4, '0')}`,
      at: new Date(start + i * 1000),
      probability,
      label: random.uniform() < probability ? 1 : 0,
      blinded,
      draw: blinded ? draw.blinded : draw.shown,
    }
  })
}

/** Answers with an outcome, in this order, until the act is certified on those at the floor or above. */
function reviewsUntilCertified(order: readonly Waiting[]): number {
  const scores: number[] = []
  const labels: number[] = []
  for (const [i, one] of order.entries()) {
    if (one.probability < floor) continue
    scores.push(one.probability)
    labels.push(one.label)
    if (certifyThreshold(Float64Array.from(scores), Uint8Array.from(labels), budget).ok) return i + 1
  }
  return Number.POSITIVE_INFINITY
}

async function asHandedOut(tenant: string, world: readonly Waiting[], order: 'unlock' | 'urgency') {
  const { service } = openTestInbox(db, { now: new Date(start + 3_600_000) })
  const byId = new Map(world.map(one => [one.id, one]))
  const seen: Waiting[] = []
  let cursor: string | undefined
  do {
    const options = { order, limit: 200, ...(cursor === undefined ? {} : { cursor }) }
    const page = await service.list(actorOf('ann', 'operator', tenant), options)
    seen.push(...page.items.map(item => byId.get(item.case_id)!))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return seen
}

test('asked in the order that unlocks, fewer reviews certify the act than first come first served or the most uncertain first', async () => {
  const totals = { unlock: 0, firstCome: 0, uncertain: 0 }
  for (let seed = 0; seed < 12; seed++) {
    const world = worldOf(seed)
    const tenant = `world${seed}`
    await queueCases(
      db,
      world.map(({ label: _label, ...one }) => ({
        ...one,
        tenant,
        side: one.probability >= floor ? 'act' : 'clear',
        unlocks: one.probability >= floor,
      })),
    )
    const firstCome = await asHandedOut(tenant, world, 'urgency')
    assert.deepEqual(firstCome, world, 'with one urgency, by urgency is first come first served')
    const counts = {
      unlock: reviewsUntilCertified(await asHandedOut(tenant, world, 'unlock')),
      firstCome: reviewsUntilCertified(firstCome),
      uncertain: reviewsUntilCertified(
        [...world].sort((a, b) => Math.abs(a.probability - 0.5) - Math.abs(b.probability - 0.5)),
      ),
    }
    for (const name of ['unlock', 'firstCome', 'uncertain'] as const) totals[name] += counts[name]
  }
  // Measured: 33 reviews a world against 62 and 442.
  assert.ok(1.5 * totals.unlock < totals.firstCome && 2 * totals.unlock < totals.uncertain, JSON.stringify(totals))
})
