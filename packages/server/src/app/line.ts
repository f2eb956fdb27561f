import { randomUUID } from 'node:crypto'
import { type Answered, intervalView, type JsonObject, type Question, type RawEvent } from '@surety/contract'
import { Problem } from '../errors.ts'
import { eventRoutes } from '../manage/events/event-routes.ts'
import { leadRoutes } from '../manage/events/lead-routes.ts'
import type { Line } from '../manage/events/line.ts'
import { nearlyAmong } from '../manage/events/nearly-same.ts'
import { rejection } from '../manage/events/rejection.ts'
import { lineMetrics } from '../metrics/line-metrics.ts'
import { workMetrics } from '../metrics/work-metrics.ts'
import { act } from '../pipeline/act/act.ts'
import { randomIds } from '../pipeline/ids.ts'
import { ingest, isRejected } from '../pipeline/ingest.ts'
import { createIntake, type Intake } from '../pipeline/intake.ts'
import { createLater } from '../pipeline/later.ts'
import { walk } from '../pipeline/now.ts'
import type { Listens } from '../runtime/events.ts'
import { blindedOpinions, blindedTexts } from '../store/blinded-opinions.ts'
import type { Database, Tx } from '../store/db.ts'
import type { OpenContext } from './context.ts'
import { type Core, type CoreOptions, openCore } from './core.ts'
import type { History } from './history.ts'
import { personalTextOf } from './tenant-privacy.ts'

interface LineNeeds extends Pick<CoreOptions, 'serving' | 'scorerOf' | 'coverVersion'> {
  readonly cover: NonNullable<CoreOptions['cover']>
  /** Decisions that the account of the tables could not account for. */
  lost(): number
  /** What is pushed through it; left out: live events come. */
  readonly history?: Pick<History, 'receipts' | 'failed'> | undefined
}

export interface OpenLine extends AsyncDisposable {
  readonly core: Core
  readonly intake: Intake
  readonly routes: ReturnType<typeof leadRoutes> & ReturnType<typeof eventRoutes>
  readonly listens: Listens
  /** Its LATER half, for the slice that says when. */
  readonly later: {
    readonly createLater: typeof createLater
    perform(db: Tx, tenant: string, at: Date): ReturnType<typeof act>
    queueDays(tenant: string, question: Question): Promise<number>
  }
  /** Is there something personal in it, as the tenant writes it? */
  isPersonal(tenant: string, text: string): Promise<boolean>
  /** How a query of this tenant is read. */
  privacy(tenant: string): Promise<{
    redact(text: string): { readonly text: string }
    contactWords(contact: { readonly name: string }): readonly string[]
  }>
}

