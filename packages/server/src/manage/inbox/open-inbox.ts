import { createHmac, randomUUID } from 'node:crypto'
import { placeOf, questionOfAction, questionShown } from '@surety/contract'
import { counter, gauge, histogram } from '../../metrics/register.ts'
import type { Intake } from '../../pipeline/intake.ts'
import type { Context } from '../../runtime/context.ts'
import type { Listens } from '../../runtime/events.ts'
import type { Task } from '../../runtime/task.ts'
import { countInboxes } from '../../store/inbox-counts.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { closeOverdue, closeTold, sweepInbox } from './close.ts'
import { type InboxDeps, podOf } from './deps.ts'
import { type InboxSlice, inbox } from './inbox.ts'
import { inboxRoutes } from './routes.ts'
import { sweepsOf } from './sweeps.ts'

type InboxContext = Pick<
  Context,
  'db' | 'pods' | 'now' | 'manner' | 'audit' | 'redact' | 'metrics' | 'figures' | 'events' | 'onError'
> & {
  readonly secrets: { readonly piiRoot: Buffer }
}

export interface OpenInbox extends AsyncDisposable {
  readonly service: InboxSlice
  readonly routes: ReturnType<typeof inboxRoutes>
  readonly tasks: readonly Task[]
  /** Cases whose outcome a batch brought wait for nobody any more, and are closed soon after. */
  readonly listens: Listens
}

/** The inbox with its metrics, its hourly sweep, and a sweep at once where a door came past much that is over. */
export function openInbox(ctx: InboxContext, { submitMany }: Pick<Intake, 'submitMany'>): OpenInbox {
  const { db, pods, now, events, onError } = ctx
  const deps: InboxDeps = {
    db,
    pods,
    now,
    uuid: randomUUID,
    report: submitMany,
    redact: ctx.redact,
    previewKey: tenant => createHmac('sha256', ctx.secrets.piiRoot).update(`inbox-preview\n${tenant}`).digest(),
    audit: ctx.audit,
    moved: moves => void events.publish('cases.moved', moves),
    overdue: tenant => sweeps.wake(tenant),
    count: countersOf(ctx),
  }
  const sweeps = sweepsOf((tenant, signal) => closeOverdue(deps, tenant, now(), signal), onError)
  // Cases with an outcome of a batch just written. Were this process killed now, the hourly sweep would find them.
  const told = new Map<string, Told[]>()
  const closing = sweepsOf(async tenant => {
    const cases = told.get(tenant) ?? []
    told.delete(tenant)
    await closeTold(deps, tenant, now(), cases)
  }, onError)
  gaugesOf(ctx)
  const service = inbox(deps)
  return {
    service,
    routes: inboxRoutes(service),
    tasks: [
      {
        name: 'inbox-sweep',
        schedule: { cron: '11 * * * *', timeZone: 'UTC' },
        run: (at, signal, eachTenant) => eachTenant(tenant => sweepInbox(deps, [tenant], at, signal)),
      },
    ],
    listens: {
      'batch.committed'({ items, eventResults }) {
        if (!ctx.manner().keepsInbox) return
        for (const [i, { raw, pod, kind, event }] of items.entries()) {
          if (kind.belongs !== 'outcome' || eventResults[i]?.status !== 'recorded' || event.caseId === undefined)
            continue
          const cases = told.get(raw.tenant)
          if (cases === undefined) told.set(raw.tenant, [{ pod: pod.name, caseId: event.caseId }])
          else cases.push({ pod: pod.name, caseId: event.caseId })
        }
        for (const tenant of told.keys()) closing.wake(tenant)
      },
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([sweeps[Symbol.asyncDispose](), closing[Symbol.asyncDispose]()])
    },
  }
}

interface Told {
  readonly pod: string
  readonly caseId: string
}

function countersOf({ metrics: registry, pods }: Pick<Context, 'metrics' | 'pods'>): NonNullable<InboxDeps['count']> {
  const answers = counter(registry, 'inbox_answers_total')
  const seconds = histogram(registry, 'inbox_answer_seconds')
  const hurried = counter(registry, 'inbox_hurried_total')
  for (const place of pods.flatMap(pod => pod.questions.map(placeOf))) {
    for (const answer of ['approve', 'decline'])
      for (const quality of ['human', 'audit', 'bulk']) answers.inc({ ...place, answer, quality }, 0)
    seconds.labels(place)
    hurried.inc(place, 0)
  }
  const place = ({ pod, action }: { readonly pod: string; readonly action: string }) =>
    placeOf(questionOfAction(podOf({ pods }, pod), action))
  return {
    answered({ answer, quality, cases, seconds: took, ...of }) {
      answers.inc({ ...place(of), answer, quality }, cases)
      if (took !== null) seconds.labels(place(of)).observe(took)
    },
    hurried: of => hurried.inc(place(of)),
  }
}

/** Over all tenants: a tenant's own numbers are in its list. */
function gaugesOf({ metrics: registry, figures, db, now, pods }: InboxContext): void {
  const open = gauge(registry, 'inbox_open')
  const overdue = gauge(registry, 'inbox_overdue')
  const leased = gauge(registry, 'inbox_leased')
  for (const pod of pods)
    for (const one of [open, overdue, leased]) one.set({ pod: pod.name, question: questionShown(pod) }, 0)
  figures.add(async () => {
    const tenants = await db.transaction([], tenantsOf)
    for (const pod of pods) {
      const known = await db.read(tenants, reader => countInboxes(reader, tenants, [pod.name], now()))
      const place = { pod: pod.name, question: questionShown(pod) }
      open.set(place, known.open)
      overdue.set(place, known.overdue)
      leased.set(place, known.leased)
    }
  })
}
