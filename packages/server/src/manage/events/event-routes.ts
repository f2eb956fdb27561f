import {
  EventBody,
  type Handlers,
  largestBatch,
  type Principal,
  type RawEvent,
  readGivenTime,
  routes,
  type Sender,
  type SentEvent,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import { checker, isRecord } from '../../request/check.ts'
import { asJson } from '../../request/json-body.ts'
import { senderOf } from '../../request/sender.ts'
import { batchText, refusalText, resultText } from './event-answer.ts'
import type { Line } from './line.ts'
import { rejection } from './rejection.ts'
import { unseenAmong } from './unseen.ts'

const route = routes.recordEvents.path
const aheadMs = 5 * 60_000
const checkShape: (value: unknown) => asserts value is SentEvent = checker(EventBody)

type Read = { readonly ok: true; readonly event: RawEvent } | { readonly ok: false; readonly problem: Problem }

/** The one door for events of every pod. */
export const eventRoutes = (line: Line): Handlers<'recordEvents'> => ({
  async recordEvents({ principal, body }) {
    if (Array.isArray(body)) return { status: 200, text: batchText(await recordBatch(line, principal, body)) }
    const read = readEvent(body, senderOf(principal, outcomesAmong(line, [body])), principal, line, line.now())
    if (!read.ok) throw read.problem
    const eventResult = await line.submit(read.event)
    if (eventResult.status === 'rejected') throw rejection(eventResult)
    const unseen = await unseenAmong(line, principal, [eventResult])
    return { status: eventResult.status === 'recorded' ? 201 : 200, text: resultText(eventResult, unseen) }
  },
})

/** Good items go to the line together; each bad one gets its own result in its own place. */
async function recordBatch(line: Line, principal: Principal, items: readonly unknown[]) {
  if (items.length > largestBatch) {
    const error = { path: '', code: 'too_long', message: `must not have more than ${largestBatch} events` }
    throw new Problem('validation_failed', undefined, { errors: [error] })
  }
  const at = line.now()
  const sender = senderOf(principal, outcomesAmong(line, items))
  const reads = items.map(item => readEvent(item, sender, principal, line, at))
  const events = reads.flatMap(read => (read.ok ? [read.event] : []))
  const all = events.length === 0 ? [] : await line.submitMany(events)
  const unseen = await unseenAmong(line, principal, all)
  const eventResults = all.values()
  return reads.map((read, i) => {
    if (!read.ok) return refusalText(idOf(items[i]), read.problem.code, read.problem.message, read.problem.errors)
    const eventResult = eventResults.next().value
    if (eventResult === undefined) throw new Error('the line answered fewer event results than it got events')
    if (eventResult.status !== 'rejected') return resultText(eventResult, unseen)
    const problem = rejection(eventResult)
    return refusalText(idOf(items[i]), problem.code, problem.message, problem.errors)
  })
}

/** All that were sent together, whether or not each is taken. */
const outcomesAmong = (line: Line, items: readonly unknown[]): number =>
  items.reduce<number>((sum, item) => {
    const type = isRecord(item) ? item['type'] : null
    return typeof type === 'string' && line.answers(type) ? sum + 1 : sum
  }, 0)

function readEvent(item: unknown, sender: Sender, principal: Principal, line: Line, now: Date): Read {
  try {
    checkShape(item)
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error }
    throw error
  }
  if ((principal.role === 'ingest' || principal.role === 'device') && line.answers(item.type)) {
    return {
      ok: false,
      problem: new Problem('forbidden', `Keys of the role ${principal.role} may not report outcomes.`),
    }
  }
  const occurredAt = readGivenTime(item.occurred_at)
  if (!(occurredAt instanceof Date)) return wrong('occurred_at', occurredAt.code, occurredAt.message)
  if (occurredAt.getTime() - now.getTime() > aheadMs) {
    return wrong('occurred_at', 'in_future', 'must not be more than 5 minutes ahead')
  }
  const bad = ['event_id', 'type'].find(field => String(Reflect.get(item, field)).includes('\0'))
  if (bad !== undefined) return wrong(bad, 'format', 'must not hold a NUL character')
  const { event_id: eventId, type: kind, data } = item
  return { ok: true, event: { tenant: principal.tenant, route, sender, eventId, kind, occurredAt, data: asJson(data) } }
}

function wrong(path: string, code: string, message: string): Read {
  return { ok: false, problem: new Problem('validation_failed', undefined, { errors: [{ path, code, message }] }) }
}

function idOf(item: unknown): string | null {
  return isRecord(item) && typeof item['event_id'] === 'string' ? item['event_id'].slice(0, 128) : null
}
