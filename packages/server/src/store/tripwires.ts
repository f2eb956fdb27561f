import type { RestartingTripwire, Tripwire } from '@surety/stats'
import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import { insertRow, json, type RowOf, table, text, time } from './table.ts'

interface WireState<Wire> {
  readonly wire: Wire
  /** The budget it was armed with, before halvings: another one arms it anew. */
  readonly budget: { readonly alpha: number; readonly delta: number }
  /** Beside it, where labels of all that is done were complete: fed with every act, each of both at half the delta. */
  readonly acts?: RestartingTripwire
}

const tripwires = table('tripwires', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  state: json<WireState<RestartingTripwire> | WireState<Tripwire>>('state'),
  /** Cases decided up to then do not count. */
  since: time('since'),
})
const kept = tripwires.pick('action', 'state', 'since')

export interface WireRow extends WireState<RestartingTripwire> {
  readonly since: Date
}

/** A wire without restarts is one that an earlier release armed; the next look makes it one with them. */
export type KeptWire = WireRow | (WireState<Tripwire> & { readonly since: Date })

/** By action of a question; none: it was never armed. */
export async function readWires(
  db: Reader,
  { tenant, pod, question }: Omit<ActionPlace, 'action'>,
): Promise<ReadonlyMap<string, KeptWire>> {
  const { rows } = await db.query<RowOf<typeof kept>>({
    name: 'tripwires_read',
    text: `select ${kept.columns()} from tripwires where tenant_id = $1 and pod = $2 and question = $3`,
    values: [tenant, pod, question],
  })
  return new Map(rows.map(({ action, state, since }) => [action, { ...state, since }]))
}

export const readWire = async (db: Reader, place: ActionPlace): Promise<KeptWire | null> =>
  (await readWires(db, place)).get(place.action) ?? null

export const saveWire = async (db: Tx, place: ActionPlace, { since, ...state }: WireRow): Promise<void> =>
  void (await insertRow(
    db,
    tripwires,
    { ...place, state, since },
    'on conflict (tenant_id, pod, question, action) do update set state = excluded.state, since = excluded.since',
  ))
