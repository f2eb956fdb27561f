import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { thermostats } from '../../../../../tests/thermostats/pod.ts'
import { type Reference, readReference } from '../../store/reference.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { entityKinds } from './kinds.ts'
import { readRow } from './read-row.ts'
import { always, withValue } from './timeline.ts'
import { writeEdits } from './write.ts'

const database = await openTestDatabase({ poolSize: 6 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const kind = entityKinds([{ name: 'heating', entities: [thermostats] }]).find('thermostat', undefined)

test('what is read beside changes of three processes with clocks that differ is read again at its change, bit for bit', async () => {
  const tenant = 'acme'
  const place = { tenant, pod: 'heating', kind: 'thermostat' }
  const asks = Array.from({ length: 20 }, (_, n) => ({
    kind: 'thermostat',
    slot: 0 as const,
    key: `T${n}`,
    at: new Date('2026-03-01T00:00:00Z'),
    span: null,
  }))
  const read = (known: Parameters<typeof readReference>[3]): Promise<Reference> =>
    db.read([tenant], reader => readReference(reader, tenant, 'heating', known, asks))
  let target = 0
  const change = (clock: number) =>
    db.transaction([tenant], tx => {
      target = (target + 1) % 25
      // Half of them at once, so that a reader between two statements would see a part.
      const edits = asks.slice(0, 10).map(({ key }) => {
        const row = readRow(kind, { code: key, room: `r${target}`, target: 5 + target })
        assert.ok(row.ok)
        return { id: key, apply: (timeline: Parameters<typeof withValue>[0]) => withValue(timeline, always, row.value) }
      })
      return writeEdits(tx, place, edits, { now: () => new Date(clock), actor: 'test', what: 'imported', reason: null })
    })
  let writing = true
  const seen: Reference[] = []
  const readers = [1, 2].map(async () => {
    while (writing) seen.push(await read('newest'))
  })
  /** Of two readers the third to end began meanwhile. */
  const readAgain = async (): Promise<void> => {
    for (const from = seen.length; seen.length < from + 3; ) await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(
    [0, -5000, 5000].map(async skew => {
      for (let k = 0; k < 30; k++) {
        await change(Date.parse('2026-03-02T00:00:00Z') + k * 1000 + skew)
        if (k % 2 === 0) await readAgain()
      }
    }),
  )
  writing = false
  await Promise.all(readers)
  const changes = new Set(seen.map(one => one.change))
  assert.ok(changes.size > 10, `${changes.size} states were seen`)
  assert.equal((await read('newest')).change, 90)
  for (const one of seen) {
    const rooms = new Set(one.found.flat().map(row => row.body['room']))
    assert.ok(rooms.size <= 1, 'a change is seen whole or not at all')
    assert.deepEqual(bodies(await read({ change: one.change })), bodies(one))
  }
})

const bodies = ({ found }: Reference) => found.map(rows => rows.map(({ body, version }) => [body, version]))
