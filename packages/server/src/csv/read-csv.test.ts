import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { CsvErrorCode } from './csv-error.ts'
import { CsvError } from './csv-error.ts'
import { rowCutter } from './csv-rows.ts'
import { type CsvOptions, readCsv } from './read-csv.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-csv-'))
})
after(() => rm(folder, { recursive: true }))

let files = 0
async function fileOf(content: string | Buffer, suffix = '.csv'): Promise<string> {
  const path = join(folder, `${++files}${suffix}`)
  await writeFile(path, content)
  return path
}

async function read(content: string | Buffer, options: CsvOptions = {}, suffix = '.csv') {
  const path = await fileOf(content, suffix)
  const all: (readonly string[])[] = []
  let header: readonly string[] = []
  for await (const chunk of readCsv(path, options)) {
    assert.equal(chunk.firstRow, all.length + 1)
    assert.ok(chunk.rows.length <= 2000 && chunk.bytesRead <= chunk.bytesTotal)
    header = chunk.header
    all.push(...chunk.rows)
  }
  return { header, rows: all }
}

async function refused(
  content: string | Buffer,
  code: CsvErrorCode,
  sentence: RegExp,
  suffix = '.csv',
  options: CsvOptions = {},
) {
  await assert.rejects(read(content, options, suffix), (error: unknown) => {
    assert.ok(error instanceof CsvError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, sentence)
    return true
  })
}

test('a byte order mark, CRLF, CR and blank lines leave no trace', async () => {
  const expected = {
    header: ['a', 'b'],
    rows: [
      ['1', '2'],
      ['3', ''],
    ],
  }
  for (const end of ['\n', '\r\n', '\r']) {
    for (const tail of ['', end, end + end]) {
      assert.deepEqual(await read(`\ufeffa,b${end}1,2${end}${end}3,${tail}`), expected)
    }
  }
})

test('quotes hold delimiters, line ends and doubled quotes', async () => {
  assert.deepEqual(await read('"a",b\n"x,\r\ny","say ""hi"""\n"",""""\n'), {
    header: ['a', 'b'],
    rows: [
      ['x,\r\ny', 'say "hi"'],
      ['', '"'],
    ],
  })
})

test('the delimiter is found in the header, quotes respected, and can be given', async () => {
  for (const delimiter of [',', ';', '\t', '|']) {
    const { header } = await read(`"x,,,;;;\t\t\t|||y"${delimiter}b\n1${delimiter}2\n`)
    assert.deepEqual(header, ['x,,,;;;\t\t\t|||y', 'b'])
  }
  assert.deepEqual((await read('a,b;c\n1,2;3\n', { delimiter: ';' })).rows, [['1,2', '3']])
  assert.deepEqual((await read('only\n1\n')).rows, [['1']])
  assert.deepEqual((await read('5" pipe;"say ""b"""\n1;2\n')).header, ['5" pipe', 'say "b"'])
})

test('a column without a name gets its number', async () => {
  assert.deepEqual((await read(',b\n0,1\n')).header, ['column_1', 'b'])
})

test('packed and plain files give the same rows', async () => {
  const text = `a,b\n${Array.from({ length: 5001 }, (_, row) => `${row},"é${row}"`).join('\n')}\n`
  const plain = await read(text)
  assert.equal(plain.rows.length, 5001)
  assert.deepEqual(await read(gzipSync(text), {}, '.csv.gz'), plain)
})

test('a ragged row is refused with its number and both counts, also far into the file', async () => {
  await refused('a,b,c\n1,2,3\n1,2\n', 'csv.ragged_row', /^Row 2 has 2 fields where the header has 3\.$/)
  await refused(
    `a,b\n${'1,2\n'.repeat(80_000)}1,2,3\n`,
    'csv.ragged_row',
    /^Row 80001 has 3 fields where the header has 2\.$/,
  )
  await refused('a,b\n7\n', 'csv.ragged_row', /^Row 1 has 1 field where/)
})

test('an empty file, a blank one and a header alone are told apart', async () => {
  await refused('', 'csv.empty', /empty/)
  await refused('\ufeff\r\n\n', 'csv.empty', /empty/)
  await refused('a,b\n', 'csv.no_rows', /no rows/)
  await refused('a,b', 'csv.no_rows', /no rows/)
})

