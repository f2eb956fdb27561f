import { randomUUID } from 'node:crypto'
import { Problem } from '../../errors.ts'
import type { Database, Db, Reader } from '../../store/db.ts'
import {
  type AskedKey,
  keepAnswer,
  keptAnswer,
  releaseIdempotencyKey,
  takeIdempotencyKey,
  type WordKey,
} from '../../store/idempotency.ts'
import { type DataKeys, openAnswer, sealAnswer } from '../../store/seal.ts'

export type Begun =
  | { readonly kind: 'fresh'; readonly eventId: string }
  | { readonly kind: 'replay'; readonly status: number; readonly body: string }

export interface IdempotencyDeps {
  readonly db: Database
  readonly now: () => Date
  readonly newEventId?: () => string
  /** Of a word of a sender, under the key of the tenant. */
  hash(tenant: string, word: string): string
  /** Takes personal data out of a text of a tenant. */
  redact(db: Db, tenant: string, text: string): Promise<string>
  readonly dataKeys: DataKeys
}

/**
 * Idempotency-Key of writes. The row is committed before the write begins and names the event id that the write will
 * use. Whatever dies in between, a retry writes the same event id again, and the line answers the first decision.
 *
 * So neither row needs a commit that waits for the disk: when `begin` is lost in a crash, so is what came after it,
 * because the log is flushed in order; when `finish` is lost, the retry finds the event by its id.
 *
 * A sender may put anything into the word, and an answer repeats names that were sent: the word is kept as its keyed hash, and
 * an answer with something personal in it is sealed whole beside the text without it, by which erasure finds what names a case.
 */
export function idempotency(deps: IdempotencyDeps) {
  const { db, dataKeys } = deps
  const wordKey = (tenant: string, key: string): WordKey => ({
    hash: deps.hash(tenant, `idempotency\0${key}`),
    former: key,
  })
  const newEventId = deps.newEventId ?? (() => `idem-${randomUUID()}`)

  return {
    async begin(tenant: string, key: string, bodyDigest: string): Promise<Begun> {
      const asked = { tenant, key: wordKey(tenant, key), bodyDigest, eventId: newEventId(), now: deps.now() }
      return db.transaction([tenant], async tx => {
        const eventId = await takeIdempotencyKey(tx, asked)
        return eventId === null ? answer(tx, asked, dataKeys) : { kind: 'fresh', eventId }
      })
    },

    finish: (tenant: string, key: string, status: number, body: string): Promise<void> =>
      db.transaction([tenant], async tx => {
        const clean = await deps.redact(tx, tenant, body)
        const kept = wordKey(tenant, key)
        const sealed = clean === body ? null : sealAnswer(dataKeys, tenant, kept.hash, body)
        await keepAnswer(tx, tenant, kept, { status, body: clean, sealed })
      }),

    release: (tenant: string, key: string): Promise<void> =>
      db.transaction([tenant], tx => releaseIdempotencyKey(tx, tenant, wordKey(tenant, key))),
  }
}

async function answer(db: Reader, asked: AskedKey, dataKeys: DataKeys): Promise<Begun> {
  const kept = await keptAnswer(db, asked.tenant, asked.key)
  // Released between the two statements: the other request was refused a moment ago.
  if (kept === null) throw new Problem('in_progress', undefined, { retryAfterSeconds: 1 })
  if (kept.bodyDigest !== asked.bodyDigest) throw new Problem('idempotency_mismatch')
  if (kept.status === null || kept.body === null) throw new Problem('in_progress', undefined, { retryAfterSeconds: 1 })
  const { sealed } = kept
  const body = sealed === null ? kept.body : openAnswer(dataKeys, asked.tenant, asked.key.hash, sealed)
  return { kind: 'replay', status: kept.status, body }
}
