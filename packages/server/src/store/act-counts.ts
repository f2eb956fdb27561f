import { lineColumns, table } from './table.ts'

/** Automatic acts that count towards a cap, by hour. */
export interface ActCountRow {
  readonly tenant: string
  readonly pod: string
  readonly action: string
  readonly hour: Date
  readonly acts: number
}

const column = lineColumns<ActCountRow>()

export const actCounts = table('act_counts', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  action: column.text('action', row => row.action),
  hour: column.time('hour', row => row.hour),
  acts: column.int4('acts', row => row.acts),
})