test('a column named twice is refused by name', () => refused('a,b, a\n1,2,3\n', 'csv.duplicate_column', /"a" twice/))

test('a quote that is never closed is refused with the row where it opens', () =>
  refused('a,b\n1,2\n3,"x\n4,5\n', 'csv.unclosed_quote', /^Row 2, b: a quote is opened/))

test('a file that is not UTF-8 is refused with the row', async () => {
  await refused(Buffer.from('a,b\n1,2\n3,é\n', 'latin1'), 'csv.not_utf8', /^Row 2 is not UTF-8: convert/)
  await refused(Buffer.from('name,é\n1,2\n', 'latin1'), 'csv.not_utf8', /^The header is not UTF-8/)
  await refused(Buffer.from('a,b\n1,2\n', 'utf16le'), 'csv.not_utf8', /^The header is not UTF-8/)
  await refused(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'csv.not_utf8', /^The header is not UTF-8/)
  const late = Buffer.concat([Buffer.from(`a,b\n${'1,ü\n'.repeat(100_000)}`), Buffer.from('3,é', 'latin1')])
  await refused(late, 'csv.not_utf8', /^Row 100001 is not UTF-8/)
})

test('a damaged or false gzip is refused', async () => {
  const packed = gzipSync(`a,b\n${Array.from({ length: 9000 }, (_, row) => `${row},${(row * 7919) % 977}`).join('\n')}`)
  await refused(packed.subarray(0, packed.length - 200), 'csv.bad_gzip', /stops before its end/, '.csv.gz')
  await refused('a,b\n1,2\n', 'csv.bad_gzip', /is not gzip/, '.csv.gz')
})

test('a missing file and a folder are refused', async () => {
  const first = async (path: string) => readCsv(path).next()
  await assert.rejects(first(join(folder, 'none.csv')), { code: 'csv.not_found' })
  await assert.rejects(first(folder), { code: 'csv.not_found' })
})

test('a value without end is refused before it fills the memory', async () => {
  await refused('x'.repeat(10_000_000), 'csv.field_too_long', /^The header line is longer than 1048576 bytes/)
  await refused(`a,b\n1,${'x'.repeat(10_000_000)}`, 'csv.field_too_long', /^Row 1, b: the value is longer/)
  await refused(`a,b\n1,"${'x,\n'.repeat(3_000_000)}`, 'csv.field_too_long', /^Row 1, b: .*is a quote not closed/)
  await refused('a,b\n1,ééééé\n', 'csv.field_too_long', /longer than 9 bytes/, '.csv', { maxFieldBytes: 9 })
  assert.equal((await read('a,b\n1,éééé\n', { maxFieldBytes: 9 })).rows.length, 1)
})

test('one row of ten million characters in short values is read', async () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `c${at}`).join(',')
  const { rows } = await read(`${names}\n${`${'x'.repeat(99)},`.repeat(99_999)}x\n`)
  assert.equal(rows[0]!.length, 100_000)
})

test('leaving early closes the file', async () => {
  const path = await fileOf(gzipSync(`a\n${'1\n'.repeat(100_000)}`), '.csv.gz')
  for await (const chunk of readCsv(path)) {
    assert.equal(chunk.rows.length, 2000)
    break
  }
  await rm(path)
})

test('rows do not depend on where the text is cut', () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' '), maxLength: 5 })
  const table = fc.array(fc.array(value, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(
      table,
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.array(fc.nat(60)),
      (rows, end, closed, cuts) => {
        const lines = rows.map(row =>
          row.map(field => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(','),
        )
        const text = lines.join(end) + (closed ? end : '')
        const cutter = rowCutter(',', 1000, field => `column ${field + 1}`)
        const places = [0, ...cuts.filter(cut => cut < text.length).sort((one, other) => one - other), text.length]
        const out = places.slice(1).flatMap((place, at) => [...cutter.push(text.slice(places[at], place), false)])
        out.push(...cutter.push('', true))
        assert.deepEqual(out, rows)
      },
    ),
    { numRuns: 500 },
  )
})
