// npm run schema:generate writes what the migrations make of an empty database, as text; with --check, compares. The file
// shows in a review what a migration changes, and holds the frozen ones to what they were.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase, schemaName } from '../packages/server/src/store/db.ts'
import { describeSchema } from '../packages/server/src/store/describe-schema.ts'
import { startEmbedded } from '../packages/server/src/store/embedded/start.ts'
import { migrate } from '../packages/server/src/store/migrate.ts'

const path = fileURLToPath(new URL('../packages/server/src/store/schema.snapshot.txt', import.meta.url))
const shown = 'packages/server/src/store/schema.snapshot.txt'
const text = await migratedSchema()
if (!process.argv.includes('--check')) {
  await writeFile(path, text)
  console.log(`${shown} is written`)
} else {
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (kept === text) console.log(`${shown} is what the migrations make`)
  else {
    console.error(`${shown} is not what the migrations make of an empty database. First differences:`)
    for (const line of differences(kept, text)) console.error(line)
    console.error('After adding a migration, or a rebase onto one: run "npm run schema:generate" and commit the file.')
    process.exitCode = 1
  }
}

async function migratedSchema(): Promise<string> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-schema-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const server = stack.use(await startEmbedded({ dataDir }))
  const { role } = await migrate(server.admin)
  const db = stack.use(openDatabase(server.admin, role, 1))
  return db.transaction([], handle => describeSchema(handle, schemaName))
}

/** Lines that only one of both has, with a sign for which: `-` only the file, `+` only the database. */
function differences(kept: string, made: string): readonly string[] {
  const [before, after] = [kept.split('\n'), made.split('\n')]
  const gone = before.filter(line => !after.includes(line)).map(line => `- ${line}`)
  const come = after.filter(line => !before.includes(line)).map(line => `+ ${line}`)
  const all = [...gone, ...come]
  return all.length === 0 ? ['(the same lines in another order)'] : all.slice(0, 20)
}
