import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heating } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { writeCursor } from './request/cursor.ts'
import { startWorld } from './testing/start-world.ts'

let clock = new Date('2027-03-01T12:00:00Z')
const world = await startWorld({ pods: [...installed.pods, heating], now: () => clock })
test.after(() => world[Symbol.asyncDispose]())

const minute = 60_000
let made = 0
/** A reading so many minutes ago. */
const reading = (code: string, celsius: number, ago = 0) => ({
  event_id: `r${made++}`,
  type: 'thermostat.reading',
  occurred_at: new Date(clock.getTime() - ago * minute).toISOString(),
  data: { code, celsius },
})
const visited = (alert: string, word: string) => ({
  event_id: `v${made++}`,
  type: 'heating.visited',
  occurred_at: clock.toISOString(),
  data: { case: alert, word },
})
const send = async (body: unknown) => {
  const answer = await world.call('/v1/events', { body })
  assert.ok(answer.status < 300, answer.text)
  return answer.data
}
const alertsOf = async (code: string, state = 'open') =>
  (await world.call(`/v1/alerts?state=${state}&limit=200`)).data.items.filter(
    (one: { group: string }) => one.group === `thermostat:${code}`,
  )
const alert = async (id: string) => (await world.call(`/v1/alerts/${id}`)).data
const fit = async (code: string) => {
  const value = { code, room: 'hall', target: 20, tags: [], fitted: null }
  const answer = await world.call('/v1/entities/thermostat?pod=heating', {
    body: { value, effective_from: '2027-01-01T00:00:00Z' },
  })
  assert.equal(answer.status, 200, answer.text)
}
const inboxOf = async (id: string) =>
  (await world.call('/v1/inbox?pod=heating&limit=200')).data.items.find(
    (one: { case_id: string }) => one.case_id === id,
  )
const of = (decisions: readonly { question: string; about: string | null }[], about: string) =>
  decisions.find(one => one.about === about) as never as {
    readonly [name in 'state' | 'reason' | 'hung' | 'case_id']: string | null
  }

test.before(async () => {
  // Without the draws that withhold what was decided.
  const key = await world.key('admin')
  for (const question of ['failing', 'real']) {
    const path = `/ops/settings/autonomy?pod=heating&question=${question}&apply=true`
    const answer = await world.call(path, { key, method: 'PUT', body: { hidden_share: 0 } })
    assert.equal(answer.status, 200, answer.text)
  }
})

test('findings of one event open an alert for each type; what comes within the window joins and counts once', async () => {
  await fit('A')
  await send(reading('A', 20, 60))
  const first = await send(reading('A', 31, 50))
  const [warm, jump] = [of(first.decisions, 'TOO_WARM'), of(first.decisions, 'JUMP')]
  assert.deepEqual([warm.hung, warm.state, jump.hung, jump.state], ['opened', 'queued', 'opened', 'queued'])
  assert.notEqual(warm.case_id, jump.case_id)
  assert.deepEqual(
    (await alertsOf('A')).map((one: { type: string; severity: string }) => `${one.type} ${one.severity}`).sort(),
    ['JUMP LOW', 'TOO_WARM CRITICAL'],
  )
  const second = await send(reading('A', 32, 40))
  const joined = of(second.decisions, 'TOO_WARM')
  assert.deepEqual([joined.hung, joined.state, joined.reason], ['joined', 'suppressed', 'duplicate'])
  assert.equal(joined.case_id, warm.case_id)
  const shown = await alert(warm.case_id!)
  assert.deepEqual([shown.occurrences, shown.state, shown.severity], [2, 'open', 'CRITICAL'])
  assert.deepEqual(
    // Where a person is to judge it unseen, what was decided is withheld: a draw.
    shown.timeline.map(({ what }: { what: string }) => what),
    ['opened', 'joined'],
  )
  assert.deepEqual(
    shown.findings.map((one: { code: string; value: number }) => `${one.code} ${one.value}`),
    ['TOO_WARM 11', 'JUMP 11', 'TOO_WARM 12'],
  )
  const place = await inboxOf(warm.case_id!)
  const [opening, newest] = [shown.findings[0], shown.findings[2]]
  // Whether it is withheld is a draw.
  const open = place.opinion !== 'withheld'
  assert.deepEqual(place.alert, {
    type: 'TOO_WARM',
    subject: null,
    group: 'thermostat:A',
    severity: open ? 'CRITICAL' : null,
    first_seen: shown.first_seen,
    last_seen: open ? shown.last_seen : null,
    occurrences: open ? 2 : null,
    findings: open ? [newest, opening] : [opening],
    findings_count: open ? 2 : null,
  })
  assert.equal(place.summary, 'TOO_WARM thermostat:A')
  // The same event again tells the same.
  const again = await send({ ...reading('A', 32, 40), event_id: second.event_id })
  assert.deepEqual(again, { ...second, duplicate: true, status: 'duplicate' })
  assert.equal(again.case_id, null)
})

