import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cases, groups, kind, pod, question } from '@surety/contract'
import Type from 'typebox'
import { action, common, heating, visited } from '../../../../tests/thermostats/pod.ts'
import { podsFrom } from '../pods.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openActingCore } from '../testing/acting-core.ts'

const at = new Date('2027-03-01T12:00:00Z')
const { guard, site } = groups('guard', 'site')
const Punch = Type.Object({ guard: Type.String(), site: Type.String() })
const punched = kind('guard.punched', { schema: Punch, groups: data => [guard.of(data.guard), site.of(data.site)] })
const astray = question('astray', {
  ...common,
  asks: 'Is this guard astray?',
  on: [punched],
  features: { one: { kind: 'numeric', meaning: 'One.', of: () => 1 } },
  hangs: { rule: cases('alert', { group: site, windowMs: () => null }), type: () => 'ASTRAY', severity: () => 'LOW' },
  actions: { act: action('call', 'act'), clear: action('let_be', 'clear') },
  steps: () => [],
})
/** Nothing of it but an event speaks of a guard. */
const watch = pod({
  ...heating,
  name: 'watch',
  kinds: { [punched.name]: punched, [visited.name]: visited },
  entities: [],
  detectors: [],
  ticks: [],
  state: [],
  questions: [astray],
})

test('an answer holds the groups of its case that nothing but the event of the case names, and closes it', async () => {
  await using database = await openTestDatabase()
  await using core = await openActingCore(database, () => at, { pods: podsFrom([watch]) })
  const run = async (kind: string, data: { readonly [name: string]: string }) => {
    const [result] = await core.run([{ raw: { tenant: 'acme', kind, data }, at, startedMs: 0 }])
    assert.ok(result?.status === 'recorded', JSON.stringify(result))
    return result.decisions[0]
  }
  const first = await run(punched.name, { guard: 'G1', site: 'S1' })
  assert.equal(first?.hung, 'opened')
  await run(visited.name, { case: first!.caseId, word: 'fine' })
  assert.equal((await run(punched.name, { guard: 'G1', site: 'S1' }))?.hung, 'opened')
  const { rows } = await database.db.read(['acme'], db =>
    db.query<{ versions: unknown }>(`select versions from outcomes where tenant_id = 'acme'`),
  )
  assert.deepEqual(rows, [{ versions: { 'guard:G1': 0, 'site:S1': 0 } }])
})
