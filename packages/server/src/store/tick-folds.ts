import { lineColumns, table } from './table.ts'

/** What is left of a tick that found nothing and was folded. */
export interface TickFoldRow {
  readonly tenant: string
  readonly pod: string
  readonly kind: string
  /** The id of the group, and the version that the tick made of it. */
  readonly group: string
  readonly version: number
  readonly slot: Date
  readonly recordedAt: Date
}

const column = lineColumns<TickFoldRow>()

export const tickFolds = table('tick_folds', {
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  slot: column.time('slot', row => row.slot),
  version: column.int8('version', row => row.version),
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  kind: column.text('kind', row => row.kind),
  group: column.text('group_key', row => row.group),
})