test('what is worse raises the alert: its clock begins anew, and the person who waits is asked about it too', async () => {
  await fit('B')
  await send(reading('B', 20, 50))
  const mild = await send(reading('B', 25, 40))
  const id = of(mild.decisions, 'TOO_WARM').case_id!
  const before = await alert(id)
  assert.equal(before.severity, 'MEDIUM')
  const { lease_token } = (await world.call('/v1/inbox/next', { body: { pod: 'heating' } })).data
  assert.ok(lease_token)
  const hot = await send(reading('B', 30, 30))
  const raised = of(hot.decisions, 'TOO_WARM')
  assert.deepEqual([raised.case_id, raised.hung, raised.state], [id, 'raised', 'queued'])
  const after = await alert(id)
  assert.deepEqual([after.severity, after.occurrences], ['CRITICAL', 2])
  assert.ok(after.clock_from > before.clock_from)
  const place = await inboxOf(id)
  assert.equal(place.decisions.length, 2)
  assert.equal(place.urgency, 'high')
})

test('an answer with an outcome closes the alert and moves all that waited; what comes after opens another', async () => {
  await fit('C')
  await send(reading('C', 20, 50))
  const { decisions } = await send(reading('C', 26, 40))
  const id = of(decisions, 'TOO_WARM').case_id!
  await send(reading('C', 30, 30))
  let next = (await world.call('/v1/inbox/next', { body: { pod: 'heating' } })).data
  for (const except: string[] = []; next.case.case_id !== id; ) {
    except.push(next.case.case_id)
    await world.call(`/v1/inbox/${next.case.case_id}/release`, { body: { lease_token: next.lease_token } })
    next = (await world.call('/v1/inbox/next', { body: { pod: 'heating', except } })).data
  }
  const answered = await world.call(`/v1/inbox/${id}/answer`, {
    body: { answer: 'approve', lease_token: next.lease_token, outcome: 'broken' },
  })
  assert.equal(answered.status, 200, answered.text)
  assert.equal(answered.data.decisions.length, 2)
  const closed = await alert(id)
  assert.deepEqual([closed.state, closed.closed_at], ['closed', clock.toISOString()])
  assert.deepEqual(closed.timeline.map(({ what }: { what: string }) => what).sort(), [
    'act',
    'act',
    'moved',
    'moved',
    'opened',
    'outcome',
    'raised',
  ])
  const later = of((await send(reading('C', 31, 20))).decisions, 'TOO_WARM')
  assert.deepEqual([later.hung, later.state], ['opened', 'queued'])
  assert.notEqual(later.case_id, id)
})

test('within one batch what follows an answer opens another; an answer to no alert is refused', async () => {
  await fit('D')
  await send(reading('D', 20, 50))
  const id = of((await send(reading('D', 26, 40))).decisions, 'TOO_WARM').case_id!
  const { items } = await send([visited(id, 'fine'), reading('D', 27, 30), visited('nowhere', 'fine')])
  assert.deepEqual(
    items.map(({ status, code }: { status: string; code?: string }) => code ?? status),
    ['recorded', 'recorded', 'case_not_found'],
  )
  const after = of(items[1].decisions, 'TOO_WARM')
  assert.equal(after.hung, 'opened')
  assert.notEqual(after.case_id, id)
  assert.equal((await alert(id)).state, 'closed')
  // Its place in the inbox is closed soon after, by itself.
  assert.deepEqual(
    (await alert(id)).timeline.flatMap(({ what }: { what: string }) => (what === 'moved' ? [] : [what])),
    ['opened', 'outcome'],
  )
})

test('beyond the window another alert opens, whichever of them came first', async () => {
  await fit('E')
  await send([reading('E', 20, 600), reading('E', 26, 590)])
  const [early] = await alertsOf('E')
  // Two hours and more after it; then what happened in between comes late, and belongs to neither.
  await send(reading('E', 26, 300))
  await send(reading('E', 26, 445))
  const all = await alertsOf('E')
  assert.deepEqual(all.length, 3)
  assert.equal((await alert(early.id)).occurrences, 1)
  const near = of((await send(reading('E', 26, 480))).decisions, 'TOO_WARM')
  // 110 minutes after the first, and 35 before another: the nearer one.
  assert.equal(near.hung, 'joined')
  assert.equal((await alert(near.case_id!)).first_seen, new Date(clock.getTime() - 445 * minute).toISOString())
})

