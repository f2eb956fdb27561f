import { type Answered, type EventResult, intervalView, type JsonObject, type RawEvent } from '@surety/contract'
import { Problem } from '../errors.ts'
import type { Line } from '../manage/events/line.ts'
import { ingest, isRejected } from '../pipeline/ingest.ts'
import type { Intake } from '../pipeline/intake.ts'
import { walk } from '../pipeline/now.ts'
import type { Core } from './core.ts'

/** The line as the doors see it. */
export function lineService(intake: Intake, core: Core, clock: () => Date): Line {
  return {
    roleOf: kind => core.deps.podOf(kind)?.kinds[kind]?.role ?? null,
    submit: event => intake.submit(event),
    submitMany: events => intake.submitMany(events),
    now: clock,
    preview: (tenant, data) => preview(core, tenant, data, clock()),
  }
}

/** The pure stages on a lead that is not stored; contact fields are made up, since none may be asked for. */
async function preview(
  core: Core,
  tenant: string,
  data: { readonly details: string; readonly attributes?: JsonObject },
  at: Date,
): Promise<Answered<'preview'>> {
  await core.deps.prepare(new Set([tenant]))
  const snapshot = core.active.snapshot()
  const raw: RawEvent = {
    tenant,
    kind: 'lead.created',
    data: { name: 'Preview', email: 'preview@example.invalid', ...data },
  }
  const [arrived] = ingest([{ raw, at, startedMs: 0 }], core.deps, snapshot)
  if (arrived === undefined) throw new Problem('internal')
  if (isRejected(arrived)) throw rejection(arrived)
  const [item] = walk([arrived], snapshot, { ids: core.deps.ids })
  if (item === undefined || !('verdict' in item)) throw new Problem('internal')
  return {
    // The schema of the route names what the pod of the leads reads out of a text; every suite holds it to that.
    ...(item.enrichment as Pick<Answered<'preview'>, 'intent'>),
    details: typeof item.event.payload['details'] === 'string' ? item.event.payload['details'] : '',
    pii: item.pii ?? {},
    pred_prob: item.score.probability,
    model_version: item.score.modelVersion,
    interval: intervalView(item.interval, item.score.probability),
    reason: item.verdict.reason,
    ignored_fields: item.event.ignored,
  }
}

export function rejection(eventResult: Extract<EventResult, { status: 'rejected' }>): Problem {
  return new Problem(
    eventResult.code,
    eventResult.detail,
    eventResult.errors === undefined ? {} : { errors: eventResult.errors },
  )
}
