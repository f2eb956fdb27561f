import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline/promises'

/** A line as it stands in the file: what is wrong with its values is judged later, so that the others can be kept. */
export interface FilePair {
  /** Line of the file, the header being the first. */
  readonly place: number
  readonly prediction: unknown
  readonly actual: unknown
}

/** A file that cannot be used as a whole. */
export class PredictionFileError extends Error {
  override name = 'PredictionFileError'
}

/**
 * Reads the columns `prediction` and `actual` of a file of numbers, separated by commas, semicolons or tabs. Empty lines
 * are passed over.
 * @throws PredictionFileError without these columns, or with more than `mostRows` rows
 */
export async function readPredictionFile(path: string, mostRows: number): Promise<readonly FilePair[]> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
  const pairs: FilePair[] = []
  let place = 0
  let header: Header | null = null
  for await (const line of lines) {
    place++
    if (line.trim() === '') continue
    if (header === null) {
      header = readHeader(line)
      continue
    }
    if (pairs.length === mostRows)
      throw new PredictionFileError(`The file has more than ${mostRows} rows; cut it down to the newest ones.`)
    const cells = line.split(header.delimiter).map(plain)
    const whole = cells.length === header.width
    pairs.push({
      place,
      prediction: whole ? cells[header.prediction] : undefined,
      actual: whole ? cells[header.actual] : undefined,
    })
  }
  if (header === null) throw new PredictionFileError('The file is empty: a header line prediction,actual is needed.')
  return pairs
}

interface Header {
  readonly delimiter: string
  readonly width: number
  readonly prediction: number
  readonly actual: number
}

function readHeader(line: string): Header {
  const text = line.replace(/^\uFEFF/, '')
  const delimiter = [',', ';', '\t'].find(one => text.includes(one)) ?? ','
  const names = text.split(delimiter).map(name => plain(name).toLowerCase())
  const [prediction, actual] = [names.indexOf('prediction'), names.indexOf('actual')]
  if (prediction < 0 || actual < 0)
    throw new PredictionFileError('The first line must name the columns prediction and actual.')
  return { delimiter, width: names.length, prediction, actual }
}

/** Without blanks and without quotes round it. */
const plain = (cell: string): string => cell.trim().replace(/^"(.*)"$/, '$1')
