// npm run drills [-- WORDS OF A NAME]: does what docs/drills.md says, on installations of its own, and writes the page with what was printed.
// Needs Linux, root (one drill mounts a small file system), curl, and the tools and a server of PostgreSQL (DATABASE_URL).
import { readFileSync, writeFileSync } from 'node:fs'
import { openDesk } from './drills/desk.ts'
import { type Drill, drills } from './drills/drills.ts'

const wanted = process.argv.slice(2).join(' ').toLowerCase()
const chosen = drills.filter(({ name }) => name.toLowerCase().includes(wanted))
const sections: string[] = []
let failed = 0
for (const drill of chosen)
  try {
    sections.push(await section(drill))
    console.log(`ok     ${drill.name}`)
  } catch (error) {
    failed++
    console.error(`FAILED ${drill.name}: ${error instanceof Error ? error.message : String(error)}`)
  }

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
if (failed > 0) process.exitCode = 1
else if (wanted === '' && chosen.length > 0) {
  writeFileSync('docs/drills.md', page(sections))
  console.log('Wrote docs/drills.md.')
} else console.log(sections.join('\n\n'))

async function section({ name, when, open = openDesk, run }: Drill): Promise<string> {
  await using desk = await open()
  await run(desk)
  return [`## ${name}`, '', `**When:** ${when}`, '', desk.markdown().trim()].join('\n').replaceAll(/\n{3,}/g, '\n\n')
}

function page(sections: readonly string[]): string {
  return [
    '<!-- Written by npm run drills. -->',
    '# Drills',
    '',
    'What to do when something is on fire, as it was really done: each of these ran against a service and a database of its own, and what is shown is what was printed',
    `(version ${version}, ${new Date().toISOString().slice(0, 10)}; keys are cut, ids and times are those of the run). Try them once on an installation that nobody needs, before the night in which you do.`,
    'In them `$URL` is the address of the service, `$ADMIN_KEY` a key of role admin; the settings of the service are those of the shell.',
    '',
    ...sections.flatMap(one => [one, '']),
  ].join('\n')
}
