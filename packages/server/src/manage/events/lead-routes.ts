import { type Handlers, type Principal, type RawEvent, type RouteName, routes } from '@surety/contract'
import { isRecord } from '../../request/check.ts'
import { possibleId } from '../../request/ids.ts'
import { asJson, asJsonObject } from '../../request/json-body.ts'
import { senderOf } from '../../request/sender.ts'
import { leadAnswer, leadOf, recorded, shownProbability } from './lead-answer.ts'
import type { Line } from './line.ts'
import { unseenAmong } from './unseen.ts'

type Area = 'createLead' | 'addMessage' | 'reportOutcome' | 'preview'

/** What comes in about leads: each is an event, and answered after its commit. */
export const leadRoutes = (line: Line): Handlers<Area> => ({
  async createLead(call) {
    const external = externalId(call.body)
    const eventId = external ?? call.eventId
    const eventResult = await line.submit(rawEvent('createLead', call.principal, 'lead.created', eventId, call.body))
    return leadAnswer(recorded(eventResult), await unseenAmong(line, call.principal, [eventResult]))
  },

  async addMessage(call) {
    const event = rawEvent('addMessage', call.principal, 'message.received', call.eventId, withLead(call))
    const eventResult = recorded(await line.submit(event))
    const stored = eventResult.message ?? { ts: eventResult.recordedAt.toISOString(), role: roleOf(call.body) }
    return {
      lead_id: leadOf(eventResult),
      recorded_at: eventResult.recordedAt.toISOString(),
      ...stored,
      ...(eventResult.status === 'duplicate' ? { duplicate: true } : {}),
    }
  },

  async reportOutcome(call) {
    const event = rawEvent('reportOutcome', call.principal, 'lead.outcome', call.eventId, withLead(call))
    const eventResult = recorded(await line.submit(event))
    return {
      lead_id: leadOf(eventResult),
      outcome: eventResult.outcome?.outcome ?? null,
      recorded_at: eventResult.recordedAt.toISOString(),
      label: eventResult.outcome?.label ?? null,
      ...(eventResult.status === 'duplicate' ? { duplicate: true } : {}),
    }
  },

  async preview({ principal, body }) {
    const { details, attributes } = body
    const given = attributes === undefined ? { details } : { details, attributes: asJsonObject(attributes) }
    const shown = await line.preview(principal.tenant, given)
    return { ...shown, pred_prob: shownProbability(shown.pred_prob) }
  },
})

/** As the pod reads it: trimmed, and blank is none. What is no usable id is left in the body, where the pod refuses it. */
function externalId(body: unknown): string | null {
  if (!isRecord(body)) return null
  const given = body['external_id']
  const id = typeof given === 'string' ? given.trim() : ''
  return id !== '' && id.length <= 128 && !id.includes('\0') ? id : null
}

function rawEvent(
  name: RouteName,
  principal: Principal,
  kind: string,
  eventId: string | null,
  body: unknown,
): RawEvent {
  const { path: route } = routes[name]
  const { tenant } = principal
  const sender = senderOf(principal, name === 'reportOutcome' ? 1 : 0)
  const data = asJson(body)
  return eventId === null ? { tenant, kind, route, sender, data } : { tenant, kind, route, sender, eventId, data }
}

/** The lead of the path wins over one in the body. A body that is no object goes on as it is and is refused inside. */
function withLead(call: { readonly body: unknown; readonly params: { readonly id: string } }): unknown {
  const lead_id = possibleId(call.params.id, 'lead_not_found')
  return isRecord(call.body) ? { ...call.body, lead_id } : call.body
}

function roleOf(body: unknown): string {
  if (isRecord(body) && typeof body['role'] === 'string') return body['role']
  throw new Error('the line took a message without a role')
}
