/** 41188 -> "41,188" */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** 0.7126 -> "0.713" */
export const three = (value: number): string => value.toFixed(3)

/** "n = 41,188", which no line break parts: how many cases a number rests on. */
export const sample = (n: number, of = ''): string => `n\u00a0=\u00a0${of === '' ? count(n) : counted(n, of)}`

/** Two decimals with a true minus sign. */
export const two = (value: number): string => value.toFixed(2).replace('-', '\u2212')

/** A share in percent, one decimal where the share is small or nearly all. */
export function percent(share: number): string {
  const value = share * 100
  if (value === 0 || value === 100) return `${value}\u00a0%`
  if (value < 0.1) return 'under 0.1\u00a0%'
  if (value > 99.9) return 'over 99.9\u00a0%'
  return `${value < 10 || value > 90 ? value.toFixed(1) : value.toFixed(0)}\u00a0%`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export const monthName = (month: number): string => months[month]!

/** "26 Nov 2010", which no line break parts. */
export function date(at: number): string {
  const day = new Date(at)
  return `${day.getUTCDate()}\u00a0${months[day.getUTCMonth()]}\u00a0${day.getUTCFullYear()}`
}

/** "26 Nov 2010, 03:17 UTC" */
export const moment = (at: number): string => `${date(at)}, ${new Date(at).toISOString().slice(11, 16)} UTC`

/** "5 May 2008 to 26 Nov 2010", or one date. */
export function span(from: number, to: number): string {
  return date(from) === date(to) ? date(from) : `${date(from)} to ${date(to)}`
}

export function duration(ms: number): string {
  const [days, hours] = [ms / 86_400_000, ms / 3_600_000]
  if (Number.isInteger(days) && days > 0) return counted(days, 'day')
  if (Number.isInteger(hours) && hours > 0) return counted(hours, 'hour')
  return `${count(Math.round(ms / 1000))} s`
}

export const seconds = (value: number): string => `${value < 10 ? value.toFixed(1) : count(Math.round(value))} s`
