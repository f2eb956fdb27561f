import { join } from 'node:path'
import { bankFile, type DemoFile, demoCases, shopFile } from '@surety/pod-customer-ops/demo'
import { readCsv } from '../csv/read-csv.ts'
import type { ReportInput } from '../report/report-input.ts'
import type { HistoryItem } from './world.ts'

export { isDemoEvent } from '@surety/pod-customer-ops/demo'

/** A history that comes with Surety; sources, licences and the rules for dates are in data/README.md. */
export interface Demo {
  readonly file: DemoFile
  /** In data/leads. */
  readonly path: string
  readonly title: string
  /** Of the rows, in a sentence. */
  readonly words: string
  /** How long after its row an outcome is known. */
  readonly delayMs: number
  /** Only the yes are ever reported: so many days of silence settle the rest (OUTCOME_WINDOW_DAYS). null: everything is reported. */
  readonly silenceDays: number | null
  /** Settings of the demo tenant beside its attributes. */
  readonly settings: { readonly [name: string]: { readonly [field: string]: unknown } }
  readonly warnings: readonly string[]
  /** What a case costs a person who is asked. */
  readonly minutesPerCase: number
}

const dayMs = 86_400_000

export const demos = {
  shop: {
    file: shopFile,
    path: 'online-shoppers-intention.csv.gz',
    title: 'Visitors of a web shop (demo)',
    words: 'real sessions of a web shop, as leads: who will buy?',
    delayMs: dayMs,
    silenceDays: 1,
    settings: {
      policy: { threshold: 0.5 },
      autonomy: {
        actions: { start_followup: { alpha: 0.1 }, skip_followup: { alpha: 0.08, audit_rate: 0.05 } },
      },
    },
    warnings: [
      'The months of the file are mixed, so they are an attribute and no date: its rows keep their order and lie evenly over a year. Only purchases were reported, a virtual day after the session; of whom nothing was heard by then silence said no (OUTCOME_WINDOW_DAYS 1).',
    ],
    minutesPerCase: 3,
  },
  bank: {
    file: bankFile,
    path: 'bank-additional-full.csv.gz',
    title: 'Bank telemarketing leads (demo)',
    words: 'real calls of a bank, May 2008 to November 2010, as leads.',
    delayMs: 7 * dayMs,
    silenceDays: null,
    settings: {},
    warnings: [
      'The file names month and weekday of each call; day and year follow from their order (data/README.md). Outcomes came 7 virtual days after the call.',
      'The column duration is known only after the call and was left out.',
    ],
    minutesPerCase: 5,
  },
} as const satisfies { readonly [name: string]: Demo }

export interface DemoHistory {
  readonly items: readonly HistoryItem[]
  /** What became of the columns of the file. */
  readonly columns: ReportInput['columns']
}

/** Its rows: asked at their moment, answered later or, where only the yes are reported, never. Never shuffled. */
export async function demoHistory({ file, path, delayMs, silenceDays }: Demo, tenant: string): Promise<DemoHistory> {
  const rows: (readonly string[])[] = []
  let header: readonly string[] = []
  for await (const chunk of readCsv(join(import.meta.dirname, '../../../../data/leads', path))) {
    header = chunk.header
    for (const row of chunk.rows) rows.push(row)
  }
  const items = demoCases(file, header, rows).map(
    ({ at, caseId, eventId, isYes, asks, answers }, index): HistoryItem => ({
      at: at.getTime(),
      row: index + 1,
      answerAt: at.getTime() + delayMs,
      ask: { tenant, ...asks, eventId, caseId },
      answer:
        silenceDays !== null && !isYes ? null : { tenant, ...answers, eventId: `outcome-${eventId}`, quality: 'human' },
    }),
  )
  const column = (name: string): readonly string[] => {
    const place = header.indexOf(name)
    return rows.map(row => row[place] ?? '')
  }
  return { items, columns: header.map(name => describe(file, name, column(name))) }
}

function describe(file: DemoFile, name: string, values: readonly string[]): ReportInput['columns'][number] {
  const kind = file.attributes.find(spec => spec.name === name.replaceAll('.', '_'))?.kind
  const different = new Set(values)
  return {
    name,
    kind: kind ?? (name === file.answer ? 'boolean' : 'numeric'),
    role: kind !== undefined ? 'feature' : name === file.answer ? 'label' : 'known_later',
    missingShare: 0,
    distinct: different.size,
    examples: [...different].slice(0, 3),
  }
}
