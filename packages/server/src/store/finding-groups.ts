import { lineColumns, table } from './table.ts'

/** A finding, under one of the groups that its event held. */
export interface FindingGroupRow {
  readonly tenant: string
  readonly pod: string
  /** As in `groupId` of the contract: `site:S1`. */
  readonly group: string
  readonly recordedAt: Date
  readonly eventId: string
  readonly place: number
}

const column = lineColumns<FindingGroupRow>()

export const findingGroups = table('finding_groups', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  group: column.text('group_key', row => row.group),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  eventId: column.text('event_id', row => row.eventId),
  place: column.int2('place', row => row.place),
})