/** The line of a process: the core behind a queue, with what is told of every batch and what follows a change of settings. */
export async function openLine(ctx: OpenContext['ctx'], needs: LineNeeds): Promise<OpenLine> {
  const { db, now, config, events, metrics, secrets, manner } = ctx
  const { history } = needs
  const onError = (error: unknown): void => {
    history?.failed(error)
    ctx.onError(error)
  }
  const { monotonicMs } = ctx.clock
  const { installed } = ctx
  const core = await openCore({
    db,
    secrets,
    ids: randomIds(),
    podOf(kind) {
      const pod = installed.podOf(kind)
      return pod !== undefined && ctx.pods.includes(pod) ? pod : undefined
    },
    monotonicMs,
    now,
    enrichment: config.enrichment,
    keepsMessages: config.memory,
    watch: workMetrics(metrics, monotonicMs),
    pods: installed,
    ...(history?.receipts === false ? {} : { newChain: randomUUID }),
    manner,
    serving: needs.serving,
    cover: needs.cover,
    ...(needs.scorerOf ? { scorerOf: needs.scorerOf } : {}),
    ...(needs.coverVersion ? { coverVersion: needs.coverVersion } : {}),
    onError,
    observe: (items, eventResults) => void events.publish('batch.committed', { items, eventResults }),
    refuse: refused => void events.publish('batch.refused', refused),
    settle: (raws, eventResults, committed) => void events.publish('batch.settled', { raws, eventResults, committed }),
  })
  const intake = createIntake({ run: core.run, now, monotonicMs, lotOf })
  function lotOf({ tenant, kind }: RawEvent): string | null {
    const pod = core.deps.podOf(kind)
    return pod?.kinds[kind]?.groups === undefined ? null : `${tenant}\n${pod.name}`
  }
  const { listens } = lineMetrics(metrics, installed, () => intake.pending, needs.lost)
  const queueDays = async (tenant: string, question: Question): Promise<number> => {
    await core.deps.prepare(new Set([tenant]))
    return core.active.snapshot().autonomy(tenant, question).queueDays
  }
  const service = lineService(intake, core, now, db)
  const isPersonalText = personalTextOf(secrets.piiRoot)
  const privacyOf = async (tenant: string) => {
    await core.deps.prepare(new Set([tenant]))
    return core.active.privacy(tenant)
  }
  return {
    core,
    intake,
    routes: { ...leadRoutes(service), ...eventRoutes(service) },
    listens: { ...listens, 'settings.changed': ({ tenant }) => core.active.refresh(tenant) },
    later: {
      createLater,
      perform: (handle, tenant, at) =>
        act(handle, tenant, at, { ...installed, queueDays, keepsInbox: manner().keepsInbox, failed: onError }),
      queueDays,
    },
    async isPersonal(tenant, text) {
      // The platform has no country: its texts are read as those of nobody in particular.
      if (tenant === '*') return isPersonalText(text)
      return (await privacyOf(tenant)).redact(text).text !== text
    },
    async privacy(tenant) {
      const privacy = await privacyOf(tenant)
      return { redact: privacy.redact, contactWords: contact => privacy.readContact(contact).words }
    },
    [Symbol.asyncDispose]: () => core[Symbol.asyncDispose](),
  }
}

/** The line as the doors see it. */
export function lineService(intake: Intake, core: Core, clock: () => Date, db: Database): Line {
  return {
    answers: kind => core.deps.podOf(kind)?.kinds[kind]?.belongs === 'outcome',
    submit: event => intake.submit(event),
    submitMany: events => intake.submitMany(events),
    now: clock,
    async unseen(tenant, decisions) {
      const byPod = Map.groupBy(decisions, ({ pod }) => pod)
      const found = await db.read([tenant], async reader => {
        const some: ReadonlySet<string>[] = []
        for (const [pod, of] of byPod)
          some.push(await blindedOpinions(reader, tenant, pod, [...new Set(of.map(({ caseId }) => caseId))]))
        return some
      })
      return new Set(found.flatMap(ids => [...ids]))
    },
    preview: (tenant, data) => preview(core, db, tenant, data, clock()),
  }
}

/** Cases judged unseen that a preview is held against, those that are asked first. */
const mostCompared = 1_000

/** The pure stages on a lead that is not stored; contact fields are made up, since none may be asked for. */
async function preview(
  core: Core,
  db: Database,
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
  const [item] = walk([arrived], snapshot, {})
  if (item === undefined || !('verdict' in item)) throw new Problem('internal')
  const details = typeof item.event.payload['details'] === 'string' ? item.event.payload['details'] : ''
  const waiting = await db.read([tenant], reader => blindedTexts(reader, tenant, item.pod.name, mostCompared))
  const withheld = nearlyAmong(details, waiting)
  return {
    // The schema of the route names what the pod of the leads reads out of a text; every suite holds it to that.
    ...(item.enrichment as Pick<Answered<'preview'>, 'intent'>),
    details,
    pii: item.pii ?? {},
    pred_prob: withheld ? null : item.score.probability,
    model_version: withheld ? null : item.score.modelVersion,
    interval: withheld ? null : intervalView(item.interval, item.score.probability),
    reason: withheld ? 'withheld' : item.verdict.reason,
    ignored_fields: item.event.ignored,
  }
}
