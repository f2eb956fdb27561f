import type { Principal } from '@surety/contract'
import { openEntities } from '../../packages/server/src/manage/entities/open-entities.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import type { Database } from '../../packages/server/src/store/db.ts'
import { fullHeating } from './pod.ts'
import { codeOf, targetDegrees, tenant, thermostatCount } from './readings.ts'

const principal: Principal = { kind: 'key', keyId: 'bench', tenant, role: 'operator', name: 'bench', limits: {} }

/** Every thermostat is set up, and an engineer visits each of them today. */
export async function setUp(db: Database, now: () => Date): Promise<void> {
  const { service } = openEntities({ db, now, audit: auditOf(), redact: async (_, text) => text, pods: [fullHeating] })
  const codes = Array.from({ length: thermostatCount }, (_, n) => codeOf(n))
  const begins = now().getTime()
  const visits = codes.map((code, n) => {
    const start = new Date(begins + ((n % 12) - 6) * 3_600_000)
    return [code, `E${n % 50}`, start.toISOString(), new Date(start.getTime() + 7_200_000).toISOString()]
  })
  await bring('thermostat', ['code,room,target,tags,fitted', ...codes.map(code => `${code},hall,${targetDegrees},[],`)])
  await bring('visit', ['thermostat,engineer,start,end', ...visits.map(row => row.join())])

  async function bring(name: string, lines: readonly string[]): Promise<void> {
    const options = { dryRun: false, partial: false, effectiveFrom: new Date(begins - 30 * 86_400_000) }
    const kind = service.kinds.find(name, undefined)
    const report = await service.importFile(principal, kind, lines.join('\n'), options, 'bench')
    if (report.errors.length > 0) throw new Error(`${name}: ${JSON.stringify(report.errors[0])}`)
  }
}
