import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { goodRows } from '../../manage/autonomy/testing/evidence.ts'
import { recordWorld } from '../../manage/autonomy/testing/record-world.ts'
import { exampleModel } from '../../model/example-model.ts'
import { readSigningKey, signModel } from '../../model/signature.ts'
import { letAct } from '../acting-core.ts'
import type { Answer, World } from '../start-world.ts'

/** A tenant with one of everything that has an id, and words in it that nobody else may ever read. */
export interface Victim {
  readonly tenant: string
  readonly lead: string
  readonly decision: string
  readonly certificate: string
  readonly keyId: string
  readonly thermostat: string
  readonly alert: string
  readonly leaseToken: string
  readonly leasedCase: string
  readonly previewToken: string
  /** All of the above but the tenant. */
  readonly ids: readonly string[]
  /** A cursor of each list that has pages, by the name of its route. */
  readonly cursors: { readonly [route: string]: string }
  /** The word by which the victim's lead is found; it is sent in searches, so that it is no canary. */
  readonly word: string
  readonly canaries: readonly string[]
}

/** Each is written in one place of the victim's data, and shown to the victim by some route. */
export const canaries = {
  name: 'Ottilie Kanarienvogel',
  phone: '+16125550147',
  email: 'kanari@vogelhaus.example',
  details: 'quetzalfarben',
  message: 'papageienruf',
  attribute: 'kolibriblau',
  note: 'finkenschlag',
  key: 'zeisigschluessel',
  reason: 'stieglitzgrund',
  room: 'pirolzimmer',
} as const
const word = 'zinnoberdach'

export async function makeVictim(world: World, tenant: string, signingText: string): Promise<Victim> {
  const [admin, operator] = [await world.key('admin', tenant), await world.key('operator', tenant)]
  const as =
    (key: string) =>
    async (path: string, body?: unknown, more: object = {}) => {
      const answer = await world.call(path, { key, ...(body === undefined ? {} : { body }), ...more })
      assert.ok(answer.status < 300, `${path}: ${answer.text}`)
      return answer.data
    }
  const [asAdmin, asOperator] = [as(admin), as(operator)]
  const model = signModel(exampleModel({ intercept: Math.log(0.85 / 0.15) }), readSigningKey(signingText))
  // The first of two, so that the list of models has a second page.
  for (const body of [signModel(exampleModel({ version: 1 }), readSigningKey(signingText)), model])
    await asOperator('/ops/reload-model', body)
  await letAct(world.app.db, tenant)
  await asAdmin(
    '/ops/settings/attributes?apply=true',
    { attributes: [{ name: 'colour', kind: 'categorical' }] },
    { method: 'PUT' },
  )
  const lead = (details: string, email: string = canaries.email) =>
    asOperator('/v1/lead', {
      name: canaries.name,
      phone: canaries.phone,
      email,
      preferred_channel: 'email',
      details: `${word} ${details}`,
      attributes: { colour: canaries.attribute },
    })
  const first = await lead(`need an estimate ${canaries.details}`)
  // Another address: one that was written to today is not written to again.
  await lead('a quote please', 'second@vogelhaus.example')
  await until(async () => (await asAdmin('/ops/outbox')).items.length >= 2)
  // Only now: an answer of the lead ends what is not done yet.
  await asOperator(`/v1/lead/${first.lead_id}/messages`, { role: 'user', text: canaries.message })
  await asOperator(`/v1/lead/${first.lead_id}/outcome`, { outcome: 'booked', notes: canaries.note })
  // From here on a person is asked, so that the inbox has something to answer.
  await asAdmin('/ops/mode', { action: '*', gate: 'certified', reason: canaries.reason })
  for (const details of ['one', 'two', 'three']) await lead(details)
  const leased = await asOperator('/v1/inbox/next', {})
  await asOperator(`/v1/inbox/${leased.case.case_id}/answer`, { answer: 'decline', lease_token: leased.lease_token })
  const again = await asOperator('/v1/inbox/next', {})
  const bulk = { ...bulkBody, reason: canaries.reason }
  const { preview_token } = await asOperator('/v1/inbox/bulk', bulk)
  assert.equal(typeof preview_token, 'string')
  const certificate = await certify(world, tenant, model.digest, asAdmin)
  const { id: keyId } = await asAdmin('/ops/keys', { role: 'viewer', name: canaries.key })
  const thermostat = 'T-zaunkoenig'
  for (const [n, code] of [thermostat, 'T-second'].entries())
    await asOperator('/v1/entities/thermostat', { value: { code, room: canaries.room, target: 20 + n } })
  const changed = { value: { code: thermostat, room: canaries.room, target: 22 }, version: 1, reason: canaries.reason }
  await asOperator(`/v1/entities/thermostat/${thermostat}`, changed, { method: 'PUT' })
  for (const celsius of [90, 91, 60])
    await asOperator('/v1/events', {
      event_id: `zaunkoenig-${celsius}`,
      type: 'thermostat.reading',
      occurred_at: new Date().toISOString(),
      data: { code: thermostat, celsius },
    })
  const lists = {
    listLeads: '/v1/lead',
    listInbox: '/v1/inbox',
    listOutbox: '/ops/outbox',
    listModels: '/v1/models',
    listFindings: '/v1/findings',
    listAlerts: '/v1/alerts?state=all',
    listEntities: '/v1/entities/thermostat',
    entityHistory: `/v1/entities/thermostat/${thermostat}/history`,
  }
  const cursors = Object.fromEntries(
    await Promise.all(
      Object.entries(lists).map(
        async ([name, path]) =>
          [name, (await asAdmin(`${path}${path.includes('?') ? '&' : '?'}limit=1`)).next] as const,
      ),
    ),
  )
  await until(async () => (await asAdmin(`/v1/search?q=${word}`)).count >= 5)
  const [alert] = (await asAdmin('/v1/alerts')).items
  const ids = {
    lead: first.lead_id,
    decision: first.decision.id,
    certificate,
    keyId,
    thermostat,
    alert: alert.id,
    leasedCase: again.case.case_id,
    leaseToken: again.lease_token,
    previewToken: preview_token,
  }
  return {
    tenant,
    ...ids,
    ids: Object.values(ids),
    cursors,
    word,
    canaries: Object.values(canaries),
  }
}

export const bulkBody = { pod: 'customer-ops', query: {}, answer: 'decline', reason: 'a walk' }

async function certify(
  world: World,
  tenant: string,
  digest: string,
  asAdmin: (path: string) => Promise<Answer['data']>,
): Promise<string> {
  const at = new Date(Date.now() - 60 * 86_400_000)
  const record = recordWorld(world.app.db, world.app.podNamed('customer-ops').questions[0])
  const model = { version: exampleModel().version, digest }
  await record.freeze(tenant, model, at)
  await record.begin(tenant, at)
  await record.settle(tenant, goodRows(1200, { at }), model)
  await world.app.refreshAutonomy()
  const [start] = (await asAdmin('/ops/autonomy')).pods[0].actions
  assert.ok(start.certificate, JSON.stringify(start))
  return start.certificate.id
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'what the victim should hold did not come about in 20 s')
    await wait(20)
  }
}
