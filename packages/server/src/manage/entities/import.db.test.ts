import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { rowCutter } from '../../csv/csv-rows.ts'
import { lastEntityChange } from '../../store/entity-changes.ts'
import { openEntityDoor } from './testing/entity-door.ts'

let clock = Date.parse('2026-03-10T12:00:00Z')
const hours = (n: number): number => n * 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()
const door = await openEntityDoor(() => new Date(clock))
after(() => door[Symbol.asyncDispose]())
const { send, get, file } = door
const path = '/v1/entities/thermostat'

const counts = ({ created, changed, unchanged, ended, refused }: { [name: string]: number }) => ({
  created,
  changed,
  unchanged,
  ended,
  refused,
})
const none = { created: 0, changed: 0, unchanged: 0, ended: 0, refused: 0 }
const lastChange = () =>
  door.db.read(['acme'], async reader => (await lastEntityChange(reader, 'acme', 'heating')).change)

test('a file adds and changes, and the same file again changes nothing and says so', async () => {
  const text =
    'code,room,target,tags,fitted,active\r\nA1,kitchen,21,"old;north",2026-03-01T10:00:00+02:00,true\r\nA2,"hall, east",19.5,,,\r\n'
  const dry = await file(text, '?dry_run=true')
  assert.deepEqual([dry.status, counts(dry.data), dry.data.change], [200, { ...none, created: 2 }, null])
  assert.equal((await get(`${path}/A1`)).status, 404)
  const first = await file(text)
  assert.deepEqual([first.data.rows, counts(first.data), first.data.change], [2, { ...none, created: 2 }, 1])
  assert.deepEqual((await get(`${path}/A1`)).data.value, {
    code: 'A1',
    room: 'kitchen',
    target: 21,
    tags: ['old', 'north'],
    fitted: '2026-03-01T08:00:00.000Z',
    active: true,
  })
  assert.equal((await get(`${path}/A1`)).data.effective_from, null, 'what is new was always so')
  clock += hours(1)
  const again = await file(text)
  assert.deepEqual([counts(again.data), again.data.change], [{ ...none, unchanged: 2 }, null])
  assert.equal(await lastChange(), 1)
  const third = await file(text.replace('19.5', '18'))
  assert.deepEqual(counts(third.data), { ...none, changed: 1, unchanged: 1 })
  const { value, effective_from } = (await get(`${path}/A2`)).data
  assert.deepEqual([value.target, effective_from], [18, iso(clock)])
})

test('every mistake is named by row and column with what is wanted; nothing is imported, or with partial the rest', async () => {
  const text = [
    'code;room;target;floor;kind;plan;fitted;active;colour',
    'B1;kitchen;21;1;floor;;;;red',
    'B2;;warm;1.5;oven;{;10.3.2026;yes;',
    'B3;kitchen;99;;;;;;',
    'B1;hall;20;;;;;;',
    'B4;hall;20',
    ';hall;20;;;;;;',
  ].join('\n')
  const before = await lastChange()
  const refused = await file(text)
  assert.deepEqual([refused.status, refused.body.code], [422, 'import_refused'])
  assert.equal(refused.body.detail, '5 of 6 rows are wrong; nothing was imported.')
  const shown = refused.body.errors.map((one: { path: string; message: string }) => `${one.path} ${one.message}`)
  assert.deepEqual(shown, [
    'rows.2.room is required: a text',
    'rows.2.target must be a number',
    'rows.2.floor must be a whole number',
    'rows.2.kind must be one of radiator, floor',
    'rows.2.plan must be JSON',
    'rows.2.fitted must be a time such as 2026-03-10T12:00:00Z, from 1970 to 2100',
    'rows.2.active must be true or false',
    'rows.3.target must be <= 30',
    'rows.4.code names the same entity as row 1',
    'rows.5 has 3 cells where the header has 9',
    'rows.6.code is required: a text',
  ])
  assert.equal(await lastChange(), before)
  const dry = await file(text, '?dry_run=true')
  assert.deepEqual([dry.status, counts(dry.data)], [200, { ...none, created: 1, refused: 5 }])
  assert.deepEqual(dry.data.errors[1], { row: 2, column: 'target', code: 'type', message: 'must be a number' })
  const partial = await file(text, '?partial=true')
  assert.deepEqual(
    [partial.status, counts(partial.data), partial.data.ignored],
    [200, { ...none, created: 1, refused: 5 }, ['colour']],
  )
  assert.equal((await get(`${path}/B1`)).data.value.room, 'kitchen')
})

