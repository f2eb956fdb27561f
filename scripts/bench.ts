// npm run bench [-- NAME [arguments]]: each folder of bench/ with a main.ts is one comparison; without a name all of them run.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const names = globSync('bench/*/main.ts')
  .map(path => path.split(/[/\\]/)[1] ?? '')
  .sort()
const [wanted, ...rest] = process.argv.slice(2)

if (wanted !== undefined && !names.includes(wanted)) {
  console.error(`There is no bench called ${wanted}; there are: ${names.join(', ')}.`)
  process.exitCode = 2
} else {
  for (const name of wanted === undefined ? names : [wanted]) {
    console.log(`\n=== ${name}`)
    const { status } = spawnSync(process.execPath, [`bench/${name}/main.ts`, ...rest], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}
