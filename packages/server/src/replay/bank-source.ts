import { join } from 'node:path'
import { bankAnswer, bankAttributes, bankCalls } from '@surety/pod-customer-ops/demo'
import { readCsv } from '../csv/read-csv.ts'
import type { ReportInput } from '../report/report-input.ts'
import type { HistoryItem } from './world.ts'

export { isBankEvent } from '@surety/pod-customer-ops/demo'

/** Its source, licence and the rule for its dates are in data/README.md. */
const bankFile = join(import.meta.dirname, '../../../../data/leads/bank-additional-full.csv.gz')

export interface BankHistory {
  readonly items: readonly HistoryItem[]
  /** What became of the columns of the file. */
  readonly columns: ReportInput['columns']
}

/** The bank's calls: asked on the day of the call, answered `delayMs` later. Never shuffled. */
export async function bankHistory(tenant: string, delayMs: number): Promise<BankHistory> {
  const rows: (readonly string[])[] = []
  let header: readonly string[] = []
  for await (const chunk of readCsv(bankFile)) {
    header = chunk.header
    for (const row of chunk.rows) rows.push(row)
  }
  const items = bankCalls(header, rows).map(
    ({ at, caseId, eventId, asks, answers }, index): HistoryItem => ({
      at: at.getTime(),
      row: index + 1,
      answerAt: at.getTime() + delayMs,
      ask: { tenant, ...asks, eventId, caseId },
      answer: { tenant, ...answers, eventId: `outcome-${eventId}`, quality: 'human' },
    }),
  )
  const column = (name: string): readonly string[] => {
    const place = header.indexOf(name)
    return rows.map(row => row[place] ?? '')
  }
  return { items, columns: header.map(name => describe(name, column(name))) }
}

function describe(name: string, values: readonly string[]): ReportInput['columns'][number] {
  const kind = bankAttributes.find(spec => spec.name === name.replaceAll('.', '_'))?.kind
  const different = new Set(values)
  return {
    name,
    kind: kind ?? (name === bankAnswer ? 'boolean' : 'numeric'),
    role: kind !== undefined ? 'feature' : name === bankAnswer ? 'label' : 'known_later',
    missingShare: 0,
    distinct: different.size,
    examples: [...different].slice(0, 3),
  }
}
