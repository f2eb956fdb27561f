import type { Registry } from 'prom-client'
import { gauge } from '../metrics/register.ts'
import type { DatabaseWatch } from './listen.ts'

/** @param wallTime false: the clock of the process is another one, and is not held against that of the database */
export function databaseMetrics(registry: Registry, wallTime: boolean): DatabaseWatch {
  const up = gauge(registry, 'database_up')
  const ahead = gauge(registry, 'database_clock_ahead_seconds')
  return {
    up: () => up.set(1),
    away: () => up.set(0),
    clockAhead: ms => ahead.set(wallTime ? ms / 1000 : 0),
  }
}
