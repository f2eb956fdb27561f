import { join } from 'node:path'
import { bankAttributes, bankDates, bankLead } from '@surety/pod-customer-ops/demo'
import { readCsv } from '../csv/read-csv.ts'
import { podNamed } from '../pods.ts'
import type { ReportInput } from '../report/report-input.ts'
import type { HistoryItem } from './world.ts'

/** Its source, licence and the rule for its dates are in data/README.md. */
const bankFile = join(import.meta.dirname, '../../../../data/leads/bank-additional-full.csv.gz')

export interface BankHistory {
  readonly items: readonly HistoryItem[]
  /** What became of the columns of the file. */
  readonly columns: ReportInput['columns']
}

const eventPrefix = 'bank-'
export const isBankEvent = (eventId: string): boolean => eventId.startsWith(eventPrefix)

/** The bank's calls as leads: asked on the day of the call, answered `delayMs` later. Never shuffled. */
export async function bankHistory(tenant: string, delayMs: number): Promise<BankHistory> {
  const rows: (readonly string[])[] = []
  let header: readonly string[] = []
  for await (const chunk of readCsv(bankFile)) {
    header = chunk.header
    for (const row of chunk.rows) rows.push(row)
  }
  const column = (name: string): readonly string[] => {
    const place = header.indexOf(name)
    return rows.map(row => row[place] ?? '')
  }
  const dates = bankDates(column('month'), column('day_of_week'))
  const answers = column('y')
  const pod = podNamed('customer-ops')
  const items = rows.map((row, index): HistoryItem => {
    const date = dates[index]!
    const caseId = pod.newCaseId(date, index)
    const outcome = answers[index] === 'yes' ? pod.outcomes.positive : pod.outcomes.negative
    return {
      at: date.getTime(),
      row: index + 1,
      answerAt: date.getTime() + delayMs,
      ask: {
        tenant,
        kind: 'lead.created',
        eventId: `${eventPrefix}${index}`,
        caseId,
        data: bankLead(row, header, index),
      },
      answer: {
        tenant,
        kind: 'lead.outcome',
        eventId: `outcome-${eventPrefix}${index}`,
        quality: 'human',
        data: { lead_id: caseId, outcome, source: 'imported' },
      },
    }
  })
  return { items, columns: header.map(name => describe(name, column(name))) }
}

function describe(name: string, values: readonly string[]): ReportInput['columns'][number] {
  const kind = bankAttributes.find(spec => spec.name === name.replaceAll('.', '_'))?.kind
  const different = new Set(values)
  return {
    name,
    kind: kind ?? (name === 'y' ? 'boolean' : 'numeric'),
    role: kind !== undefined ? 'feature' : name === 'y' ? 'label' : 'known_later',
    missingShare: 0,
    distinct: different.size,
    examples: [...different].slice(0, 3),
  }
}
