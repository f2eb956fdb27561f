// npm run bench [-- line|replay|stats|all] [--quick]: each folder of bench/ with a main.ts is one comparison.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const names = globSync('*/main.ts', { cwd: here })
  .map(path => basename(dirname(path)))
  .sort()
const given = process.argv.slice(2)
const wanted = given[0] === undefined || given[0].startsWith('-') ? 'all' : given[0]
const rest = given[0] === wanted ? given.slice(1) : given

if (wanted !== 'all' && !names.includes(wanted)) {
  console.error(`There is no bench called ${wanted}; there are: ${names.join(', ')}, all.`)
  process.exitCode = 2
} else {
  for (const name of wanted === 'all' ? names : [wanted]) {
    console.log(`\n=== ${name}`)
    const { status } = spawnSync(process.execPath, [`${here}${name}/main.ts`, ...argumentsFor(name)], {
      stdio: 'inherit',
    })
    if (status !== 0) process.exitCode = 1
  }
}

/** The statistics take a number of pairs where the others take a word. */
function argumentsFor(name: string): readonly string[] {
  return name === 'stats' ? rest.flatMap(word => (word === '--quick' ? ['3'] : [word])) : rest
}
