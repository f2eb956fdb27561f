// The table of arrows and the other rules of the house, each with a seeded violation that proves that it can fail.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as rules from './architecture/rules.ts'
import { readSources, type SourceFile, sourceFile } from './architecture/source-file.ts'

const sources = readSources()

interface Case {
  readonly title: string
  readonly rule: rules.Rule
  /** Files that break the rule, and a piece of what it then says. */
  readonly seeded: readonly (readonly [files: readonly SourceFile[], says: string])[]
}

const inServer = (path: string, text: string) => sourceFile(`packages/server/src/${path}`, text)
const one = (path: string, text: string, says: string) => [[sourceFile(path, text)], says] as const
const oneInServer = (path: string, text: string, says: string) => [[inServer(path, text)], says] as const

const cases: readonly Case[] = [
  {
    title: 'every file has a zone in the table of arrows',
    rule: rules.everyFileHasAZone,
    seeded: [oneInServer('attic/box.ts', '', 'in no zone')],
  },
  {
    title: 'imports point only along the arrows of the table',
    rule: rules.arrowsPointOneWay,
    seeded: [
      one('packages/stats/src/seeded.ts', `import { readFileSync } from 'node:fs'\n`, 'may not use node:fs'),
      one('packages/stats/src/seeded.ts', `import { problems } from '@surety/contract'\n`, 'may not import contract'),
      one('packages/contract/src/seeded.ts', `import { wilson } from '@surety/stats'\n`, 'may not import stats'),
      one('packages/console/src/seeded.ts', `import { auc } from '@surety/stats'\n`, 'may not import stats'),
      one(
        'pods/table/src/seeded.ts',
        `import { pod } from '@surety/pod-customer-ops'\n`,
        'may not import pods/customer',
      ),
      one('pods/table/src/seeded.ts', `import { connect } from 'node:net'\n`, 'may not use node:net'),
      oneInServer('config/seeded.ts', `import { now } from '../pipeline/now.ts'\n`, 'config may not import line'),
      oneInServer('store/seeded.ts', `import { now } from '../pipeline/now.ts'\n`, 'store may not import line'),
      oneInServer('pipeline/decide.ts', `import { openDatabase } from '../store/db.ts'\n`, 'may not import store'),
      oneInServer('pipeline/score/seeded.ts', `import { decide } from '../decide.ts'\n`, 'may not import decide'),
      oneInServer('pipeline/features.ts', `import pg from 'pg'\n`, 'may not use the package pg'),
      oneInServer('pipeline/record.ts', `import {\n  ingest,\n} from './ingest.ts'\n`, 'record may not import ingest'),
      oneInServer('pipeline/now.ts', `export { http } from '../transport/http/http.ts'\n`, 'may not import transport'),
      oneInServer(
        'transport/http/seeded.ts',
        `import { openDatabase } from '../../store/db.ts'\n`,
        'may not import store',
      ),
      oneInServer(
        'transport/http/seeded.ts',
        `import type { Intake } from '../../pipeline/intake.ts'\n`,
        'may not import line',
      ),
      oneInServer(
        'transport/http/seeded.ts',
        `import { x } from '../../manage/keys/keys.ts'\n`,
        'may not import manage/keys',
      ),
      oneInServer(
        'transport/http/seeded.ts',
        `import { door } from '../mqtt/door.ts'\n`,
        'may not import transport/mqtt',
      ),
      oneInServer(
        'manage/keys/seeded.ts',
        `import { audit } from '../audit/audit.ts'\n`,
        'may not import manage/audit',
      ),
      oneInServer('manage/keys/seeded.ts', `const m = await import('../../model/gate.ts')\n`, 'may not import model'),
      oneInServer(
        'runtime/seeded.ts',
        `import { learn } from '../pipeline/learn.ts'\n`,
        'runtime may not import learn',
      ),
      oneInServer('commands/seeded.ts', `import { openDatabase } from '../store/db.ts'\n`, 'may not import store'),
      oneInServer('store/seeded.ts', `import { createRedactor } from '@surety/pii'\n`, 'store may not import pii'),
      oneInServer('store/seeded.ts', `import { x } from './test-database.ts'\n`, 'for tests only'),
    ],
  },
  {
    title: 'a package is entered by its name, never by a path into it',
    rule: rules.packagesAreEnteredByTheDoor,
    seeded: [oneInServer('pipeline/score.ts', `import { x } from '../../../stats/src/rng.ts'\n`, 'by path')],
  },
  {
    title: 'imports make no circles at run time',
    rule: rules.noCircles,
    seeded: [
      [
        [inServer('csv/a.ts', `import { b } from './b.ts'\n`), inServer('csv/b.ts', `import { a } from './a.ts'\n`)],
        'csv/a.ts -> packages/server/src/csv/b.ts -> packages/server/src/csv/a.ts',
      ],
    ],
  },
  {
    title: 'names say what a file or folder holds',
    rule: rules.namesSayWhatTheyHold,
    seeded: [
      oneInServer('utils/dates.ts', '', '"utils"'),
      oneInServer('shared/dates.ts', '', '"shared"'),
      oneInServer('csv/common.ts', '', '"common.ts"'),
      oneInServer('csv/row-helpers.ts', '', '"row-helpers.ts"'),
      oneInServer('csv/readCsv.ts', '', 'kebab-case'),
    ],
  },
  {
    title: 'a package has one index and no other file passes everything on',
    rule: rules.oneIndexAPackage,
    seeded: [
      oneInServer('store/index.ts', '', 'may have an index'),
      oneInServer('store/all.ts', `export * from './db.ts'\n`, 'export *'),
    ],
  },
  {
    title: 'exports have names',
    rule: rules.namedExportsOnly,
    seeded: [
      oneInServer('csv/seeded.ts', 'export default function read() {}\n', 'default export'),
      oneInServer('csv/seeded.ts', 'function read() {}\nexport { read as default }\n', 'default export'),
    ],
  },
  {
    title: 'the environment is read in one place',
    rule: rules.environmentIsReadOnce,
    seeded: [oneInServer('store/seeded.ts', `const url = process.env['DATABASE_URL']\n`, 'reads the environment')],
  },
  {
    title: 'clock and chance are handed in',
    rule: rules.clockAndChanceAreHandedIn,
    seeded: [
      oneInServer('pipeline/decide.ts', 'const at = Date.now()\n', 'wall clock'),
      oneInServer('pipeline/decide.ts', 'const at = new Date()\n', 'wall clock'),
      one('pods/table/src/seeded.ts', 'const draw = Math.random()\n', 'wall clock'),
    ],
  },
  {
    title: 'times come in by one parser',
    rule: rules.timesComeInByOneParser,
    seeded: [
      oneInServer('manage/keys/seeded.ts', 'const at = Date.parse(body.at)\n', 'readGivenTime'),
      one('pods/table/src/seeded.ts', 'const at = Date.parse(value)\n', 'readGivenTime'),
    ],
  },
  {
    title: 'shared code never asks which pod it is',
    rule: rules.sharedCodeNeverAsksWhichPod,
    seeded: [oneInServer('pipeline/decide.ts', `if (pod.name === 'customer-ops') act()\n`, 'names a pod')],
  },
  {
    title: 'no shared file names the third pod, not even a word of it',
    rule: rules.nobodyKnowsTheThirdPod,
    seeded: [
      oneInServer('pipeline/decide.ts', `if (kind === 'thermostat.reading') act()\n`, 'names the pod of tests'),
      one('packages/contract/src/seeded.ts', 'export const coldHeating = 1\n', 'names the pod of tests'),
    ],
  },
  {
    title: 'nothing is exported that nobody reads',
    rule: rules.nothingIsExportedForNobody,
    seeded: [oneInServer('csv/seeded.ts', 'export const forNobodyAtAll = 1\n', 'exports forNobodyAtAll')],
  },
  {
    title: 'statements of SQL stand in store/ and nowhere else',
    rule: rules.sqlLivesInTheStore,
    seeded: [
      oneInServer('manage/keys/seeded.ts', 'db.query(`select key_id from api_keys`)\n', '1 statements of SQL'),
      oneInServer('app/seeded.ts', "db.query('insert into tenants values ($1)')\n", '1 statements of SQL'),
      oneInServer('pipeline/learn/seeded.ts', 'const text = `\n  with page as (select 1) select`\n', '1 statements'),
      oneInServer('commands/seeded.ts', "client.query('listen surety_models')\n", '1 statements of SQL'),
    ],
  },
  {
    title: 'the loss of a connection is heard, whoever opened it',
    rule: rules.connectionsOfTheirOwnAreHeard,
    seeded: [oneInServer('store/seeded.ts', 'const client = new pg.Client(config)\n', 'call ownClient')],
  },
  {
    title: 'the database is asked by store/ and by nobody else',
    rule: rules.onlyTheStoreAsks,
    seeded: [
      oneInServer('manage/keys/seeded.ts', 'await db.query(texts.newest, [tenant])\n', 'asks the database itself'),
      oneInServer('app/seeded.ts', "db.query<Row>('truncate api_keys')\n", 'asks the database itself'),
    ],
  },
  {
    title: 'in tests every answer of a service is held to the schema of its route',
    rule: rules.answersAreChecked,
    seeded: [
      oneInServer(
        'seeded.e2e.test.ts',
        'const app = await openApp(config)\nawait app.listen()\n',
        'hand checkAnswer in',
      ),
    ],
  },
  {
    title: 'no file is longer than 450 lines',
    rule: rules.filesStaySmall,
    seeded: [oneInServer('csv/long.ts', '// line\n'.repeat(451), '451 lines')],
  },
]

