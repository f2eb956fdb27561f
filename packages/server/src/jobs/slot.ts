/** When a task is due, in UTC: every hour at a minute, every day or every Sunday at a time. */
export type Rhythm =
  | { readonly every: 'hour'; readonly minute: number }
  | { readonly every: 'day'; readonly hour: number; readonly minute: number }
  | { readonly every: 'sunday'; readonly hour: number; readonly minute: number }

export const periodSeconds = (rhythm: Rhythm): number => ({ hour: 3_600, day: 86_400, sunday: 604_800 })[rhythm.every]

export function cronOf(rhythm: Rhythm): string {
  if (rhythm.every === 'hour') return `${rhythm.minute} * * * *`
  return `${rhythm.minute} ${rhythm.hour} * * ${rhythm.every === 'sunday' ? '0' : '*'}`
}

/** The latest due moment at or before `at`. */
export function previousSlot(rhythm: Rhythm, at: Date): Date {
  const slot = new Date(at)
  slot.setUTCSeconds(0, 0)
  slot.setUTCMinutes(rhythm.minute)
  if (rhythm.every !== 'hour') slot.setUTCHours(rhythm.hour)
  const stepMs = rhythm.every === 'hour' ? 3_600_000 : 86_400_000
  while (slot > at || (rhythm.every === 'sunday' && slot.getUTCDay() !== 0)) slot.setTime(slot.getTime() - stepMs)
  return slot
}

/** How far the clock of a process may lie behind the one that fires: the database's. */
const lagMs = 5 * 60_000

/** The slot that a firing at `at` is meant for: also one that by our own clock begins within five minutes. */
export const firedSlot = (rhythm: Rhythm, at: Date): Date => previousSlot(rhythm, new Date(at.getTime() + lagMs))

/** The first due moment strictly after `at`. */
export function nextSlot(rhythm: Rhythm, at: Date): Date {
  return new Date(previousSlot(rhythm, at).getTime() + periodSeconds(rhythm) * 1000)
}