test('at most a thousand mistakes are listed, and how many more there are is said', async () => {
  const rows = Array.from({ length: 1500 }, (_, n) => `C${n},kitchen,hot`)
  const refused = await file(['code,room,target', ...rows].join('\n'))
  assert.equal(refused.body.errors.length, 1000)
  assert.match(refused.body.detail, /1500 of 1500 rows.*The first 1000 mistakes are listed, and 500 more/)
})

test('a file that is none is refused in a sentence', async () => {
  for (const [text, said] of [
    ['', /file is empty/],
    ['\n\n', /header line is needed/],
    ['code,room\nD1,x\n', /header of the file is wrong/],
    ['code,room,target,code\nD1,x,20,D1\n', /header of the file is wrong/],
    ['code,room,target\nD1,"x,20\n', /a quote is opened and never closed/],
    [`code,room,target\n${'D1,x,20\n'.repeat(50_001)}`, /50001 rows; 50000 at a time/],
  ] as const) {
    const { status, body } = await file(text)
    assert.equal(status, 422)
    assert.match(body.detail, said)
  }
  const header = await file('code,code\n1,1\n')
  assert.deepEqual(
    header.body.errors.map((one: { path: string }) => one.path),
    ['rows.0.code', 'rows.0.room', 'rows.0.target'],
  )
  assert.equal((await send('POST', `${path}/import`, { code: 1 })).body.code, 'unsupported_type')
  assert.equal((await send('POST', path, 'code\n', { csv: true })).body.code, 'unsupported_type')
  assert.equal((await file(`code,room,target\nD1,x,20\n${' '.repeat(10 * 1024 * 1024)}`)).status, 413)
  const nul = await file('code,room,target\nD1,x\0,20\n')
  assert.equal(nul.status, 422)
})

test('what no JSON may hold is a mistake of its row, in a cell too', async () => {
  const deep = '['.repeat(5000) + ']'.repeat(5000)
  for (const plan of ['[{""hour"":1,""target"":1e999}]', '[{""__proto__"":1}]', deep, 'nul']) {
    const cell = plan === 'nul' ? '[{""hour"":1,""target"":1,""x"":""a\\u0000""}]' : plan
    const { status, body } = await file(`code,room,target,plan\nJ1,r,20,"${cell}"\n`)
    assert.deepEqual([status, body.errors?.length], [422, 1], plan.slice(0, 40))
  }
  for (const room of ['\ud800', 'a\\u0000b'])
    assert.equal((await send('POST', path, { value: { code: `J${room.length}`, room, target: 20 } })).status, 200)
})

test('an end comes by the column ends; what the file does not name stays as it is', async () => {
  await file('code,room,target\nE1,a,20\nE2,b,20\nE3,c,20\n')
  clock += hours(1)
  const end = iso(clock + hours(24))
  const ended = await file(`code,room,target,ends\nE1,a,20,${end}\nE2,b,21,${iso(clock - hours(1))}\n`)
  assert.deepEqual(counts(ended.data), { ...none, ended: 2 })
  assert.equal((await get(`${path}/E1?as_of=${iso(clock + hours(23))}`)).status, 200)
  assert.equal((await get(`${path}/E1?as_of=${end}`)).status, 404)
  assert.equal((await get(`${path}/E2`)).status, 404)
  assert.equal((await get(`${path}/E3`)).status, 200)
  const same = await file(`code,room,target,ends\nE1,a,20,${end}\nE2,b,21,${iso(clock - hours(1))}\n`)
  assert.deepEqual(counts(same.data), { ...none, unchanged: 2 })
  const silent = await file('code,room,target\nE1,a,20\n')
  assert.deepEqual(counts(silent.data), { ...none, unchanged: 1 }, 'a file without the column says nothing of ends')
  const later = await file(`code,room,target,ends\nE1,a,20,${iso(clock + hours(48))}\n`)
  assert.deepEqual(counts(later.data), { ...none, changed: 1 })
  assert.equal((await get(`${path}/E1?as_of=${end}`)).status, 200)
  const never = await file('code,room,target,ends\nE1,a,20,\n')
  assert.deepEqual(counts(never.data), { ...none, changed: 1 })
  assert.equal((await get(`${path}/E1?as_of=${iso(clock + hours(99))}`)).status, 200)
  const back = await file('code,room,target\nE2,b,22\n')
  assert.deepEqual(counts(back.data), { ...none, changed: 1 })
  assert.equal((await get(`${path}/E2`)).data.value.target, 22)
  assert.equal((await file('code,room,target,ends\nE2,b,22,soon\n')).body.errors[0].path, 'rows.1.ends')
})

