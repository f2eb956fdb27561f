import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { heating } from '../../../../tests/thermostats/pod.ts'
import { auditOf } from '../store/audit.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { entities } from './entities.ts'
import { entityStore } from './open-entities.ts'

const database = await openTestDatabase({ poolSize: 1 })
const folder = await mkdtemp(join(tmpdir(), 'surety-entities-'))
after(async () => {
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
let clock = Date.parse('2026-03-01T10:00:00Z')
const pods = [heating]
const store = entityStore({ db: database.db, now: () => new Date(clock), audit: auditOf(), pods })

async function run(...args: readonly string[]) {
  const said = { out: [] as string[], err: [] as string[], file: '' }
  const code = await entities(args, {
    open: async () => ({ ...store, [Symbol.asyncDispose]: async () => {} }),
    out: line => said.out.push(line),
    err: line => said.err.push(line),
    write: piece => {
      said.file += piece
    },
  })
  return { code, ...said, err: said.err.join('\n'), answers: () => said.out.map(line => JSON.parse(line)) }
}
async function saved(name: string, text: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}
const place = ['--kind', 'thermostat', '--tenant', 'acme']

test('a file is tried, imported, listed, shown with its history, and exported as it can be imported again', async () => {
  const path = await saved('a.csv', '\ufeffcode,room,target\nT1,kitchen,21\nT2,hall,19\n')
  const dry = await run('import', path, ...place, '--dry-run')
  assert.deepEqual(
    [dry.code, dry.err],
    [0, 'Nothing was written. It would be: 2 created, 0 changed, 0 ended, 0 unchanged, 0 refused.'],
  )
  assert.deepEqual((await run('list', ...place)).out, [])
  const done = await run('import', path, ...place)
  assert.deepEqual([done.code, done.answers()[0].created], [0, 2])
  clock += 3_600_000
  const again = await run('import', path, ...place)
  assert.match(again.err, /0 created, 0 changed, 0 ended, 2 unchanged/)
  await run('import', await saved('b.csv', 'code,room,target\nT1,kitchen,22\n'), ...place)
  const listed = (await run('list', ...place)).answers()
  assert.deepEqual(
    listed.map(one => [one.id, one.value.target]),
    [
      ['T1', 22],
      ['T2', 19],
    ],
  )
  const [shown] = (await run('show', 'T1', ...place, '--as-of', '2026-03-01T10:30:00Z')).answers()
  assert.equal(shown.value.target, 21)
  const history = (await run('show', 'T1', ...place, '--history')).answers()
  assert.deepEqual(
    history.map(one => [one.version, one.actor]),
    [
      [2, 'key:cli'],
      [1, 'key:cli'],
    ],
  )
  const { file } = await run('export', ...place)
  assert.equal(
    file,
    'code,room,target,active,floor,kind,tags,fitted,plan,ends\r\nT1,kitchen,22,,,,,,,\r\nT2,hall,19,,,,,,,\r\n',
  )
})

test('what is wrong with a file is said by row and column, and the exit code says that nothing was written', async () => {
  const path = await saved('wrong.csv', 'code,room,target\nT3,attic,hot\nT4,attic,20\n')
  const refused = await run('import', path, ...place)
  assert.equal(refused.code, 3)
  assert.equal(refused.err, '1 of 2 rows are wrong; nothing was imported.\nrow 1, target: must be a number')
  const partial = await run('import', path, ...place, '--partial')
  assert.equal(partial.code, 4)
  assert.match(partial.err, /row 1, target: must be a number\n1 created/)
  assert.equal((await run('show', 'T4', ...place)).code, 0)
  const latin = await run(
    'import',
    await saved('latin.csv', Buffer.from('code,room,target\nT5,k\xfcche,20\n', 'latin1')),
    ...place,
  )
  assert.deepEqual([latin.code, /not UTF-8/.test(latin.err)], [3, true])
  const many = await run('import', await saved('many.csv', `code,room,target\n${'x,y,z\n'.repeat(30)}`), ...place)
  assert.match(many.err, /and 10 more are listed/)
  assert.equal((await run('import', join(folder, 'none.csv'), ...place)).code, 1)
})

test('what is left out or unknown is said in a sentence', async () => {
  assert.equal((await run('--help')).code, 0)
  for (const [args, said] of [
    [[], /There is no "entities "/],
    [['erase', ...place], /There is no "entities erase"/],
    [['toString', ...place], /There is no "entities toString"/],
    [['import', ...place], /FILE is needed/],
    [['show', ...place], /ID is needed/],
    [['list', '--kind', 'thermostat'], /--kind and --tenant are needed/],
  ] as const) {
    const { code, err } = await run(...args)
    assert.equal(code, 2)
    assert.match(err, said)
  }
  const unknown = await run('list', '--kind', 'boiler', '--tenant', 'acme')
  assert.deepEqual([unknown.code, unknown.err], [3, 'There is no such kind; there are thermostat, visit.'])
  assert.deepEqual(
    (await run('kinds')).answers().map(one => one.kind),
    ['thermostat', 'visit'],
  )
})