test('what nobody answered in time is asked again once it is found again', async () => {
  await fit('F')
  await send(reading('F', 20, 60))
  const first = of((await send(reading('F', 26, 50))).decisions, 'TOO_WARM')
  assert.deepEqual([first.hung, first.state], ['opened', 'queued'])
  const began = clock
  clock = new Date(clock.getTime() + 20 * 24 * 60 * minute)
  await world.call('/v1/inbox/next', { body: { pod: 'heating' } })
  assert.equal(await inboxOf(first.case_id!), undefined)
  const later = (clock.getTime() - began.getTime()) / minute
  const again = of((await send(reading('F', 27, later + 40))).decisions, 'TOO_WARM')
  assert.deepEqual([again.case_id, again.hung, again.state], [first.case_id, 'joined', 'queued'])
  assert.equal((await inboxOf(first.case_id!)).decisions.length, 1)
  const twice = of((await send(reading('F', 28, later + 39))).decisions, 'TOO_WARM')
  assert.deepEqual([twice.hung, twice.reason], ['joined', 'duplicate'])
  clock = began
})

test('of an alert that is found again and again the findings of the event that opened it are shown', async () => {
  await fit('G')
  await send(reading('G', 20, 60))
  const id = of((await send(reading('G', 29, 59))).decisions, 'TOO_WARM').case_id!
  for (let n = 0; n < 3; n++) await send(Array.from({ length: 80 }, () => reading('G', 27, 58 - n)))
  const shown = await alert(id)
  assert.deepEqual([shown.occurrences, shown.timeline.length, shown.timeline_complete], [241, 200, false])
  assert.deepEqual(
    shown.findings.map((one: { value: number }) => one.value),
    [9, 7],
  )
})

test('while a person is to judge an alert unseen, nothing tells how bad it is, how often it was found or what was decided', async () => {
  await fit('W')
  await send(reading('W', 20, 50))
  const id = of((await send(reading('W', 26, 40))).decisions, 'TOO_WARM').case_id!
  await send(reading('W', 30, 30))
  await world.database.db.transaction(['acme'], db =>
    db.query(`update inbox set blinded = true where tenant_id = 'acme' and case_id = $1`, [id]),
  )
  const both = (await alertsOf('W')).find((one: { id: string }) => one.id === id)
  for (const one of [both, (await alert(id)) as typeof both])
    assert.deepEqual(
      [one.opinion, one.severity, one.occurrences, one.last_seen, one.clock_from],
      ['withheld', null, null, null, null],
    )
  const { findings, findings_count } = (await inboxOf(id)).alert
  assert.deepEqual(
    [findings.map(({ value }: { value: number }) => value), findings_count],
    [[6], null],
    'what hangs on it beside its first event',
  )
  assert.deepEqual(
    (await alert(id)).timeline.map(({ what, state, reason }: { what: string; state: null; reason: null }) => [
      what,
      state,
      reason,
    ]),
    [
      ['opened', null, null],
      ['joined', null, null],
    ],
  )
})

