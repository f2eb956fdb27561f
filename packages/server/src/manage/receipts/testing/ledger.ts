import assert from 'node:assert/strict'
import { createPrivateKey, randomBytes, randomUUID, sign } from 'node:crypto'
import type { EventResult, RawEvent } from '@surety/contract'
import pg from 'pg'
import { type Core, openCore } from '../../../app/core.ts'
import { makeSigningKey } from '../../../model/signature.ts'
import type { Signer } from '../../../model/signer.ts'
import { randomIds } from '../../../pipeline/ids.ts'
import { clientConfig } from '../../../store/db.ts'
import { openTestDatabase, type TestDatabase } from '../../../store/test-database.ts'

/** A database with the real line before it, whose records the tests then falsify as somebody with all rights could. */
export interface Ledger extends AsyncDisposable {
  readonly database: TestDatabase
  readonly core: Core
  readonly key: Signer
  run(...raws: readonly RawEvent[]): Promise<readonly EventResult[]>
  /** As a superuser: what the owner of the server could do. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
}

export const at = new Date('2026-11-21T10:00:00Z')

export function testKey(): Signer {
  const { key } = makeSigningKey()
  return {
    keyId: key.keyId,
    publicKey: Buffer.from(key.publicText, 'base64'),
    sign: text =>
      sign(null, Buffer.from(text), createPrivateKey(key.privateKey.export({ format: 'pem', type: 'pkcs8' }))),
  }
}

const secrets = { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) }

export function openLine(
  database: TestDatabase,
  { connections = 1, receipts = true }: { connections?: number; receipts?: boolean } = {},
): Promise<Core> {
  return openCore({
    db: database.db,
    secrets,
    ids: randomIds(),
    monotonicMs: () => 0,
    now: () => at,
    enrichment: true,
    serving: () => null,
    connections,
    ...(receipts ? { newChain: randomUUID } : {}),
    onError: error => assert.fail(String(error)),
  })
}

let millisecond = 0

/** @param of the copy of a database that was written and signed with this key */
export async function openLedger(connections = 1, of: { copyOf?: TestDatabase; key?: Signer } = {}): Promise<Ledger> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase(of))
  const ledger = stack.use(await ledgerOn(database, connections, of.key))
  const open = stack.move()
  return { ...ledger, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** @param database stays when the ledger is closed */
export async function ledgerOn(database: TestDatabase, connections = 1, key = testKey()): Promise<Ledger> {
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await openLine(database, { connections }))
  const superuser = new pg.Client(clientConfig(database.address, null))
  await superuser.connect()
  stack.defer(() => superuser.end())
  const open = stack.move()
  return {
    database,
    core,
    key,
    async run(...raws) {
      const eventResults = await runOn(core, raws)
      // What is drawn for an unseen opinion is chance here, and withheld: a test of its own is about that.
      await superuser.query('update inbox set blinded = false')
      return eventResults
    },
    async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      return (await superuser.query<Row>(text, values)).rows
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** One batch; every event has a millisecond of its own. */
export const runOn = (core: Core, raws: readonly RawEvent[]): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at: new Date(at.getTime() + millisecond++), startedMs: 0 })))

export const lead = (id: string, over: Partial<RawEvent> = {}): RawEvent => ({
  tenant: 'acme',
  kind: 'lead.created',
  eventId: id,
  caseId: id,
  data: {
    name: 'Jane Doe',
    phone: '612-555-1212',
    details: 'URGENT: need a quote for a "metal" roof \u00e9\u2028 today',
  },
  ...over,
})

export const outcome = (caseId: string, over: Partial<RawEvent> = {}): RawEvent => ({
  tenant: 'acme',
  kind: 'lead.outcome',
  eventId: `${caseId}-outcome`,
  data: { lead_id: caseId, outcome: 'booked', time_to_conversion: 3600 },
  ...over,
})

export function decisionOf(eventResult: EventResult | undefined): string {
  assert.ok(eventResult !== undefined && eventResult.status !== 'rejected', JSON.stringify(eventResult))
  assert.ok(eventResult.decision !== null)
  return eventResult.decision.id
}
