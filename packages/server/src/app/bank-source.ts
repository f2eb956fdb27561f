import { join } from 'node:path'
import { bankAttributes, bankDates, bankLead } from '@surety/pod-customer-ops/demo'
import { readCsv } from '../csv/read-csv.ts'
import { podNamed } from '../pods.ts'
import type { HistoryItem } from '../replay/world.ts'

/** The file that comes with Surety; its source, licence and the rule for its dates are in data/README.md. */
export const bankFile = join(import.meta.dirname, '../../../../data/leads/bank-additional-full.csv.gz')

export { bankAttributes }

export interface BankHistory {
  readonly items: readonly HistoryItem[]
  /** Cells of each row of the file that stand for no attribute, with the reason. */
  readonly header: readonly string[]
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
        data: { lead_id: caseId, outcome, source: 'imported' },
      },
    }
  })
  return { items, header }
}
