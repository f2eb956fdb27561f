import { type Json, pod, state } from '@surety/contract'
import { heating, thermostat, ticked } from '../../../../../tests/thermostats/pod.ts'
import { type Overrides, openApp } from '../../app.ts'
import { buildConfig } from '../../config/config.ts'
import { installed } from '../../pods.ts'
import type { World } from '../start-world.ts'

/** The slots in which a thermostat ticked, in the order in which it did. */
const counted = state({
  name: 'counted',
  group: thermostat,
  on: [ticked],
  initial: { slots: [] as readonly number[] },
  fold: ({ slots }, { event }) => ({ slots: [...slots, event.at].slice(-30) }),
})
/** The pod of thermostats, which writes down every tick. */
export const counting = pod({ ...heating, state: [...heating.state, counted] })
export const podsCounting = [...installed.pods, counting]

/** Another process on the database of a world, with or without jobs of its own. */
export const openBesides = (databaseUrl: string, dataDir: string, overrides: Overrides) =>
  openApp(
    buildConfig({ DATABASE_URL: databaseUrl, DATA_DIR: dataDir, PORT: '0', TENANT: 'acme', LOG_LEVEL: 'fatal' }),
    {
      pods: podsCounting,
      ...overrides,
    },
  )

/** Adds thermostats by a file, there from the first day of a year on. */
export async function fitThermostats(
  world: World,
  codes: readonly string[],
  tenant = 'acme',
  year = 2027,
): Promise<void> {
  const lines = codes.map(code => `${code},hall,20`)
  const { status, text } = await world.call(
    `/v1/entities/thermostat/import?pod=heating&effective_from=${year}-01-01T00:00:00Z`,
    {
      key: await world.key('admin', tenant),
      raw: ['code,room,target', ...lines].join('\n'),
      headers: { 'content-type': 'text/csv' },
    },
  )
  if (status !== 200) throw new Error(text)
}

/** By thermostat the moments of its slots, as they were counted. */
export async function slotsCounted(world: World, tenant = 'acme'): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await world.database.db.read([tenant], db =>
    db.query<{ group: string; value: Json }>(
      `select group_key as "group", value from state_rows where tenant_id = '${tenant}' and kind = 'counted'`,
    ),
  )
  return new Map(
    rows.map(({ group, value }) => [
      group.slice('thermostat:'.length),
      (value as { slots: number[] }).slots.map(slot => new Date(slot).toISOString().slice(11, 16)),
    ]),
  )
}
