import { gatherStatistics } from '../store/table-statistics.ts'
import type { Context } from './context.ts'

/** Looks every few seconds whether tables have grown beyond what the planner knows of them, for as long as it is not disposed of. */
export const keepStatistics = ({ db, every }: Pick<Context, 'db' | 'every'>): AsyncDisposable =>
  every({ name: 'table-statistics', everyMs: 5_000, mostMs: 60_000, work: () => gatherStatistics(db) })