test('alerts are listed in pages by state, and of another tenant there is none', async () => {
  const all = (await world.call('/v1/alerts?state=all&limit=200')).data.items
  const paged: unknown[] = []
  for (let cursor = ''; ; ) {
    const page = (await world.call(`/v1/alerts?state=all&limit=3${cursor}`)).data
    paged.push(...page.items)
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  assert.deepEqual(paged, all)
  const closed = (await world.call('/v1/alerts?state=closed&limit=200')).data.items
  assert.deepEqual(
    closed.map(({ id }: { id: string }) => id),
    all.filter(({ state }: { state: string }) => state === 'closed').map(({ id }: { id: string }) => id),
  )
  for (const path of ['/v1/alerts?pod=table', '/v1/alerts?state=half'])
    assert.equal((await world.call(path)).status, 422)
  const key = await world.key('viewer', 'other')
  assert.deepEqual((await world.call('/v1/alerts', { key })).data.items, [])
  assert.equal((await world.call(`/v1/alerts/${all[0].id}`, { key })).status, 404)
})

test('findings and alerts are listed by group, severity and rule; a finding names the alert that it hangs on', async () => {
  await fit('LIST')
  await send(reading('LIST', 20, 50))
  const found = await send(reading('LIST', 32, 40))
  const [warm, jump] = [of(found.decisions, 'TOO_WARM').case_id, of(found.decisions, 'JUMP').case_id]
  assert.deepEqual(of((await send(reading('LIST', 33, 30))).decisions, 'TOO_WARM').case_id, warm)
  type Listed = { readonly code: string; readonly severity: string; readonly alert_id: string | null }
  const findings = async (asked: string) =>
    (await world.call(`/v1/findings?group=thermostat:LIST${asked}`)).data.items.map((one: Listed) => [
      one.code,
      one.severity,
      one.alert_id,
    ])
  const [second, first, jumped] = [
    ['TOO_WARM', 'CRITICAL', warm],
    ['TOO_WARM', 'CRITICAL', warm],
    ['JUMP', 'LOW', jump],
  ]
  assert.deepEqual(await findings(''), [second, jumped, first])
  assert.deepEqual(await findings('&severity=CRITICAL'), [second, first])
  assert.deepEqual(await findings('&code=JUMP'), [jumped])
  assert.deepEqual(await findings('&code=JUMP&severity=CRITICAL'), [])
  assert.deepEqual(await findings('&about=nobody'), [])
  const shown = async (id: string | null) => {
    const { findings, findings_count } = (await inboxOf(id!)).alert
    return [findings.map(({ code, value }: { code: string; value: number }) => `${code} ${value}`), findings_count]
  }
  assert.deepEqual(await shown(warm), [['TOO_WARM 13', 'TOO_WARM 12'], 2])
  assert.deepEqual(await shown(jump), [['JUMP 12'], 1])
  const alerts = async (asked: string) =>
    (await world.call(`/v1/alerts?${asked}`)).data.items.map(({ id }: { id: string }) => id).toSorted()
  assert.deepEqual(await alerts('group=thermostat:LIST'), [warm, jump].toSorted())
  assert.deepEqual(await alerts('group=thermostat:LIST&severity=LOW'), [jump])
  assert.deepEqual(await alerts('group=thermostat:LIST&state=closed'), [])
  assert.deepEqual(await alerts('group=thermostat:LIST&subject=nobody'), [])
  await world.database.db.transaction(['acme'], db =>
    db.query(`update inbox set blinded = true where tenant_id = 'acme' and case_id = $1`, [jump]),
  )
  assert.deepEqual(await alerts('group=thermostat:LIST&severity=LOW'), [])
  assert.deepEqual(await alerts('group=thermostat:LIST'), [warm, jump].toSorted())
  for (const path of ['/v1/findings', '/v1/alerts'])
    for (const asked of [
      'group=G',
      'group=thermostat:%00',
      'severity=BAD',
      `${path === '/v1/alerts' ? 'subject' : 'about'}=`,
    ])
      assert.equal((await world.call(`${path}?${asked}`)).status, 422, `${path}?${asked}`)
})

test('a place in a list that somebody made up is refused, whatever it says', async () => {
  const lists = {
    'findings/heating/{"code":null,"group":null,"about":null,"severity":null}': [
      '/v1/findings?pod=heating',
      [1, 'e', 0],
    ],
    'alerts/heating/{"open":true,"group":null,"subject":null,"severity":null}': ['/v1/alerts?pod=heating', [1, 'c']],
  } as const
  for (const [list, [path, good]] of Object.entries(lists)) {
    const ask = (place: readonly (string | number)[]) =>
      world.call(`${path}&cursor=${encodeURIComponent(writeCursor('acme', list, place))}`)
    assert.equal((await ask(good)).status, 200)
    for (const micros of [-1, 0.5, 1e300, 253_402_300_800_000_000])
      assert.equal((await ask([micros, ...good.slice(1)])).status, 422, `${list} ${micros}`)
    assert.equal((await ask([1, 'e\0', ...good.slice(2)])).status, 422, list)
  }
  for (const place of [0.5, 1e9]) {
    const cursor = writeCursor('acme', 'findings/heating/', [1, 'e', place])
    assert.equal((await world.call(`/v1/findings?pod=heating&cursor=${cursor}`)).status, 422, `${place}`)
  }
})

test('every question asked is accounted for', async () => {
  clock = new Date(clock.getTime() + 1000)
  assert.match(await world.app.registry.metrics(), /^lead_conservation_imbalance 0$/m)
})