test('an optional column that the file lacks leaves its field; a time from which it holds may be named', async () => {
  await file('code,room,target,floor,tags\nF1,a,20,3,x;y\n')
  clock += hours(1)
  const from = iso(clock - hours(500))
  await file('code,room,target\nF1,b,20\n', `?effective_from=${from}`)
  assert.deepEqual((await get(`${path}/F1`)).data.value, {
    code: 'F1',
    room: 'b',
    target: 20,
    floor: 3,
    tags: ['x', 'y'],
    fitted: null,
  })
  assert.equal((await get(`${path}/F1?as_of=${iso(clock - hours(501))}`)).data.value.room, 'a')
  await file('code,room,target,floor\nF1,b,20,\n')
  assert.equal(Object.hasOwn((await get(`${path}/F1`)).data.value, 'floor'), false, 'an empty cell is no field')
})

test('what is exported is imported again as it was, and no cell of it runs as a formula', async () => {
  const tricky = [
    '=1+1',
    "'=1",
    "''@x",
    '+49 30',
    '-',
    'a;b',
    ' x ',
    '"quoted"',
    'two\nlines',
    '[1]',
    'ä',
    "'plain",
    '=',
    '{',
  ]
  const text = fc.oneof(fc.constantFrom(...tricky), fc.string({ minLength: 1, maxLength: 8 }))
  const value = fc.record(
    {
      room: text.filter(one => one.trim() !== '' && !one.includes('\0')),
      target: fc.double({ min: 5, max: 30, noNaN: true }),
      tags: fc.array(
        text.filter(one => !one.includes('\0')),
        { maxLength: 3 },
      ),
      fitted: fc.option(
        fc
          .date({ min: new Date('2000-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
          .map(at => at.toISOString()),
      ),
      floor: fc.integer({ min: -9, max: 9 }),
      active: fc.boolean(),
      plan: fc.array(fc.record({ hour: fc.integer(), target: fc.double({ noNaN: true, noDefaultInfinity: true }) }), {
        maxLength: 2,
      }),
    },
    { requiredKeys: ['room', 'target', 'tags'] },
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async values => {
      const tenant = `export${run++}`
      const asked = { tenant }
      for (const [n, one] of values.entries()) {
        const made = await send('POST', path, { value: { ...one, code: `${n % 2 === 0 ? '=' : ''}G${n}` } }, asked)
        assert.equal(made.status, 200, made.text)
      }
      await send(
        'DELETE',
        `${path}/${encodeURIComponent('=G0')}?reason=x&effective_from=${iso(clock + hours(5))}`,
        undefined,
        asked,
      )
      const { text } = await get(`${path}/export.csv`, asked)
      const cells = rowCutter(',', 1_000_000, String).push(text, true).flat()
      for (const cell of cells) assert.doesNotMatch(cell, /^[=@\t\r]|^[+-](?!\d)/)
      const same = await send('POST', `${path}/import`, text, { ...asked, csv: true })
      assert.deepEqual(counts(same.data), { ...none, unchanged: values.length }, text)
      const other = { tenant: `${tenant}copy` }
      await send('POST', `${path}/import`, text, { ...other, csv: true })
      const [here, there] = [await get(path, asked), await get(path, other)]
      assert.deepEqual(
        there.data.items,
        here.data.items.map((item: { version: number }) => ({ ...item, version: 1 })),
      )
    }),
    { numRuns: 40 },
  )
})

test('two imports at once are one after the other, and a change of one entity beside them is not lost', async () => {
  const text = (target: number) =>
    `code,room,target\n${Array.from({ length: 300 }, (_, n) => `H${n},r,${target}`).join('\n')}`
  await file(text(10))
  const before = await lastChange()
  clock += hours(1)
  const [first, second] = await Promise.all([file(text(11)), file(text(12))])
  assert.deepEqual([first.data.changed, second.data.changed], [300, 300])
  assert.deepEqual([first.data.change, second.data.change].toSorted(), [before + 1, before + 2])
  const targets = new Set(
    (await get(`${path}?limit=500`)).data.items
      .filter((one: { id: string }) => one.id.startsWith('H'))
      .map((one: { value: { target: number } }) => one.value.target),
  )
  assert.equal(targets.size, 1)
})
