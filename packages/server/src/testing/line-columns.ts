import { readdirSync } from 'node:fs'
import type { LineColumn } from '../store/table.ts'

type Encoder = LineColumn<unknown, unknown>
/** The parts of a column that a test replaces. */
interface Encodes {
  arrayOf: Encoder['arrayOf']
}

export interface LineColumnFound {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly encodes: Encodes
}

/** Every column that the line writes, of every table of the store: one that is added later is found as well. */
export async function lineColumnsOfStore(): Promise<readonly LineColumnFound[]> {
  const folder = new URL('../store/', import.meta.url)
  const files = readdirSync(folder).filter(file => file.endsWith('.ts') && !/test|main|describe/.test(file))
  const found = new Map<Encodes, LineColumnFound>()
  for (const file of files) {
    const exported: Record<string, unknown> = await import(new URL(file, folder).href)
    for (const of of Object.values(exported)) {
      if (!isTable(of)) continue
      for (const column of Object.values(of.of))
        if ('arrayOf' in column && !found.has(column))
          found.set(column, { table: of.name, name: column.name, type: column.type, encodes: column })
    }
  }
  return [...found.values()]
}

const isTable = (value: unknown): value is { readonly name: string; readonly of: Record<string, Encoder & Encodes> } =>
  typeof value === 'object' && value !== null && 'columns' in value && 'pick' in value && 'of' in value

/** Does `work` while the encoder of this column does not take rows of which `isBad`, and says how often it met one. */
export async function whileItThrows<Done>(
  { encodes }: LineColumnFound,
  isBad: (row: unknown) => boolean,
  work: () => Promise<Done>,
): Promise<{ readonly done: Done; readonly met: number }> {
  const { arrayOf } = encodes
  let met = 0
  encodes.arrayOf = rows => {
    if (!rows.some(isBad)) return arrayOf(rows)
    met++
    throw new RangeError('The value of "value" is out of range: Jane Doe')
  }
  try {
    return { done: await work(), met }
  } finally {
    encodes.arrayOf = arrayOf
  }
}

/** Does `work` while the values of this column are those of changed rows. */
export async function whileWrittenAs<Done>(
  { encodes }: LineColumnFound,
  change: (row: unknown) => unknown,
  work: () => Promise<Done>,
): Promise<Done> {
  const { arrayOf } = encodes
  encodes.arrayOf = rows => arrayOf(rows.map(change))
  try {
    return await work()
  } finally {
    encodes.arrayOf = arrayOf
  }
}