for (const { title, rule, seeded } of cases) {
  test(title, () => assert.deepEqual(rule(sources), []))

  test(`${title}: a seeded violation is found`, () => {
    for (const [files, says] of seeded) {
      const paths = new Set(files.map(file => file.path))
      const before = rule(sources.filter(file => !paths.has(file.path)))
      const found = rule([...sources.filter(file => !paths.has(file.path)), ...files]).filter(v => !before.includes(v))
      assert.equal(found.length, 1, `${files[0]?.path} (${says}): ${found.join('; ')}`)
      assert.match(found[0] ?? '', new RegExp(escaped(says)))
    }
  })
}

test('what the table allows is not a violation: types of the line for a slice, words in comments', () => {
  const fine = [
    inServer('manage/seeded/seeded.ts', `import type { Intake } from '../../pipeline/intake.ts'\n`),
    inServer('pipeline/decide.ts', '// never Date.now() here\n/** nor process.env */\n'),
    inServer('app/seeded.ts', `import { now } from '../pipeline/now.ts'\nconst at = new Date()\n`),
  ]
  for (const { rule } of cases) assert.deepEqual(rule(fine), [])
})

test('the sources were found, and half of the files are short', () => {
  const sizes = sources
    .filter(({ path }) => /^(packages|pods)\/.*\.tsx?$/.test(path) && !path.includes('.test.'))
    .map(({ text }) => rules.linesOf(text))
    .sort((a, b) => a - b)
  const at = (share: number) => sizes[Math.floor(share * (sizes.length - 1))] ?? 0
  console.log(
    `note: ${sizes.length} source files; half have at most ${at(0.5)} lines, nine in ten at most ${at(0.9)}, the longest ${at(1)}`,
  )
  assert.ok(sizes.length > 50)
})

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
