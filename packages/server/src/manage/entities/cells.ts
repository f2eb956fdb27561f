import { type CellForm, type EntityColumn, type Json, readGivenTime } from '@surety/contract'
import { trapIn } from '../../request/traps.ts'

/** What a cell holds: a value, nothing, or something that its column cannot hold. */
export type CellValue = { readonly value: unknown } | 'empty' | 'wrong'

type Word = Exclude<CellForm['form'], 'list' | 'json'>

/** A spreadsheet runs a text that begins so; an export puts a quote before it, and before one that has quotes and then this. */
const armed = /^'*[=+\-@\t\r]/
const quoted = /^'+[=+\-@\t\r]/

/** The value of one cell as the fields of a row hold it; the row is checked against its schema afterwards. */
export function readCell({ cell }: EntityColumn, written: string): CellValue {
  const text = (quoted.test(written) ? written.slice(1) : written).trim()
  if (text === '') return 'empty'
  if (cell.form === 'json') return readJson(text)
  if (cell.form !== 'list') return readWord(cell.form, text)
  if (text.startsWith('[')) return readJson(text)
  const items = text
    .split(';')
    .map(item => item.trim())
    .filter(item => item !== '')
    .map(item => readWord(cell.of, item))
  const values = items.flatMap(item => (typeof item === 'string' ? [] : [item.value]))
  return values.length === items.length ? { value: values } : 'wrong'
}

function readWord(form: Word, text: string): CellValue {
  if (form === 'text') return { value: text }
  if (form === 'boolean') {
    const word = text.toLowerCase()
    return word === 'true' || word === 'false' ? { value: word === 'true' } : 'wrong'
  }
  if (form === 'time') {
    const at = readGivenTime(text)
    return at instanceof Date ? { value: at.toISOString() } : 'wrong'
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text)) return 'wrong'
  const value = Number(text)
  return Number.isFinite(value) && (form === 'number' || Number.isSafeInteger(value)) ? { value } : 'wrong'
}

function readJson(text: string): CellValue {
  try {
    const value: unknown = JSON.parse(text)
    return trapIn(value) === null ? { value } : 'wrong'
  } catch {
    return 'wrong'
  }
}

/** The cell that `readCell` reads as this value; `csvLine` quotes it. */
export function writeCell({ cell }: EntityColumn, value: Json | undefined): string | number | boolean | null {
  if (value === undefined || value === null) return null
  if (cell.form === 'json' || typeof value === 'object')
    return withQuote(listText(cell, value) ?? JSON.stringify(value))
  return typeof value === 'string' ? withQuote(value) : value
}

/** null: it is no list of words, or one of them would be read as several. */
function listText(cell: CellForm, value: Json): string | null {
  if (cell.form !== 'list' || !Array.isArray(value)) return null
  const items = value.map(String)
  const plain = items.every(item => item !== '' && item === item.trim() && !item.includes(';'))
  const text = items.join(';')
  return plain && !text.startsWith('[') && !armed.test(text) ? text : null
}

/** One quote is put before what begins like a formula by the writer of the file; where there are quotes already, here. */
const withQuote = (text: string): string => (quoted.test(text) ? `'${text}` : text)
