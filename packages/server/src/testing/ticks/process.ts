// A process that runs the ticks of one moment again and again, once it is told to: node process.ts DATABASE_URL DATA_DIR MOMENT
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { openBesides } from './counting.ts'

const [databaseUrl, dataDir, moment] = process.argv.slice(2) as [string, string, string]
await using app = await openBesides(databaseUrl, dataDir, { now: () => new Date(moment), jobs: false })
process.send?.('open')
await once(process, 'message')
for (;;) {
  await app.runTicks().catch(() => undefined)
  process.send?.('through')
  await wait(20)
}
